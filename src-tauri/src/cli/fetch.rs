//! `quarry meaning fetch`: the only command that uses the network, and only when it is typed.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use quarry_engine::embed::published::{FetchError, Progress, Published};

use super::output::{self, Failure};
use crate::fetching;
use crate::owner::address::Address;
use crate::owner::protocol::{MeaningCall, Problem, Request};
use crate::owner::session;
use crate::place::Place;
use crate::settings::{Meaning, Settings};

/// How often a terminal is told how much has come.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

pub async fn run(place: &Place, name: &str) -> Result<(), Failure> {
    let unknown = |error: FetchError| Problem::new("NotFound", format!("{error}."));
    let model = Published::named(name).map_err(unknown)?;
    let mut meter = Meter::new();
    let progress = move |progress: Progress<'_>| {
        meter.show(progress);
        ControlFlow::Continue(())
    };
    let folder = fetching::fetch(&model, &place.data_dir, progress).await.map_err(|sentence| {
        let retry = "tries it again and keeps the files that have come.";
        let sentence = format!("{sentence} `quarry meaning fetch {}` {retry}", model.name);
        Problem::new("NotFetched", sentence)
    })?;
    let (settings, _) = Settings::read(&place.settings_file);
    let next = if settings.meaning == Meaning::Published(model.clone()) {
        let retry = Request::Meaning(MeaningCall::Retry);
        // Without an owner there is nobody who waits for it.
        session::tell(&Address::of(&place.data_dir), retry).await?;
        "The settings name it already.".to_owned()
    } else {
        let settings = place.settings_file.display();
        format!(
            "With meaning = \"{}\" in {settings}, Quarry uses it: at once where it runs in the tray, \
             else from its next start.",
            model.name
        )
    };
    output::print(&format!("{} is in {}. {next}\n", model.name, folder.display()))
}

/// How much has come, on standard error.
struct Meter {
    terminal: bool,
    shown: Option<Instant>,
    file: String,
}

impl Meter {
    fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), shown: None, file: String::new() }
    }

    fn show(&mut self, Progress { file, came, all }: Progress<'_>) {
        let first = self.file != file;
        if first {
            self.end();
            file.clone_into(&mut self.file);
        }
        let whole = all == Some(came);
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= SHOWN_EVERY);
        if first || whole || (self.terminal && due) {
            self.shown = Some(Instant::now());
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            let of = all.map_or_else(String::new, |all| format!(" of {:.1}", megabytes(all)));
            let line = format!("{file}: {:.1}{of} MB", megabytes(came));
            // Standard error may be closed.
            let _ = if self.terminal {
                write!(io::stderr(), "\r{line}")
            } else {
                writeln!(io::stderr(), "{line}")
            };
        }
    }

    /// Leaves the line that was written over and over.
    fn end(&mut self) {
        if self.terminal && !self.file.is_empty() {
            let _ = writeln!(io::stderr());
        }
        self.file.clear();
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.end();
    }
}
