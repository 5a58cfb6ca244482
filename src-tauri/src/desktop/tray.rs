//! The icon in the tray and its menu.

mod library;
mod model;

use std::sync::PoisonError;

use quarry_engine::status::{ProjectAction, Snapshot};
use tauri::image::Image;
use tauri::menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry};

use super::adding;
use super::locating;
use super::popup;
use super::quitting::quit;
use super::shell::Shell;
use super::windows::{self, View};
pub use library::find as find_library;
use model::{Choice, Entry, Face, Item, TrayModel, model};

#[derive(Debug, thiserror::Error)]
pub enum TrayError {
    #[error(
        "There is no icon in the tray, as {0} is not installed. The hotkey and `quarry toggle` \
         show the popup, which reaches everything."
    )]
    NoLibrary(&'static str),
    #[error("There is no icon in the tray: {0}.")]
    Failed(#[from] tauri::Error),
}

pub struct Tray {
    icon: TrayIcon<Wry>,
    shown: TrayModel,
}

pub fn model_of(shell: &Shell, snapshot: &Snapshot) -> TrayModel {
    let applied = shell.applying.applied();
    model(snapshot, applied.hotkey.as_deref(), &shell.engine.meaning())
}

/// Brings the tray up to date. On the main thread.
pub fn update(app: &AppHandle<Wry>, snapshot: &Snapshot) {
    let shell = app.state::<Shell>();
    let Some(tray) = shell.tray() else { return };
    let model = model_of(&shell, snapshot);
    let mut tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = tray.show(app, model) {
        tracing::warn!(%error, "the tray was not updated");
    }
}

impl Tray {
    pub fn create(app: &AppHandle<Wry>, model: TrayModel) -> Result<Self, TrayError> {
        library::find().map_err(TrayError::NoLibrary)?;
        let menu = build(app, &model.entries)?;
        let icon = TrayIconBuilder::with_id("quarry")
            .icon(face(model.face))
            .tooltip(&model.tooltip)
            .temp_dir_path(app.state::<Shell>().place.data_dir.join("tray"))
            .menu(&menu)
            .show_menu_on_left_click(false)
            .on_menu_event(|app, event| choose(app, &event))
            .on_tray_icon_event(|tray, event| {
                // Not on Linux, where the menu's first item does this.
                if let TrayIconEvent::Click {
                    button: MouseButton::Left,
                    button_state: MouseButtonState::Up,
                    ..
                } = event
                {
                    popup::toggle(tray.app_handle());
                }
            })
            .build(app)?;
        Ok(Self { icon, shown: model })
    }

    /// A menu that is open closes when it is replaced, so that nothing is touched without need.
    fn show(&mut self, app: &AppHandle<Wry>, model: TrayModel) -> tauri::Result<()> {
        if model == self.shown {
            return Ok(());
        }
        if model.face != self.shown.face {
            self.icon.set_icon(Some(face(model.face)))?;
        }
        if model.tooltip != self.shown.tooltip {
            self.icon.set_tooltip(Some(&model.tooltip))?;
        }
        // Whole: libdbusmenu passes on no text that is changed in place.
        if model.entries != self.shown.entries {
            self.icon.set_menu(Some(build(app, &model.entries)?))?;
        }
        self.shown = model;
        Ok(())
    }
}

fn build(app: &AppHandle<Wry>, entries: &[Entry]) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    for entry in entries {
        match entry {
            Entry::Separator => menu.append(&PredefinedMenuItem::separator(app)?)?,
            Entry::Item(item) => menu.append(&menu_item(app, item)?)?,
            Entry::Submenu { id, text, items } => {
                let items =
                    items.iter().map(|item| menu_item(app, item)).collect::<Result<Vec<_>, _>>()?;
                let items: Vec<&dyn IsMenuItem<Wry>> =
                    items.iter().map(|item| item as &dyn IsMenuItem<Wry>).collect();
                menu.append(&Submenu::with_id_and_items(app, id, text, true, &items)?)?;
            }
        }
    }
    Ok(menu)
}

fn menu_item(app: &AppHandle<Wry>, item: &Item) -> tauri::Result<MenuItem<Wry>> {
    MenuItem::with_id(app, item.id(), &item.text, true, None::<&str>)
}

fn face(face: Face) -> Image<'static> {
    match face {
        Face::Rest => tauri::include_image!("../icons/tray-32.png"),
        Face::Working => tauri::include_image!("../icons/tray-working-32.png"),
        Face::Attention => tauri::include_image!("../icons/tray-attention-32.png"),
    }
}

fn choose(app: &AppHandle<Wry>, event: &MenuEvent) {
    let Some(choice) = Choice::parse(event.id().as_ref()) else { return };
    match choice {
        Choice::Search => popup::show(app),
        Choice::AddFolder => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { adding::from_tray(&app).await });
        }
        Choice::Projects => windows::show_view(app, View::Projects),
        Choice::Settings | Choice::Meaning => windows::show_view(app, View::Settings),
        Choice::Quit => quit(app),
        Choice::All(action) => {
            let shell = app.state::<Shell>();
            for project in &shell.engine.snapshot().projects {
                act(app, project.id.clone(), action);
            }
        }
        Choice::Locate { id } => locating::from_tray(app, id),
        Choice::Project { id, action: ProjectAction::Remove } => {
            windows::confirm_removal(app, id);
        }
        Choice::Project { id, action } => act(app, id, action),
    }
}

/// Nobody looks at a menu any more when its work is done: what went wrong is said in the popup.
pub fn act(app: &AppHandle<Wry>, id: String, action: ProjectAction) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let engine = app.state::<Shell>().engine.clone();
        if let Err(error) = engine.act(&id, action).await {
            windows::say_in_popup(&app, &error.to_string());
        }
    });
}
