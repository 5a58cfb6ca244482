//! The program in the tray: it owns the engine, and shows it in windows.

mod adding;
mod applying;
mod autostart;
mod commands;
pub mod display;
mod display_events;
pub mod editor;
pub mod hotkey;
mod kept;
mod locating;
mod main_thread;
mod model_fetch;
mod opened;
#[cfg(target_os = "linux")]
mod painting;
mod placement;
mod popup;
mod project_list;
mod quitting;
mod recent;
mod repositories;
mod shell;
mod theme;
pub mod tray;
mod windows;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use interprocess::local_socket::tokio::Listener;
use tauri::{AppHandle, Manager, RunEvent, Wry};
use tokio::runtime::{self, Runtime};

use crate::cli::output::{Failure, complain};
use crate::embedding;
use crate::owner::address::Address;
use crate::owner::answering::{Front, Host, Owner};
use crate::owner::protocol::{Problem, Request};
use crate::owner::server::{self, Server};
use crate::owner::session::{self, Claim, Shown};
use crate::place::Place;
use crate::settings::{Settings, SettingsError};
use crate::signals::asked_to_end;
use quarry_engine::engine::Engine;
use shell::Shell;

/// Starts in the tray, or shows the popup of the program that is there already. Our own socket
/// tells the two apart, as it belongs to one data directory and not to the whole session.
pub fn run(runtime: &Runtime, place: Place, no_meaning: bool) -> ExitCode {
    let (settings, problem) = Settings::read(&place.settings_file);
    let embedder = if no_meaning { None } else { embedding::options(&settings, &place.data_dir) };
    let outcome = loop {
        match runtime.block_on(running_already(&place)) {
            Ok(Shown::Yes) => return ExitCode::SUCCESS,
            Ok(Shown::OwnerGone | Shown::Busy(_)) => {}
            Err(problem) => break Err(problem),
        }
        if let Err(problem) = display::check() {
            break Err(problem);
        }
        match runtime.block_on(session::claim_to_stay(&place, &settings, embedder.clone())) {
            // Started at the same time, and was first.
            Ok(Claim::Theirs(_)) => {}
            Ok(Claim::Ours(engine, address)) => {
                break show(runtime, place, (settings, problem), engine, address);
            }
            Err(problem) => break Err(problem),
        }
    };
    outcome.unwrap_or_else(|problem| Failure::from(problem).report())
}

async fn running_already(place: &Place) -> Result<Shown, Problem> {
    session::ask_for_popup(&Address::of(&place.data_dir), Request::ShowPopup).await
}

fn show(
    runtime: &Runtime,
    place: Place,
    (settings, settings_problem): (Settings, Option<SettingsError>),
    engine: Engine,
    address: Address,
) -> Result<ExitCode, Problem> {
    if let Some(problem) = &settings_problem {
        complain(problem);
    }
    let _inside = runtime.enter();
    let listener = server::bind(&address).map_err(|error| session::no_socket(&error))?;
    tauri::async_runtime::set(runtime.handle().clone());
    let first_start = engine.snapshot().projects.is_empty();
    let shell = Shell::new(engine.clone(), place);
    let app = tauri::Builder::default()
        .manage(shell)
        .plugin(tauri_plugin_global_shortcut::Builder::new().build())
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(commands::handler())
        .on_window_event(windows::on_event)
        .setup(move |app| {
            let app = app.handle();
            shell::prepare(app, settings, settings_problem);
            windows::create_popup(app)?;
            serve(app, engine, listener);
            display_events::publish(app);
            display_events::publish_meaning(app);
            end_on_signal(app.clone());
            if first_start {
                popup::show(app);
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| Problem::new("Failed", format!("The windows cannot be made: {error}")))?;
    let code = app.run_return(|_, event| {
        // Closing the last window hides it; only quitting ends the program, and has a code.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn serve(app: &AppHandle<Wry>, engine: Engine, listener: Listener) {
    let host = Host::Desktop(Arc::new(Windows(app.clone())));
    let settings_file = app.state::<Shell>().place.settings_file.clone();
    quitting::keep(app, Server::start(Owner { engine, host, settings_file }, listener));
}

/// On a thread of its own, which hears the signal whatever the others wait for.
fn end_on_signal(app: AppHandle<Wry>) {
    thread::spawn(move || {
        match runtime::Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime.block_on(asked_to_end()),
            Err(error) => return tracing::warn!(%error, "no signals"),
        }
        quitting::quit(&app);
    });
}

/// What other processes may do to the windows.
struct Windows(AppHandle<Wry>);

impl Front for Windows {
    fn show_popup(&self) {
        popup::show(&self.0);
    }

    fn toggle_popup(&self) {
        popup::toggle(&self.0);
    }
}
