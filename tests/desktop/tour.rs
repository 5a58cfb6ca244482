//! One project through every state that people are shown: on the command line, in the tray, and in
//! a picture of the Projects window for each.

use std::fs;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::Value;

use crate::harness::account::Started;
use crate::harness::desktop::Desktop;
use crate::harness::processes;
use crate::harness::tray::{TrayHost, TrayItem};
use crate::harness::tree::grow;
use crate::harness::wait::{poll, until, within};
use crate::harness::windows::Window;

/// First in every list.
const NAME: &str = "a-tour";
/// As many as are opened at the start: one more, used before all of them, stays cold.
const OTHERS: usize = 20;
/// Indexed in several seconds by a debug build.
const FILES: u64 = 4000;
const LINES: u64 = 100;
/// Two engineers' compilers may run beside it.
const LONGEST: Duration = Duration::from_secs(120);
/// A page is painted when it looks the same several times in a row; one that shows a progress never
/// does, and is taken as it is after this long.
const PAINTED: Duration = Duration::from_secs(3);
const SAME_LOOKS: u32 = 6;

const WINDOW: (i32, i32) = (1200, 900);
/// A window without content has fewer colours.
const PLAIN: u32 = 8;

struct Tour<'d> {
    desktop: &'d Desktop,
    host: &'d TrayHost,
    quarry: Started,
    watch: Started,
    window: Window,
    pictures: u32,
}

impl<'d> Tour<'d> {
    fn start(desktop: &'d Desktop, host: &'d TrayHost, pictures: u32) -> Self {
        let quarry = desktop.start_quarry();
        let watch = desktop.account.start_quarry(["status", "--json", "--watch", NAME]);
        let window = desktop.open_projects(host, quarry.pid, "Projects").window;
        desktop.arrange(&window, (20, 20), WINDOW);
        until("the Projects window is painted", || {
            desktop.colours(&window, (0, 0), WINDOW.1) > PLAIN
        });
        Tour { desktop, host, quarry, watch, window, pictures }
    }

    fn item(&self) -> TrayItem<'d> {
        self.host.item(self.quarry.pid)
    }

    /// Whether the command line has shown this state since it began to watch.
    fn has_said(&self, residency: &str, freshness: &str) -> bool {
        let lines = self.desktop.account.stdout(&self.watch);
        let states = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        states
            .map(|line| line["projects"][0].clone())
            .any(|project| project["residency"] == residency && project["freshness"] == freshness)
    }

    /// Waits until the command line and the tray's line show the state, and takes a picture.
    #[track_caller]
    fn visit(&mut self, name: &str, (residency, freshness): (&str, &str), words: &str) {
        let item = self.item();
        within(
            LONGEST,
            &format!("{name}: {residency}, {freshness}, “{words}” in the tray"),
            || self.has_said(residency, freshness) && item.entry(NAME).label.contains(words),
        );
        self.pictures += 1;
        self.wait_for_paint();
        self.desktop.screenshot(&format!("tour-{:02}-{name}", self.pictures));
    }

    fn wait_for_paint(&self) {
        let (mut last, mut same) = (String::new(), 0);
        // Nothing is asserted of the picture: a person looks at it.
        let _ = poll(PAINTED, || {
            let now = self.desktop.fingerprint(&self.window);
            same = if now == last { same + 1 } else { 0 };
            last = now;
            same >= SAME_LOOKS
        });
    }

    fn end(self) -> u32 {
        processes::signal(self.quarry.pid, Signal::TERM);
        until("it ends", || self.desktop.account.exit(&self.quarry));
        self.pictures
    }
}

/// A pipe in the place of a file: whoever reads the file waits until it is let through.
struct HeldFile {
    path: PathBuf,
    content: Vec<u8>,
}

impl HeldFile {
    fn hold(path: &Path) -> HeldFile {
        let content = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        HeldFile { path: path.to_owned(), content }
    }

    fn let_through(self) {
        // Whoever waits has the pipe open; who comes later finds the file.
        let mut pipe = OpenOptions::new().read(true).write(true).open(&self.path).unwrap();
        let beside = self.path.with_extension("beside");
        fs::write(&beside, &self.content).unwrap();
        fs::rename(&beside, &self.path).unwrap();
        pipe.write_all(&self.content).unwrap();
    }
}

/// The lock that a writer of an index takes.
fn lock_index(index: &Path) -> File {
    let path = index.join(".tantivy-writer.lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn a_project_is_seen_in_every_state_on_its_way() {
    let desktop = Desktop::start();
    let host = TrayHost::start(&desktop);
    let account = &desktop.account;
    let root = account.write(&format!("code/{NAME}/main.rs"), "fn main() {}\n");
    let root = root.parent().unwrap().to_owned();
    account.quarry(["add", "--wait", "text", root.to_str().unwrap()]).done();
    let others: Vec<String> = (0..OTHERS)
        .map(|at| account.write(&format!("code/other{at:02}/a.rs"), "fn a() {}\n"))
        .map(|file| file.parent().unwrap().to_str().unwrap().to_owned())
        .collect();
    let add = ["add", "--wait", "text"].map(str::to_owned);
    account.quarry(add.iter().chain(&others)).done();
    let id = account.project(NAME)["id"].as_str().unwrap().to_owned();
    let index = account.data_dir().join("indexes").join(id);

    let mut tour = Tour::start(&desktop, &host, 0);
    let act = |action: &str| account.quarry([action, NAME]).done();
    tour.visit("cold", ("Cold", "Pending"), "cold");
    let rest = until("the others are well, and so is the icon", || {
        let well = |name: &String| tour.item().text().contains(&format!("{name}: fresh"));
        let names = (0..OTHERS).map(|at| format!("other{at:02}")).collect::<Vec<_>>();
        if names.iter().all(well) { tour.item().icon() } else { None }
    });

    let held = HeldFile::hold(&index.join("meta.json"));
    act("retry");
    tour.visit("loading", ("Loading", "Reconciling"), "loading");
    held.let_through();
    tour.visit("hot", ("Hot", "Fresh"), "fresh");

    grow(&root.join("grown"), FILES, LINES);
    tour.visit("indexing", ("Hot", "Indexing"), "indexing");
    within(LONGEST, "all of it is indexed", || {
        let project = account.project(NAME);
        project["freshness"] == "Fresh" && project["files"] == FILES + 1
    });

    let lock = lock_index(&index);
    fs::write(root.join("main.rs"), "fn main() { retried(); }\n").unwrap();
    tour.visit("retrying", ("Hot", "Retrying"), "about to try again");
    tour.visit("failing", ("Hot", "Failing"), "indexing fails");
    until("the icon calls for a person", || tour.item().icon().is_some_and(|icon| icon != rest));
    drop(lock);
    act("retry");
    within(LONGEST, "it is well again", || account.project(NAME)["freshness"] == "Fresh");
    until("the icon calms down", || tour.item().icon().is_some_and(|icon| icon == rest));

    let away = account.write("elsewhere/file", "").with_file_name(NAME);
    fs::rename(&root, &away).unwrap();
    tour.visit("root-missing", ("Hot", "RootMissing"), "folder missing");
    assert!(tour.item().text().contains("Locate…"), "it can be told where its folder is");
    until("the icon calls again", || tour.item().icon().is_some_and(|icon| icon != rest));

    let pictures = tour.end();
    let mut tour = Tour::start(&desktop, &host, pictures);
    tour.visit("failed", ("Failed", "RootMissing"), "folder missing");
    let status = account.project(NAME);
    assert_eq!(status["error"]["cause"], "RootMissing");
    fs::rename(&away, &root).unwrap();
    tour.visit("hot-again", ("Hot", "Fresh"), "fresh");
    let found = account.quarry(["search", "--json", "retried"]).done().json();
    assert_eq!(found["results"][0]["path"], "main.rs");
    tour.end();
}
