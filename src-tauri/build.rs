//! Puts the page, the icons and the windows' permissions into the program.

/// Every command that a page may be allowed to call; the files in `capabilities` say which page may.
const COMMANDS: &[&str] = &[
    "search",
    "more_like",
    "preview",
    "languages",
    "snapshot",
    "shell_state",
    "open_hit",
    "reveal_hit",
    "add_folders",
    "pick_folders",
    "project_action",
    "locate_project",
    "popup_ready",
    "hide_popup",
    "show_projects",
    "show_settings",
    "take_view_wish",
    "meaning",
    "retry_meaning",
    "published_models",
    "pick_model_folder",
    "fetch_model",
    "cancel_fetch",
    "model_fetch",
    "skipped_files",
    "exclude",
    "exclude_folder",
    "stop_excluding",
    "project_log",
    "remove_project",
    "restore_project",
    "open_project",
    "suggest_folders",
    "offered_files",
    "pin_file",
    "export_projects",
    "import_projects",
    "settings",
    "change_setting",
    "suspend_hotkey",
    "open_settings_file",
    "recent_queries",
    "remember_query",
    "clear_recent_queries",
    "quit",
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
