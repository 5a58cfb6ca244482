//! Puts the page, the icons and the windows' permissions into the program.

/// Every command that a page may be allowed to call; the files in `capabilities` say which page may.
const COMMANDS: &[&str] = &[
    "search",
    "snapshot",
    "shell_state",
    "open_hit",
    "add_folders",
    "pick_folders",
    "project_action",
    "locate_project",
    "hide_popup",
    "show_projects",
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
