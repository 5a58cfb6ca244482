//! The popup's page, seen from inside through its hooks for tests.

use serde_json::{Value, json};

use super::desktop::Desktop;
use super::processes;
use super::quarry::binary;
use super::wait::until;
use super::webdriver::Session;

/// A result as the popup shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownHit {
    pub path: String,
    pub line: u64,
    pub selected: bool,
    pub text: String,
    /// The marked parts of the line.
    pub marks: Vec<String>,
}

/// A project as the popup shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownProject {
    pub name: String,
    pub residency: String,
    pub freshness: String,
    pub text: String,
}

pub struct Page {
    session: Session,
    /// The process behind it.
    pub pid: u32,
}

impl Desktop {
    /// Starts Quarry with its popup's page open to the test.
    #[track_caller]
    pub fn start_driven(&self) -> Page {
        let program = binary().canonicalize().unwrap();
        let (session, driver) = Session::start(self, &program);
        let pid = until("the driver has started Quarry", || {
            let all = self.account.program_processes();
            all.into_iter().find(|&pid| processes::parent(pid) == Some(driver.pid))
        });
        until("Quarry listens on its socket", || !processes::listening(pid).is_empty());
        self.account.quarry(["list"]).done();
        let page = Page { session, pid };
        until("the popup's page is there", || page.has("#query"));
        page
    }
}

impl Page {
    #[track_caller]
    pub fn has(&self, selector: &str) -> bool {
        let found = self.script("return document.querySelector(arguments[0]) !== null", selector);
        found == json!(true)
    }

    /// Whether an expression of the page's is true.
    #[track_caller]
    pub fn holds(&self, expression: &str) -> bool {
        self.session.script(&format!("return {expression}"), &[]) == json!(true)
    }

    /// Presses a button of the page's.
    #[track_caller]
    pub fn press(&self, selector: &str) {
        self.script("document.querySelector(arguments[0]).click()", selector);
    }

    /// What the box holds.
    #[track_caller]
    pub fn query(&self) -> String {
        text_of(&self.script("return document.querySelector(arguments[0]).value", "#query"))
    }

    /// Whether keys arrive in the box, as far as the page knows.
    #[track_caller]
    pub fn box_is_focused(&self) -> bool {
        let script = "return document.hasFocus() && document.activeElement.matches(arguments[0])";
        self.script(script, "#query") == json!(true)
    }

    #[track_caller]
    pub fn hits(&self) -> Vec<ShownHit> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => ({
            path: e.dataset.path, line: Number(e.dataset.line), text: e.innerText,
            selected: e.getAttribute('aria-selected') === 'true',
            marks: [...e.querySelectorAll('mark')].map((m) => m.innerText) }))";
        let hits = self.script(script, "[data-testid=hit]");
        hits.as_array().unwrap().iter().map(ShownHit::read).collect()
    }

    #[track_caller]
    pub fn projects(&self) -> Vec<ShownProject> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => ({
            name: e.dataset.name, residency: e.dataset.residency,
            freshness: e.dataset.freshness, text: e.innerText }))";
        let projects = self.script(script, "[data-testid=project]");
        projects.as_array().unwrap().iter().map(ShownProject::read).collect()
    }

    #[track_caller]
    pub fn footer(&self) -> String {
        self.texts("[data-testid=footer]").concat()
    }

    /// The messages on screen, one a toast.
    #[track_caller]
    pub fn toasts(&self) -> Vec<String> {
        self.texts("[data-testid=toast]")
    }

    #[track_caller]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)";
        self.script(script, selector).as_array().unwrap().iter().map(text_of).collect()
    }

    #[track_caller]
    fn script(&self, body: &str, selector: &str) -> Value {
        self.session.script(body, &[json!(selector)])
    }
}

impl ShownHit {
    fn read(value: &Value) -> Self {
        Self {
            path: text_of(&value["path"]),
            line: value["line"].as_u64().unwrap_or_default(),
            selected: value["selected"] == json!(true),
            text: text_of(&value["text"]),
            marks: value["marks"].as_array().into_iter().flatten().map(text_of).collect(),
        }
    }
}

impl ShownProject {
    fn read(value: &Value) -> Self {
        Self {
            name: text_of(&value["name"]),
            residency: text_of(&value["residency"]),
            freshness: text_of(&value["freshness"]),
            text: text_of(&value["text"]),
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
