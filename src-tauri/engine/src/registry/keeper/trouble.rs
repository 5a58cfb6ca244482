//! What is wrong with a hot project, as people are told.

use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::registry::failure::{self, Cause};
use crate::status::ProjectError;
use crate::watch::Freshness;

/// What is known of the trouble beside the machine's own account.
pub(super) struct Trouble<'a> {
    pub root: &'a Path,
    /// Of the last run that failed.
    pub cause: Option<Cause>,
    pub since: Option<Timestamp>,
    /// The disk of the root does not answer, whatever else there is.
    pub unanswered: bool,
    /// What people were told last.
    pub said: Option<&'a ProjectError>,
}

impl Trouble<'_> {
    /// `None` where nothing is wrong. `clock` is the time of day at the moment `now`.
    pub fn report(
        &self,
        freshness: &Freshness,
        now: Instant,
        clock: Timestamp,
    ) -> Option<ProjectError> {
        let at = |instant: Instant| {
            let pause = SignedDuration::try_from(instant.saturating_duration_since(now));
            pause.ok().and_then(|pause| clock.checked_add(pause).ok()).unwrap_or(clock)
        };
        let failed = self.cause.unwrap_or(Cause::TimedOut);
        let (cause, message, attempts, next) = match freshness {
            _ if self.unanswered => {
                (Cause::VolumeUnavailable, failure::unanswered_words(self.root), 1, None)
            }
            Freshness::Retrying { attempts, next_at, error } => {
                (failed, error.clone(), *attempts, Some(at(*next_at)))
            }
            Freshness::Failing { attempts, next_at, error, .. } => {
                (failed, error.clone(), *attempts, next_at.map(at))
            }
            Freshness::RootMissing => {
                (Cause::RootMissing, failure::missing_words(self.root), 1, None)
            }
            Freshness::Stuck => {
                let root = self.root.display();
                let message = format!("Reading {root} does not go on, and does not end either.");
                (Cause::TimedOut, message, 1, None)
            }
            _ => return None,
        };
        // Said again, the same trouble has the same moments: only changes are published.
        let said = self.said.filter(|error| error.cause == cause.word());
        let since = self.since.filter(|_| !self.unanswered);
        let first_at = since.or(said.map(|error| error.first_at)).unwrap_or(clock);
        let next_retry = match said.filter(|error| error.attempts == attempts) {
            Some(error) if next.is_some() && error.next_retry.is_some() => error.next_retry,
            _ => next,
        };
        Some(ProjectError {
            cause: cause.word().to_owned(),
            message,
            first_at,
            attempts,
            next_retry,
        })
    }
}
