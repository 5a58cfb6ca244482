//! What the popup does beside listing hits: preview, patterns, completion, actions, recent queries.

use std::fs;

use crate::harness::desktop::Desktop;
use crate::harness::page::{Page, ShownHit};
use crate::harness::wait::until;
use crate::hotkey::{HOTKEY, POPUP};

fn show(desktop: &Desktop, page: &Page) {
    desktop.key(HOTKEY);
    until("the box has the keys", || desktop.window(POPUP).is_some() && page.box_is_focused());
}

fn type_query(desktop: &Desktop, page: &Page, query: &str) {
    desktop.type_text(query);
    until("the query is in the box", || page.query() == query);
}

fn selected(page: &Page) -> Option<ShownHit> {
    page.hits().into_iter().find(|hit| hit.selected)
}

fn preview(page: &Page) -> String {
    page.texts("[data-testid=preview]").concat()
}

/// Two files of code that have a word in common, registered and indexed with every layer.
fn desktop_with_code() -> Desktop {
    let desktop = Desktop::start();
    let account = &desktop.account;
    let before: String = (1..=80).map(|number| format!("// line {number}\n")).collect();
    let queue = "pub struct QueueOfNeedles {\n    threads: usize,\n}\n\nimpl QueueOfNeedles {\n    \
                 /// Takes one out of the haystack.\n    pub fn take_needle(&mut self) -> usize {\n        \
                 self.threads -= 1;\n        self.threads\n    }\n}\n";
    account.write("code/sewing/src/queue.rs", &format!("{before}{queue}"));
    account
        .write("code/sewing/docs/needle.md", "# Care\n\nNever leave a needle in the haystack.\n");
    account.write(
        "code/sewing/src/sew.rs",
        "pub fn sew(queue: &mut QueueOfNeedles) {\n    queue.take_needle();\n}\n",
    );
    account.write("code/sewing/src/<b>bold.rs", "// <img src=x onerror=alert(1)> needle\n");
    account.quarry(["add", "--wait", "symbols", "code/sewing"]).done();
    desktop
}

#[test]
fn the_preview_follows_the_selection() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, "take_needle");
    until("the definition is found", || {
        page.hits().first().is_some_and(|hit| hit.path == "src/queue.rs" && hit.line == 87)
    });
    until("the preview shows the method around the line", || {
        let shown = preview(&page);
        shown.contains("take_needle")
            && shown.contains("self.threads -= 1;")
            && shown.contains("87")
    });
    let heading = page.texts("[data-testid=preview-symbol]").concat();
    assert!(heading.contains("take_needle"), "{heading}");
    desktop.screenshot("popup-preview");

    desktop.key("ctrl+a");
    type_query(&desktop, &page, "needle");
    until("several files are found", || page.hits().len() >= 3);
    for _ in 0..3 {
        let before = selected(&page);
        desktop.key("Down");
        until("the preview shows the file of the next row", || {
            let hit = selected(&page)?;
            let name = hit.path.rsplit('/').next()?;
            let shown = page.texts("[data-testid=preview] .path").concat();
            (before.as_ref() != Some(&hit) && shown.contains(name)).then_some(())
        });
    }
    until("a file's text is text", || {
        page.texts("[data-testid=hit]").concat().contains("<img src=x")
    });
    assert!(!page.has("[data-testid=preview] img"));
    desktop.screenshot("popup-preview-several");
}

#[test]
fn a_pattern_finds_its_line_and_a_broken_one_says_why() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, r"/fn \w+_needle\(/");
    until("the line is found", || {
        page.hits().iter().any(|hit| hit.path == "src/queue.rs" && hit.line == 87)
    });
    desktop.screenshot("popup-pattern");
    desktop.key("ctrl+a");
    type_query(&desktop, &page, "/fn (needle/");
    let said = until("the broken pattern is said", || page.texts("#query-error").pop());
    assert!(said.contains("(needle") && said.split_whitespace().count() > 3, "{said}");
    desktop.screenshot("popup-pattern-broken");
}

#[test]
fn tab_completes_a_filter_and_its_value() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, "needle la");
    assert!(!page.has("[data-testid=completion]"), "nothing is offered for a word");
    desktop.key("Tab");
    until("the filter is completed", || page.query() == "needle lang:");
    until("languages are offered", || page.has("[data-testid=completion]"));
    desktop.type_text("mark");
    until("one is left", || {
        let offered = page.texts("[data-testid=completion]");
        offered.len() == 1 && offered[0].trim() == "markdown"
    });
    desktop.screenshot("popup-completion");
    desktop.key("Tab");
    until("the language is completed", || page.query() == "needle lang:markdown ");
    until("only such files are found", || {
        let hits = page.hits();
        !hits.is_empty() && hits.iter().all(|hit| hit.path == "docs/needle.md")
    });
}

#[test]
fn the_actions_copy_the_path_and_the_last_query_comes_back() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, "QueueOfNeedles");
    until("it is found", || !page.hits().is_empty());
    desktop.key("ctrl+k");
    until("the actions are listed", || page.has("[data-testid=actions]"));
    desktop.screenshot("popup-actions");
    desktop.key("Down");
    desktop.key("Down");
    desktop.key("Return");
    until("the menu is closed", || !page.has("[data-testid=actions]") && page.box_is_focused());
    until("it says what was copied", || page.toasts().concat().contains("src/queue.rs"));
    desktop.key("ctrl+a");
    desktop.key("ctrl+v");
    let path = desktop.account.home().join("code/sewing/src/queue.rs");
    until("the path is in the clipboard", || page.query() == path.to_str().unwrap());

    desktop.key("Escape");
    until("the box is empty", || page.query().is_empty());
    desktop.screenshot("popup-empty");
    desktop.key(HOTKEY);
    until("the popup hides", || desktop.window(POPUP).is_none());
    show(&desktop, &page);
    until("the query is remembered", || {
        page.texts("[data-testid=recent]").contains(&"QueueOfNeedles".to_owned())
    });
    desktop.screenshot("popup-recent");
    desktop.key("Up");
    until("the arrow brings it back", || page.query() == "QueueOfNeedles");
    desktop.key("F1");
    until("the keys are listed", || page.has("[data-testid=keys-help]"));
    desktop.screenshot("popup-keys");
}

#[test]
fn who_calls_a_function_is_asked_for_by_an_action() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, "@take_needle");
    until("the definition is found", || {
        page.hits().first().is_some_and(|hit| hit.path == "src/queue.rs" && hit.line == 87)
    });
    desktop.key("ctrl+k");
    until("the actions are listed", || page.has("[data-testid=actions]"));
    let wanted = "document.querySelector('[data-active=true]').innerText.includes('Who calls it')";
    for _ in 0..12 {
        if page.holds(wanted) {
            break;
        }
        desktop.key("Down");
    }
    desktop.screenshot("popup-actions-callers");
    desktop.key("Return");
    until("the caller is listed", || {
        page.query() == "project:sewing callers:take_needle"
            && page.hits().iter().any(|hit| hit.path == "src/sew.rs")
    });
    desktop.screenshot("popup-callers");
}

#[test]
fn a_failed_project_is_made_well_and_searched_with_keys_alone() {
    let desktop = Desktop::start();
    let account = &desktop.account;
    account.write("code/alpha/main.rs", "fn needle() {}\n");
    account.quarry(["add", "--wait", "text", "code/alpha"]).done();
    let id = account.project("alpha")["id"].as_str().unwrap().to_owned();
    let index = account.data_dir().join("indexes").join(id);
    let kept = account.home().join("kept");
    fs::rename(&index, &kept).unwrap();
    fs::write(&index, "a file in the place of a directory").unwrap();
    let page = desktop.start_driven();
    show(&desktop, &page);
    until("the failure is shown", || page.footer().contains("alpha"));
    desktop.screenshot("popup-failed");
    until("Tab comes to Retry", || {
        desktop.key("Tab");
        page.holds("document.activeElement.getAttribute('aria-label') === 'Retry alpha'")
    });
    fs::remove_file(&index).unwrap();
    fs::rename(&kept, &index).unwrap();
    desktop.key("Return");
    until("it is well", || {
        page.projects().iter().any(|one| one.residency == "Hot" && one.freshness == "Fresh")
    });
    type_query(&desktop, &page, "needle");
    until("it is found", || page.hits().iter().any(|hit| hit.path == "main.rs"));
}

#[test]
fn an_escape_right_after_the_start_is_heard() {
    let desktop = Desktop::start();
    let page = desktop.start_driven();
    until("the first start shows the popup", || desktop.window(POPUP));
    until("the popup has the keys", || page.box_is_focused());
    desktop.key("Escape");
    until("Escape hides it", || desktop.window(POPUP).is_none());
}

#[test]
fn a_pinned_file_stands_on_the_empty_box_and_says_when_it_is_gone() {
    let desktop = desktop_with_code();
    let page = desktop.start_driven();
    show(&desktop, &page);
    type_query(&desktop, &page, "sew");
    until("it is found", || {
        page.hits().first().is_some_and(|hit| hit.path == "src/sew.rs" && hit.selected)
    });
    desktop.key("ctrl+k");
    until("the actions are listed", || page.has("[data-testid=actions]"));
    let wanted = "document.querySelector('[data-active=true]').innerText.includes('Pin file')";
    until("the keys come to the action", || {
        desktop.key("Down");
        page.holds(wanted)
    });
    desktop.key("Return");
    until("it says so", || page.toasts().concat().contains("sew.rs is pinned"));
    desktop.key("Escape");
    let offered = || page.texts("[data-testid=offered][data-pinned=true]").concat();
    until("it stands on the empty box", || offered().contains("sew.rs"));
    desktop.screenshot("popup-pinned");

    desktop.key("Escape");
    until("the popup hides", || desktop.window(POPUP).is_none());
    fs::remove_file(desktop.account.home().join("code/sewing/src/sew.rs")).unwrap();
    show(&desktop, &page);
    until("it says that the file is gone", || offered().contains("not there"));
}
