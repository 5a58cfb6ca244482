//! From the hotkey to the line in the editor.

use std::fs;

use crate::harness::desktop::Desktop;
use crate::harness::page::Page;
use crate::harness::revealing::Revealing;
use crate::harness::wait::{QUIET, throughout, until};
use crate::hotkey::{HOTKEY, POPUP};

/// A name that a shell would take apart, and start a program for.
const HOSTILE: &str = "src/it's $(touch pwned); & co.rs";

/// An editor that only writes down how it was started: a script that `sh` reads, as a program
/// just written may still be open for writing in a process that another test forked.
fn install_stub_editor(desktop: &Desktop) {
    let home = desktop.account.home().display();
    let script =
        format!("printf '%s\\n' \"$@\" > {home}/opened.new\nmv {home}/opened.new {home}/opened\n");
    let stub = desktop.account.write("bin/stub", &script);
    let settings = format!("editor = \"/bin/sh {} {{file}} {{line}}\"\n", stub.display());
    desktop.account.write("data/settings.toml", &settings);
}

/// The arguments of the editor that was started, taken away so that the next ones are new.
fn opened(desktop: &Desktop) -> Option<Vec<String>> {
    let path = desktop.account.home().join("opened");
    let text = fs::read_to_string(&path).ok()?;
    fs::remove_file(path).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

fn type_into_the_popup(desktop: &Desktop, page: &Page, query: &str) {
    desktop.key(HOTKEY);
    until("the box has the keys", || desktop.window(POPUP).is_some() && page.box_is_focused());
    desktop.type_text(query);
    until("the query is in the box", || page.query() == query);
}

#[test]
fn typing_finds_a_line_and_enter_opens_it_in_the_editor() {
    let desktop = Desktop::start();
    install_stub_editor(&desktop);
    let account = &desktop.account;
    account.write("code/odd project/src/lib.rs", "// nothing to see\n");
    let content = "fn first() {}\n\n// für alle\nfn quarry_needle() {}\n";
    let file = account.write(&format!("code/odd project/{HOSTILE}"), content);
    account.write("code/second/notes.md", "# Notes\n\nSee quarry_needle for more.\n");
    account.quarry(["add", "--wait", "text", "code/odd project", "code/second"]).done();
    let page = desktop.start_driven();

    type_into_the_popup(&desktop, &page, "quarry_needle");
    let hits = until("both projects' lines are found", || {
        let hits = page.hits();
        (hits.len() == 2).then_some(hits)
    });
    desktop.screenshot("popup-results");
    let row = hits.iter().position(|hit| hit.path == HOSTILE).unwrap();
    let hit = &hits[row];
    assert_eq!(hit.line, 4);
    assert_eq!(hit.marks, ["quarry_needle"]);
    assert!(hit.text.contains("odd project"), "the project is named: {hit:?}");
    assert!(hits[0].selected && !hits[1].selected, "the first row is selected");
    until("the footer says what was searched", || page.footer().contains("2 projects"));

    for _ in 0..row {
        desktop.key("Down");
    }
    until("the row is selected", || page.hits().get(row).is_some_and(|hit| hit.selected));
    desktop.key("Return");
    let arguments = until("the editor is started", || opened(&desktop));
    assert_eq!(arguments, [file.to_str().unwrap(), "4"]);
    until("the popup hides", || desktop.window(POPUP).is_none());
    assert!(!account.home().join("pwned").exists(), "no shell has seen the file's name");

    desktop.key(HOTKEY);
    until("the opened file is offered on the empty box", || {
        page.texts("[data-testid=offered]").iter().any(|file| file.contains("odd project"))
    });
    desktop.screenshot("popup-opened");
    desktop.key(HOTKEY);
    until("the popup hides", || desktop.window(POPUP).is_none());
    type_into_the_popup(&desktop, &page, "for more");
    until("the other line is found", || page.hits().iter().any(|hit| hit.path == "notes.md"));
    desktop.key("Return");
    let arguments = until("the editor is started again", || opened(&desktop));
    assert_eq!(arguments[1], "3");
}

#[test]
fn a_file_saved_while_the_popup_is_open_is_found() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/a.txt", "nothing\n");
    desktop.account.quarry(["add", "--wait", "text", "code/one"]).done();
    let page = desktop.start_driven();
    type_into_the_popup(&desktop, &page, "newcomer");
    until("the popup says that there is nothing", || page.has("[data-testid=nothing-found]"));
    desktop.account.write("code/one/b.txt", "a newcomer\n");
    until("the new line comes by itself", || {
        page.hits().iter().any(|hit| hit.path == "b.txt" && hit.line == 1)
    });
}

#[test]
fn a_project_that_is_opened_again_brings_its_hits_without_a_letter_typed() {
    let desktop = Desktop::start();
    desktop.account.write("code/one/a.txt", "a needle\n");
    desktop.account.quarry(["add", "--wait", "text", "code/one"]).done();
    let id = desktop.account.project("one")["id"].as_str().unwrap().to_owned();
    let index = desktop.account.data_dir().join("indexes").join(id);
    let kept = desktop.account.home().join("kept");
    fs::rename(&index, &kept).unwrap();
    fs::write(&index, "a file in the place of a directory").unwrap();
    let page = desktop.start_driven();
    type_into_the_popup(&desktop, &page, "needle");
    until("the popup says what could not be searched", || {
        let said = page.texts("[data-testid=nothing-found]").concat();
        said.contains("Not everything could be searched") && page.has("[aria-label='Retry one']")
    });
    fs::remove_file(&index).unwrap();
    fs::rename(&kept, &index).unwrap();
    page.press("[aria-label='Retry one']");
    until("its hit comes", || page.hits().iter().any(|hit| hit.path == "a.txt"));
    until("nothing is said to be missing", || {
        let footer = page.footer();
        footer.contains("Searched 1 project") && !footer.contains("Retry")
    });
}

#[test]
fn an_editor_that_cannot_be_started_is_said_and_the_popup_stays() {
    let desktop = Desktop::start();
    desktop.account.write("data/settings.toml", "editor = \"/nowhere/editor {file}:{line}\"\n");
    desktop.account.write("code/one/a.txt", "a needle\n");
    desktop.account.quarry(["add", "--wait", "text", "code/one"]).done();
    let page = desktop.start_driven();
    type_into_the_popup(&desktop, &page, "needle");
    until("the line is found", || page.hits().len() == 1);
    desktop.key("Return");
    let said = until("the failure is said", || page.toasts().pop());
    assert!(said.contains("/nowhere/editor"), "{said}");
    throughout(QUIET, "the popup stays", || desktop.window(POPUP).is_some());
    desktop.screenshot("editor-missing");
}

#[test]
fn a_hit_is_shown_in_the_file_manager() {
    let desktop = Desktop::start();
    let files = Revealing::start(&desktop);
    desktop.account.write("code/odd project/a b #1.txt", "a needle\n");
    desktop.account.quarry(["add", "--wait", "text", "code/odd project"]).done();
    let page = desktop.start_driven();
    type_into_the_popup(&desktop, &page, "needle");
    until("the line is found", || page.hits().len() == 1);
    desktop.key("ctrl+Return");
    let shown = until("the file manager is asked", || files.shown().pop());
    let home = desktop.account.home().canonicalize().unwrap();
    let expected = format!("file://{}/code/odd%20project/a%20b%20%231.txt", home.display());
    assert_eq!(shown, expected);
    until("the popup hides", || desktop.window(POPUP).is_none());
}
