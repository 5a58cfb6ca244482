//! How fast the popup is in a real window, on a display of its own: from the hotkey until its
//! content is on the screen, and from a key until the list on the screen is another one. Before
//! that, from a start with many registered projects until the hotkey works; after that, from a
//! request to end until the process is gone.
//!
//! `--corpus DIR [--json FILE] [--projects N] [--shows N] [--rounds N]`, with the program in
//! `QUARRY_BIN`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the desktop is made of says by panicking that it cannot go on"
)]

#[allow(dead_code, reason = "the tests need more of it")]
mod harness;
mod screen;

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde_json::{Value, json};

use harness::account::{Account, Started};
use harness::desktop::Desktop;
use harness::processes;
use harness::wait::{until, within};
use screen::{Area, BACKSPACE, CONTROL, SHIFT, Screen, colours};

const POPUP: &str = "Quarry";
const HOTKEY_LOG: &str = "warn,quarry::desktop::hotkey=debug";
const SPACE: u32 = 0x20;
/// Typed letter by letter: words of a kernel, and some of any program.
const QUERIES: [&str; 8] =
    ["tcpsendmsg", "spinlock", "readbuffer", "init", "schedule", "alloc", "errno", "mutexlock"];
const LONGEST_INDEXING: Duration = Duration::from_secs(1800);
/// Between two layers of an index nothing is going on for a moment.
const LOOKS_AT_REST: usize = 20;
/// What takes longer has not happened.
const LIMIT: Duration = Duration::from_secs(3);
/// A person's pause between a look and the next deed.
const PAUSE: Duration = Duration::from_millis(400);
const ADDED_AT_ONCE: usize = 50;
const BETWEEN_PRESSES: Duration = Duration::from_millis(20);
/// A list that has not changed for so long is complete.
const SETTLED: Duration = Duration::from_millis(120);
/// Text has more colours than a window that is still blank.
const BLANK: usize = 8;

struct Arguments {
    corpus: PathBuf,
    json: Option<PathBuf>,
    projects: usize,
    shows: usize,
    rounds: usize,
}

impl Arguments {
    fn parse() -> Result<Self> {
        let (mut corpus, mut json, mut projects) = (None, None, 1000);
        let (mut shows, mut rounds) = (40, 3);
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--corpus" => corpus = Some(PathBuf::from(value()?)),
                "--json" => json = Some(PathBuf::from(value()?)),
                "--projects" => projects = value()?.parse()?,
                "--shows" => shows = value()?.parse()?,
                "--rounds" => rounds = value()?.parse()?,
                // What cargo gives to every bench.
                "--bench" => {}
                other => bail!("there is no option {other}"),
            }
        }
        let corpus = corpus.context("--corpus DIR is needed")?;
        Ok(Self { corpus, json, projects, shows, rounds })
    }
}

struct Popup {
    desktop: Desktop,
    quarry: Started,
    screen: Screen,
    /// The box with its text or its placeholder.
    search_box: Area,
    /// The middle of it, where letters and the caret appear.
    letters: Area,
    /// The first rows of the list.
    list: Area,
}

/// Milliseconds from each key on.
#[derive(Default)]
struct Keys {
    /// Until its letter is in the box: what a window does that searches nothing.
    letter: Vec<f64>,
    /// Until the list is another one.
    list: Vec<f64>,
    without_a_change: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    let start = start_with_many(arguments.projects)?;
    let popup = Popup::open(&arguments)?;
    let mut seen = Vec::new();
    let mut handled = Vec::new();
    for _ in 0..arguments.shows {
        let (whole, from_handler) = popup.show()?;
        seen.push(whole);
        handled.extend(from_handler);
        popup.hide()?;
    }
    popup.show()?;
    let mut keys = Keys::default();
    for query in QUERIES.iter().cycle().take(QUERIES.len() * arguments.rounds) {
        popup.type_query(query, &mut keys)?;
    }
    let unchanged = keys.without_a_change;
    let quitting = popup.quit();
    let report = json!({
        "corpus": arguments.corpus,
        "projects": arguments.projects,
        "start_to_hotkey_ms": start,
        "hotkey_to_painted_ms": figures("hotkey → painted", &mut seen),
        "handler_to_painted_ms": figures("  from the handler on", &mut handled),
        "key_to_letter_ms": figures("key → its letter", &mut keys.letter),
        "key_to_painted_ms": figures("key → painted results", &mut keys.list),
        "keys_without_a_change": unchanged,
        "quit_ms": quitting,
    });
    println!("{unchanged} keys changed nothing in the first rows and are not counted");
    if let Some(path) = &arguments.json {
        fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    Ok(())
}

/// How long a start takes until the hotkey works, in milliseconds, with so many projects.
fn start_with_many(projects: usize) -> Result<f64> {
    let desktop = Desktop::start();
    let account = &desktop.account;
    account.set("QUARRY_LOG", HOTKEY_LOG);
    let folders: Vec<String> = (0..projects).map(|number| format!("code/p{number:04}")).collect();
    let first = desktop.start_quarry();
    for some in folders.chunks(ADDED_AT_ONCE) {
        for folder in some {
            account.write(&format!("{folder}/a.rs"), "fn needle() {}\n");
        }
        account.quarry(["add"].into_iter().chain(some.iter().map(String::as_str))).done();
    }
    within(LONGEST_INDEXING, "all projects are indexed", || {
        sleep(PAUSE);
        let known = account.projects();
        known.len() == projects && known.iter().all(|project| project["progress"].is_null())
    });
    account.kill(&first);
    let screen = Screen::connect(&account.variable("DISPLAY").context("no display")?)?;
    let begun = SystemTime::now();
    let quarry = account.start_quarry(None::<&str>);
    let handled = within(LONGEST_INDEXING, "the hotkey works", || {
        // Nobody waits for an answer to this: the next one comes soon.
        let _ = screen.press(&[CONTROL, SHIFT], SPACE);
        sleep(BETWEEN_PRESSES);
        last_handled(account, &quarry)
    });
    let took = handled.duration_since(begun)?.as_secs_f64() * 1000.0;
    println!("start → the hotkey works {took:>6.0} ms   ({projects} projects registered)");
    Ok(took)
}

/// When the program last said that the hotkey had come.
fn last_handled(account: &Account, quarry: &Started) -> Option<SystemTime> {
    let log = account.stderr(quarry);
    let line = log.lines().rfind(|line| line.contains("the hotkey came"))?;
    let stamp: jiff::Timestamp = line.split_whitespace().next()?.parse().ok()?;
    Some(stamp.into())
}

impl Popup {
    /// Registers the corpus, waits until all of it is indexed, and finds the popup's place.
    fn open(arguments: &Arguments) -> Result<Self> {
        let desktop = Desktop::start();
        desktop.account.set("QUARRY_LOG", HOTKEY_LOG);
        let corpus = arguments.corpus.to_str().context("the corpus is not in UTF-8")?;
        let quarry = desktop.start_quarry();
        desktop.account.quarry(["add", corpus, "--name", "corpus"]).done();
        let started = Instant::now();
        let mut looks_at_rest = 0;
        within(LONGEST_INDEXING, "the corpus is indexed", || {
            sleep(PAUSE);
            let project = desktop.account.project("corpus");
            let at_rest = project["freshness"] == "Fresh" && project["progress"].is_null();
            looks_at_rest = if at_rest { looks_at_rest + 1 } else { 0 };
            looks_at_rest == LOOKS_AT_REST
        });
        println!("indexed in {:.0} s", started.elapsed().as_secs_f64());
        let screen = Screen::connect(&desktop.account.variable("DISPLAY").context("no display")?)?;
        // The first start has shown the popup, which is hidden now or has to be.
        let window = match desktop.window(POPUP) {
            Some(window) => window,
            None => {
                screen.press(&[CONTROL, SHIFT], SPACE)?;
                until("the popup is shown", || desktop.window(POPUP))
            }
        };
        let place = until("the popup has a place", || desktop.place(&window));
        let (x, y) = (i16::try_from(place.x)?, i16::try_from(place.y)?);
        let search_box = Area { x: x + 40, y: y + 14, width: 240, height: 26 };
        let letters = Area { x: x + 40, y: y + 18, width: 240, height: 14 };
        let list = Area { x: x + 24, y: y + 56, width: 380, height: 180 };
        let popup = Self { desktop, quarry, screen, search_box, letters, list };
        until("the popup is painted", || popup.is_painted().unwrap_or(false));
        popup.hide()?;
        Ok(popup)
    }

    /// Asks the program to end, and says how many milliseconds it took.
    fn quit(&self) -> f64 {
        let asked = Instant::now();
        processes::signal(self.quarry.pid, Signal::TERM);
        until("the program ends", || self.desktop.account.exit(&self.quarry));
        let took = asked.elapsed().as_secs_f64() * 1000.0;
        println!("quit {took:>28.0} ms");
        took
    }

    fn is_painted(&self) -> Result<bool> {
        Ok(colours(&self.screen.pixels(self.search_box)?) > BLANK)
    }

    /// Shows it by its hotkey: from the key on, and from the program's own receipt of it on.
    fn show(&self) -> Result<(f64, Option<f64>)> {
        sleep(PAUSE);
        let clock = (Instant::now(), SystemTime::now());
        let pressed = self.screen.press(&[CONTROL, SHIFT], SPACE)?;
        let painted = self
            .screen
            .watch(self.search_box, LIMIT, |pixels| colours(pixels) > BLANK)?
            .context("the popup was not painted")?;
        until("the popup has the keys", || {
            self.desktop.active().is_some_and(|it| it.title == POPUP)
        });
        let handled = last_handled(&self.desktop.account, &self.quarry);
        let handled = handled.and_then(|at| at.duration_since(clock.1).ok());
        let since_handled = handled
            .and_then(|since| painted.checked_duration_since(clock.0 + since))
            .map(|since| since.as_secs_f64() * 1000.0);
        Ok(((painted - pressed).as_secs_f64() * 1000.0, since_handled))
    }

    fn hide(&self) -> Result<()> {
        sleep(PAUSE);
        self.screen.press(&[CONTROL, SHIFT], SPACE)?;
        let hidden = self.screen.watch(self.search_box, LIMIT, |pixels| colours(pixels) == 1)?;
        hidden.context("the popup was not hidden")?;
        Ok(())
    }

    /// Types a query into the empty box.
    fn type_query(&self, query: &str, keys: &mut Keys) -> Result<()> {
        for letter in query.chars() {
            let before = self.screen.settle(self.list, SETTLED)?;
            let box_before = self.screen.pixels(self.letters)?;
            let mut letter_painted = None;
            let pressed = self.screen.press(&[], u32::from(letter))?;
            let painted = self.screen.watch(self.list, LIMIT, |now| {
                let letters = self.screen.pixels(self.letters);
                if letter_painted.is_none() && letters.is_ok_and(|it| it != box_before) {
                    letter_painted = Some(Instant::now());
                }
                now != before
            })?;
            let since = |at: Instant| (at - pressed).as_secs_f64() * 1000.0;
            keys.letter.extend(letter_painted.map(since));
            match painted {
                Some(painted) => keys.list.push(since(painted)),
                None => keys.without_a_change += 1,
            }
        }
        self.screen.press(&[CONTROL], u32::from('a'))?;
        self.screen.press(&[], BACKSPACE)?;
        self.screen.settle(self.list, PAUSE)?;
        Ok(())
    }
}

/// Prints and gives the median and the 95th percentile.
fn figures(name: &str, times: &mut [f64]) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 - 1.0) * share).round() as usize).copied();
    let (Some(median), Some(high)) = (at(0.5), at(0.95)) else { return Value::Null };
    println!("{name:<24} p50 {median:>6.1} ms   p95 {high:>6.1} ms   ({} times)", times.len());
    json!({ "p50": median, "p95": high, "count": times.len() })
}
