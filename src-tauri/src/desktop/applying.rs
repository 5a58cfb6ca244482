//! Puts the settings into effect: at the start, when a page changes one, and when the file changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use auto_launch::AutoLaunch;
use tauri::{AppHandle, Emitter, Manager, Wry};

use super::hotkey::{self, HotkeyError};
use super::shell::Shell;
use super::{autostart, theme, tray};
use crate::engine_settings::put_into_effect;
use crate::settings::edit::{self, EditError, SettingChange};
use crate::settings::{Settings, edits};

/// What is in effect.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    pub settings: Settings,
    /// A sentence, where the file cannot be read as it is.
    pub problem: Option<String>,
    /// The hotkey that the system has given us.
    pub hotkey: Option<String>,
    /// A sentence, where that is not the hotkey of the settings.
    pub hotkey_error: Option<String>,
    /// A sentence, where the session does not do at login what the settings say.
    pub login_error: Option<String>,
}

/// One change at a time, each from the file to what is in effect.
#[derive(Default)]
pub struct Applying {
    applied: Mutex<Applied>,
    changing: Mutex<()>,
    /// The system has the hotkey back for a while.
    suspended: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Hotkey(#[from] HotkeyError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    File(#[from] EditError),
}

#[derive(Debug, thiserror::Error)]
#[error("Whether Quarry starts at login cannot be changed: {0}.")]
pub struct LoginError(auto_launch::Error);

impl Applied {
    /// The hotkey that works; the one of the settings where none does.
    pub fn hotkey_to_show(&self) -> &str {
        self.hotkey.as_deref().unwrap_or(&self.settings.hotkey)
    }
}

impl Applying {
    pub fn applied(&self) -> Applied {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut Applied)) {
        change(&mut self.applied.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first time, before any window is there.
pub fn start(app: &AppHandle<Wry>, settings: Settings, problem: Option<String>) {
    apply(app, settings, problem);
    let file = app.state::<Shell>().place.settings_file.clone();
    let app = app.clone();
    tauri::async_runtime::spawn(edits::follow(file, move || reload(&app)));
}

/// Writes the change into the file and puts it into effect. A hotkey that cannot be had is not
/// written, nor a start at login that the session does not take: what was before stays.
///
/// # Errors
/// [`ChangeError`]; nothing is changed then.
pub fn change(app: &AppHandle<Wry>, change: &SettingChange) -> Result<(), ChangeError> {
    let shell = app.state::<Shell>();
    let _one_at_a_time = shell.applying.changing.lock().unwrap_or_else(PoisonError::into_inner);
    let before = shell.applying.applied().hotkey;
    if let SettingChange::Hotkey(wanted) = change {
        take_hotkey(app, wanted)?;
    }
    let started_before = starts_at_login(app);
    if let SettingChange::StartAtLogin(wanted) = change {
        start_at_login(app, Some(*wanted))?;
    }
    if let Err(error) = edit::write(&shell.place.settings_file, change) {
        if let SettingChange::Hotkey(wanted) = change {
            give_back(app, wanted, before.as_deref())?;
        }
        start_at_login(app, started_before)?;
        return Err(error.into());
    }
    read_and_apply(app);
    Ok(())
}

/// What the file says now. Not on the main thread.
pub fn reload(app: &AppHandle<Wry>) {
    let shell = app.state::<Shell>();
    let _one_at_a_time = shell.applying.changing.lock().unwrap_or_else(PoisonError::into_inner);
    read_and_apply(app);
}

fn read_and_apply(app: &AppHandle<Wry>) {
    let shell = app.state::<Shell>();
    let applied = shell.applying.applied();
    let (settings, problem) = Settings::read_again(&shell.place.settings_file, &applied.settings);
    let problem = problem.map(|problem| problem.to_string());
    if (&settings, &problem) == (&applied.settings, &applied.problem)
        && applied.hotkey_error.is_none()
        && applied.login_error.is_none()
    {
        return;
    }
    apply(app, settings, problem);
    tell(app);
}

fn apply(app: &AppHandle<Wry>, settings: Settings, problem: Option<String>) {
    let shell = app.state::<Shell>();
    let before = shell.applying.applied();
    let hotkey_error = take_hotkey(app, &settings.hotkey).err().map(|error| {
        tracing::warn!(%error, "no hotkey");
        match shell.applying.applied().hotkey {
            Some(kept) => format!("{error} {kept} goes on to work."),
            None => error.to_string(),
        }
    });
    let other_theme = settings.theme != before.settings.theme;
    let login_error = start_at_login(app, settings.start_at_login).err().map(|error| {
        tracing::warn!(%error, "starting at login was not changed");
        error.to_string()
    });
    put_into_effect(&shell.engine, &settings, &shell.place.data_dir);
    shell.applying.update(|applied| {
        let hotkey = applied.hotkey.take();
        *applied = Applied { settings, problem, hotkey, hotkey_error, login_error };
    });
    if other_theme {
        theme::put_into_effect(app);
    }
}

/// Makes it the hotkey. The one before is given back only once this one is ours.
fn take_hotkey(app: &AppHandle<Wry>, wanted: &str) -> Result<(), HotkeyError> {
    let shell = app.state::<Shell>();
    let before = shell.applying.applied().hotkey;
    if before.as_deref().is_some_and(|before| hotkey::same(before, wanted)) {
        return Ok(());
    }
    hotkey::register(app, wanted, &shell.place)?;
    if let Some(before) = before {
        hotkey::unregister(app, &before);
    }
    shell.applying.update(|applied| applied.hotkey = Some(wanted.to_owned()));
    Ok(())
}

/// Takes back what [`take_hotkey`] did: the hotkey is the one before, or none.
fn give_back(app: &AppHandle<Wry>, taken: &str, before: Option<&str>) -> Result<(), HotkeyError> {
    if let Some(before) = before {
        return take_hotkey(app, before);
    }
    hotkey::unregister(app, taken);
    app.state::<Shell>().applying.update(|applied| applied.hotkey = None);
    Ok(())
}

/// While a page hears the keys of a new hotkey, the present one must reach it like any other.
pub fn suspend_hotkey(app: &AppHandle<Wry>, suspended: bool) {
    let shell = app.state::<Shell>();
    let _one_at_a_time = shell.applying.changing.lock().unwrap_or_else(PoisonError::into_inner);
    if shell.applying.suspended.swap(suspended, Ordering::SeqCst) == suspended {
        return;
    }
    let Some(hotkey) = shell.applying.applied().hotkey else { return };
    if suspended {
        hotkey::unregister(app, &hotkey);
    } else if !hotkey::is_registered(app, &hotkey) {
        // One that was chosen meanwhile is registered by now.
        let Err(error) = hotkey::register(app, &hotkey, &shell.place) else { return };
        tracing::warn!(%error, "the hotkey was not taken back");
        shell.applying.update(|applied| {
            applied.hotkey = None;
            applied.hotkey_error = Some(error.to_string());
        });
        tell(app);
    }
}

/// None where the system does not say.
pub fn starts_at_login(app: &AppHandle<Wry>) -> Option<bool> {
    login_entry(app).and_then(|entry| entry.is_enabled()).ok()
}

fn login_entry(app: &AppHandle<Wry>) -> Result<AutoLaunch, auto_launch::Error> {
    autostart::entry(app, &app.state::<Shell>().place)
}

fn start_at_login(app: &AppHandle<Wry>, wanted: Option<bool>) -> Result<(), LoginError> {
    match wanted {
        // Also where it is on already: the program may lie elsewhere now.
        Some(true) => login_entry(app).and_then(|entry| entry.enable()),
        Some(false) if starts_at_login(app).unwrap_or(true) => {
            login_entry(app).and_then(|entry| entry.disable())
        }
        _ => Ok(()),
    }
    .map_err(LoginError)
}

/// The tray and every window show what is in effect.
fn tell(app: &AppHandle<Wry>) {
    let shell = app.state::<Shell>();
    let snapshot = shell.engine.snapshot();
    let handle = app.clone();
    let _ = app.run_on_main_thread(move || tray::update(&handle, &snapshot));
    if let Err(error) = app.emit("shell_state", shell.state()) {
        tracing::warn!(%error, "the windows were not told of the settings");
    }
}
