//! Folders dragged onto Quarry from a real file manager.

use std::path::{Path, PathBuf};

use crate::harness::account::Account;
use crate::harness::desktop::Desktop;
use crate::harness::page::Page;
use crate::harness::tray::TrayHost;
use crate::harness::wait::{QUIET, throughout, until};
use crate::hotkey::{HOTKEY, POPUP};

/// Where the file manager stands: below the popup, and left of the Projects window.
const CORNER: (i32, i32) = (20, 640);

fn roots(account: &Account) -> Vec<PathBuf> {
    let root = |project: &serde_json::Value| project["root"].as_str().map(PathBuf::from);
    account.projects().iter().filter_map(root).collect()
}

/// Drags the only thing in `folder` onto the popup, which was shown before.
fn drag_onto_the_popup(desktop: &Desktop, page: &Page, folder: &Path, picture: Option<&str>) {
    let files = desktop.open_file_manager(folder, CORNER);
    desktop.key(HOTKEY);
    until("the popup is there", || page.box_is_focused());
    let popup = until("the popup is there", || desktop.window(POPUP));
    let target = desktop.place(&popup).unwrap().middle();
    let mut drag = desktop.drag(files.item());
    drag.to(target);
    until("the popup invites to drop", || {
        drag.tremble();
        page.has("[data-testid=drag-overlay]")
    });
    if let Some(name) = picture {
        desktop.screenshot(name);
    }
    drag.drop_here();
}

#[test]
fn a_folder_dropped_on_the_popup_becomes_a_project_that_can_be_searched() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let file = desktop.account.write("shelf/dragged/lib.rs", "\n// the dragged needle\n");
    let folder = file.parent().unwrap().to_owned();
    let page = desktop.start_driven();

    drag_onto_the_popup(&desktop, &page, folder.parent().unwrap(), Some("drag-over-popup"));
    let said = until("the popup says what became of it", || page.toasts().pop());
    assert!(said.contains("dragged"), "{said}");
    until("the folder is registered", || roots(&desktop.account).contains(&folder));
    until("the popup lists it", || {
        page.projects().iter().any(|project| {
            project.name == "dragged" && project.residency == "Hot" && project.freshness == "Fresh"
        })
    });
    assert!(desktop.window(POPUP).is_some(), "the popup stays to show it");
    desktop.screenshot("drag-dropped");

    until("the popup has taken the keys", || page.box_is_focused());
    desktop.type_text("dragged needle");
    until("it is searchable", || page.hits().iter().any(|h| h.path == "lib.rs" && h.line == 2));
}

#[test]
fn a_dropped_file_is_refused_with_a_sentence() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let before = roots(&desktop.account);
    let file = desktop.account.write("shelf/letter.txt", "dear all\n");
    let page = desktop.start_driven();

    drag_onto_the_popup(&desktop, &page, file.parent().unwrap(), None);
    let said = until("the popup says what became of it", || page.toasts().pop());
    assert!(said.contains("letter.txt") && said.contains("file"), "{said}");
    assert!(said.split_whitespace().count() > 3, "a sentence: {said}");
    desktop.screenshot("drag-file-refused");
    throughout(QUIET, "nothing is registered", || roots(&desktop.account) == before);
}

#[test]
fn a_folder_dropped_on_the_projects_window_becomes_a_project() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let file = desktop.account.write("shelf/dragged/lib.rs", "\n// the dragged needle\n");
    let folder = file.parent().unwrap().to_owned();
    let quarry = desktop.start_quarry();

    let projects = desktop.open_projects(&host, quarry.pid, "Projects").window;
    desktop.arrange(&projects, (460, 60), (900, 620));
    let files = desktop.open_file_manager(folder.parent().unwrap(), CORNER);
    let target = desktop.place(&projects).unwrap().middle();
    let undisturbed = desktop.colours(&projects, (450, 310), 200);
    let mut drag = desktop.drag(files.item());
    drag.to(target);
    // This page cannot be asked.
    until("the window changes under the drag", || {
        drag.tremble();
        desktop.colours(&projects, (450, 310), 200) != undisturbed
    });
    desktop.screenshot("drag-over-projects");
    drag.drop_here();
    until("the folder is registered", || roots(&desktop.account).contains(&folder));
    until("it is searchable", || {
        let found = desktop.account.quarry(["search", "--json", "dragged needle"]).done().json();
        found["results"][0]["path"] == "lib.rs"
    });
    desktop.screenshot("drag-dropped-on-projects");
}

#[test]
fn three_folders_dropped_at_once_become_three_projects_in_the_window() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    desktop.account.write("code/one/main.rs", "fn main() {}\n");
    desktop.account.quarry(["add", "code/one"]).done();
    let names = ["alpha", "beta", "gamma"];
    let folders = names.map(|name| {
        let file = desktop.account.write(&format!("shelf/{name}/lib.rs"), "// a needle\n");
        file.parent().unwrap().to_owned()
    });
    let page = desktop.start_driven();

    let projects = desktop.open_projects(&host, page.pid, "Projects");
    desktop.arrange(&projects.window, (460, 60), (900, 620));
    let files = desktop.open_file_manager(&desktop.account.home().join("shelf"), CORNER);
    files.select_all();
    let target = desktop.place(&projects.window).unwrap().middle();
    let undisturbed = desktop.colours(&projects.window, (450, 310), 200);
    let mut drag = desktop.drag(files.item());
    drag.to(target);
    until("the window changes under the drag", || {
        drag.tremble();
        desktop.colours(&projects.window, (450, 310), 200) != undisturbed
    });
    desktop.screenshot("drag-three-over-projects");
    drag.drop_here();
    until("all of them are registered", || {
        let roots = roots(&desktop.account);
        folders.iter().all(|folder| roots.contains(folder))
    });
    desktop.screenshot("drag-three-dropped");
    for folder in folders {
        until("the window lists it", || projects.shows(&page, folder.to_str().unwrap()));
    }
}
