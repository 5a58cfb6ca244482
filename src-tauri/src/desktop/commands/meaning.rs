//! What the pages may ask about search by meaning. It is paused by a setting.

use quarry_engine::status::MeaningStatus;
use tauri::State;

use crate::desktop::shell::Shell;

#[tauri::command]
pub fn meaning(shell: State<'_, Shell>) -> MeaningStatus {
    shell.engine.meaning()
}

/// Looks for the model again; what comes of it is pushed like every change.
#[tauri::command]
pub fn retry_meaning(shell: State<'_, Shell>) {
    shell.engine.retry_meaning();
}
