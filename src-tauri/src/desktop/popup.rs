//! Shows, places, focuses and hides the popup.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tauri::{AppHandle, Emitter, LogicalSize, Manager, PhysicalPosition, WebviewWindow, Wry};

use super::display::{button_is_down, menu_is_open};
use super::placement::{Area, Place, Point, Size, popup_place};
use super::shell::Shell;
use super::{display_events, main_thread};

pub const LABEL: &str = "popup";

/// Focus wanders while windows come and go; only what has lost it for so long is left.
const BLUR_GRACE: Duration = Duration::from_millis(250);
/// A window manager may not have mapped the window yet when it is asked for the focus.
const FOCUS_AGAIN: Duration = Duration::from_millis(100);
const FOCUS_ATTEMPTS: u32 = 30;
/// By then a popup that was shown is painted, and nobody has typed yet.
const PAINTED: Duration = Duration::from_millis(100);
/// A page that says nothing for so long is shown as it is.
const PAGE_READY: Duration = Duration::from_secs(3);

#[derive(Default)]
pub struct PopupState {
    /// Goes up with everything that makes an earlier loss of focus meaningless.
    turn: AtomicU64,
    /// Dialogs of ours that are open.
    dialogs: AtomicUsize,
    /// It has had the focus since it was shown.
    was_focused: AtomicBool,
    /// Something is being dragged over the popup.
    dragging: AtomicBool,
    /// The page has drawn itself for the first time.
    ready: AtomicBool,
    /// To be shown as soon as the page is ready.
    awaited: AtomicBool,
    /// On a monitor that is large enough.
    full_size: OnceLock<Size>,
}

impl PopupState {
    pub fn set_dragging(&self, dragging: bool) {
        self.dragging.store(dragging, Ordering::SeqCst);
    }

    fn is_needed(&self) -> bool {
        self.dialogs.load(Ordering::SeqCst) > 0 || self.dragging.load(Ordering::SeqCst)
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn is_turn(&self, turn: u64) -> bool {
        self.turn.load(Ordering::SeqCst) == turn
    }
}

/// Keeps the popup on screen while a dialog has the focus.
pub struct DialogOpen(AppHandle<Wry>);

impl DialogOpen {
    pub fn new(app: &AppHandle<Wry>) -> Self {
        app.state::<Shell>().popup.dialogs.fetch_add(1, Ordering::SeqCst);
        Self(app.clone())
    }
}

impl Drop for DialogOpen {
    fn drop(&mut self) {
        self.0.state::<Shell>().popup.dialogs.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Shows it, at the latest when its page is there: an empty window answers no key.
pub fn show(app: &AppHandle<Wry>) {
    on_main(app, |app, window| {
        let popup = &app.state::<Shell>().popup;
        if !popup.ready.load(Ordering::SeqCst) {
            popup.awaited.store(true, Ordering::SeqCst);
            return Ok(());
        }
        reveal(app, window)?;
        focus_soon(app);
        Ok(())
    });
}

/// Hides a popup that a person has in front of them; one that never got the focus gets it now.
/// The focus of this moment says nothing: the hotkey itself takes it away while it is pressed.
pub fn toggle(app: &AppHandle<Wry>) {
    on_main(app, |app, window| {
        let popup = &app.state::<Shell>().popup;
        if !popup.ready.load(Ordering::SeqCst) {
            popup.awaited.fetch_xor(true, Ordering::SeqCst);
            return Ok(());
        }
        let in_use = popup.was_focused.load(Ordering::SeqCst) && !popup.is_needed();
        if window.is_visible()? && in_use {
            return conceal(app, window);
        }
        reveal(app, window)?;
        focus_soon(app);
        Ok(())
    });
}

/// Told by the page once it hears keys, or by the clock.
pub fn page_ready(app: &AppHandle<Wry>) {
    on_main(app, |app, _| {
        let popup = &app.state::<Shell>().popup;
        popup.ready.store(true, Ordering::SeqCst);
        if popup.awaited.swap(false, Ordering::SeqCst) {
            show(app);
        }
        Ok(())
    });
}

/// A page that fails to start is no reason to show nothing for ever.
pub fn expect_page(app: &AppHandle<Wry>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PAGE_READY).await;
        if !app.state::<Shell>().popup.ready.load(Ordering::SeqCst) {
            tracing::warn!("the popup's page is late");
            page_ready(&app);
        }
    });
}

pub fn hide(app: &AppHandle<Wry>) {
    on_main(app, conceal);
}

pub fn focus_changed(app: &AppHandle<Wry>, focused: bool) {
    let popup = &app.state::<Shell>().popup;
    let turn = popup.next_turn();
    if focused {
        popup.was_focused.store(true, Ordering::SeqCst);
    } else if app.state::<Shell>().applying.applied().settings.hide_on_blur {
        tauri::async_runtime::spawn(hide_if_left(app.clone(), turn));
    }
}

async fn hide_if_left(app: AppHandle<Wry>, turn: u64) {
    let shell = app.state::<Shell>();
    let mut was_needed = false;
    loop {
        tokio::time::sleep(BLUR_GRACE).await;
        if !shell.popup.is_turn(turn) {
            return;
        }
        // What is over gives the focus back, for which there is the grace once more.
        let needed = shell.popup.is_needed() || is_handled(&app).await;
        if !needed && !was_needed {
            break;
        }
        was_needed = needed;
    }
    on_main(&app, move |app, window| {
        let left = app.state::<Shell>().popup.is_turn(turn);
        if left && !window.is_focused()? { conceal(app, window) } else { Ok(()) }
    });
}

/// A mouse button is held, or a menu is open.
async fn is_handled(app: &AppHandle<Wry>) -> bool {
    main_thread::ask(app, |_| button_is_down() || menu_is_open()).await.unwrap_or(false)
}

fn reveal(app: &AppHandle<Wry>, window: &WebviewWindow<Wry>) -> tauri::Result<()> {
    app.state::<Shell>().popup.next_turn();
    if window.is_visible()? {
        return Ok(());
    }
    app.state::<Shell>().popup.was_focused.store(false, Ordering::SeqCst);
    let place = place(app, window)?;
    if let Some(Place { size, .. }) = place {
        resize(window, size)?;
    }
    let corner = place.map(|Place { corner, .. }| PhysicalPosition::new(corner.x, corner.y));
    if let Some(corner) = corner {
        window.set_position(corner)?;
    }
    window.show()?;
    // Some window managers place a window anew when it is shown.
    if let Some(corner) = corner {
        window.set_position(corner)?;
    }
    app.emit_to(LABEL, "popup_shown", ())?;
    display_events::refresh(app, LABEL);
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PAINTED).await;
        app.state::<Shell>().engine.expect_search();
    });
    Ok(())
}

fn conceal(app: &AppHandle<Wry>, window: &WebviewWindow<Wry>) -> tauri::Result<()> {
    let popup = &app.state::<Shell>().popup;
    popup.next_turn();
    popup.set_dragging(false);
    if !window.is_visible()? {
        return Ok(());
    }
    window.hide()?;
    app.emit_to(LABEL, "popup_hidden", ())
}

/// Focus is refused until the window is visible, which takes a turn of the loop, or many on a busy
/// machine: asked for until the popup has had it or is gone.
fn focus_soon(app: &AppHandle<Wry>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        on_main(&app, |_, window| window.set_focus());
        for _ in 0..FOCUS_ATTEMPTS {
            tokio::time::sleep(FOCUS_AGAIN).await;
            if app.state::<Shell>().popup.was_focused.load(Ordering::SeqCst) {
                break;
            }
            on_main(
                &app,
                |_, window| {
                    if window.is_visible()? { window.set_focus() } else { Ok(()) }
                },
            );
        }
    });
}

fn size_of(window: &WebviewWindow<Wry>) -> tauri::Result<Size> {
    let size = window.inner_size()?.to_logical::<f64>(window.scale_factor()?);
    Ok(Size { width: size.width, height: size.height })
}

/// The size that it is made with is the one it has wherever there is room.
pub fn remember_size(window: &WebviewWindow<Wry>) -> tauri::Result<()> {
    let _ = window.state::<Shell>().popup.full_size.set(size_of(window)?);
    Ok(())
}

fn resize(window: &WebviewWindow<Wry>, Size { width, height }: Size) -> tauri::Result<()> {
    if size_of(window)? == (Size { width, height }) {
        return Ok(());
    }
    // A window that nobody is to resize has the size that it would begin with.
    #[cfg(target_os = "linux")]
    {
        use gtk::prelude::GtkWindowExt;

        window.gtk_window()?.set_default_size(width as i32, height as i32);
    }
    window.set_size(LogicalSize::new(width, height))
}

fn place(app: &AppHandle<Wry>, window: &WebviewWindow<Wry>) -> tauri::Result<Option<Place>> {
    let monitors: Vec<Area> = app
        .available_monitors()?
        .iter()
        .map(|monitor| {
            let work_area = monitor.work_area();
            Area {
                origin: Point { x: work_area.position.x, y: work_area.position.y },
                width: work_area.size.width,
                height: work_area.size.height,
                scale: monitor.scale_factor(),
            }
        })
        .collect();
    // Wayland does not say where the pointer is.
    let pointer = app.cursor_position().ok();
    let pointer = pointer.map(|at| Point { x: at.x as i32, y: at.y as i32 });
    let full = app.state::<Shell>().popup.full_size.get().copied();
    let full = full.map_or_else(|| size_of(window), Ok)?;
    Ok(popup_place(pointer, &monitors, full))
}

/// What windows are asked takes effect in order only on the main thread.
fn on_main(
    app: &AppHandle<Wry>,
    change: impl FnOnce(&AppHandle<Wry>, &WebviewWindow<Wry>) -> tauri::Result<()> + Send + 'static,
) {
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        let Some(window) = handle.get_webview_window(LABEL) else { return };
        if let Err(error) = change(&handle, &window) {
            tracing::warn!(%error, "the popup did not obey");
        }
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "the popup was not reached");
    }
}
