//! Whether what is embedded can be kept: how the disk failed last, and when it is tried again.

use std::fmt::Display;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::embed::pace::back_off;

/// What may fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The list of the projects' texts.
    List,
    Vectors,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    part: Part,
    /// A sentence for people.
    pub sentence: String,
    /// In a row.
    pub attempts: u32,
    pub next_retry: Timestamp,
    /// The same moment.
    until: Instant,
}

impl Trouble {
    /// Whether it did not go away within a moment.
    pub fn lasts(&self) -> bool {
        self.attempts > 1
    }
}

/// Cheap to ask. A failure stays said until the same part works.
pub struct Keeping {
    trouble: watch::Sender<Option<Trouble>>,
}

impl Default for Keeping {
    fn default() -> Self {
        Keeping { trouble: watch::Sender::new(None) }
    }
}

impl Keeping {
    /// What fails while nothing is to be tried belongs to the failure before.
    pub fn failed(&self, part: Part, error: &dyn Display, now: Instant) {
        self.trouble.send_if_modified(|trouble| {
            if trouble.as_ref().is_some_and(|trouble| now < trouble.until) {
                return false;
            }
            let before = trouble.as_ref().filter(|trouble| trouble.part == part);
            let attempts = before.map_or(0, |trouble| trouble.attempts).saturating_add(1);
            let pause = back_off(attempts);
            let clock = Timestamp::now();
            let later = SignedDuration::try_from(pause).ok();
            let next_retry = later.and_then(|pause| clock.checked_add(pause).ok()).unwrap_or(clock);
            let sentence =
                format!("Search by meaning cannot keep what it needs: {error}. It is tried again.");
            tracing::warn!(?part, sentence, attempts, "embedding");
            *trouble = Some(Trouble { part, sentence, attempts, next_retry, until: now + pause });
            true
        });
    }

    pub fn worked(&self, part: Part) {
        self.trouble.send_if_modified(|trouble| trouble.take_if(|it| it.part == part).is_some());
    }

    /// There is nothing to keep any more.
    pub fn needs_nothing(&self) {
        self.trouble.send_if_modified(|trouble| trouble.take().is_some());
    }

    /// For how long nothing is to be tried.
    pub fn hold(&self, now: Instant) -> Option<Duration> {
        let hold = self.trouble.borrow().as_ref()?.until.saturating_duration_since(now);
        (!hold.is_zero()).then_some(hold)
    }

    /// Ends the pause: the next attempt is the first one.
    pub fn retry(&self, now: Instant) {
        self.trouble.send_if_modified(|trouble| {
            trouble.as_mut().is_some_and(|trouble| {
                (trouble.attempts, trouble.until) = (0, now);
                true
            })
        });
    }

    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.borrow().clone()
    }

    /// Every change of [`Keeping::trouble`].
    pub fn troubles(&self) -> watch::Receiver<Option<Trouble>> {
        self.trouble.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_ever_later_until_the_same_part_works() {
        let (keeping, mut now) = (Keeping::default(), Instant::now());
        for seconds in [1, 2, 4] {
            keeping.failed(Part::Vectors, &"full", now);
            keeping.failed(Part::Vectors, &"what was on its way", now);
            let hold = keeping.hold(now).unwrap();
            assert_eq!(hold, Duration::from_secs(seconds));
            now += hold;
            assert_eq!(keeping.hold(now), None);
        }
        keeping.worked(Part::List);
        let trouble = keeping.trouble().unwrap();
        assert!(trouble.sentence.contains("full") && trouble.lasts(), "{trouble:?}");
        keeping.worked(Part::Vectors);
        assert_eq!(keeping.trouble(), None);
    }

    #[test]
    fn whoever_presses_retry_starts_from_the_first_attempt() {
        let (keeping, now) = (Keeping::default(), Instant::now());
        keeping.failed(Part::List, &"locked", now);
        keeping.retry(now);
        assert_eq!(keeping.hold(now), None);
        assert!(keeping.trouble().is_some(), "it stays said until it works");
        keeping.failed(Part::List, &"locked", now);
        assert_eq!(keeping.trouble().unwrap().attempts, 1);
    }
}
