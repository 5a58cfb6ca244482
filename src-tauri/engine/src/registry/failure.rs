//! Why a project could not be opened, and when that is tried again.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::index::IndexError;
use crate::status::ProjectError;

/// The pause after the first failed restore; it doubles with each further one …
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// … up to this.
const LAST_RETRY: Duration = Duration::from_secs(300);
/// A missing root is looked for this often: asking costs one system call.
const ROOT_CHECK: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    RootMissing,
    VolumeUnavailable,
    PermissionDenied,
    Locked,
    SchemaTooNew,
    Corrupt,
    DiskFull,
    OutOfMemory,
    Panicked,
    Io,
}

impl Cause {
    pub fn of(error: &IndexError) -> Cause {
        match error {
            IndexError::RootMissing { .. } => Cause::RootMissing,
            IndexError::Unreadable { .. } => Cause::PermissionDenied,
            IndexError::Corrupt { .. } => Cause::Corrupt,
            IndexError::Locked { .. } => Cause::Locked,
            IndexError::TooNew { .. } => Cause::SchemaTooNew,
            IndexError::DiskFull { .. } => Cause::DiskFull,
            IndexError::Io { source, .. } => Cause::of_io(source),
            IndexError::Shrunk { .. } | IndexError::Cancelled => Cause::Io,
        }
    }

    pub fn of_io(error: &std::io::Error) -> Cause {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound | Kind::NotADirectory => Cause::RootMissing,
            Kind::PermissionDenied => Cause::PermissionDenied,
            Kind::StorageFull | Kind::QuotaExceeded => Cause::DiskFull,
            Kind::OutOfMemory => Cause::OutOfMemory,
            Kind::StaleNetworkFileHandle
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::TimedOut => Cause::VolumeUnavailable,
            _ => Cause::Io,
        }
    }

    /// The word that answers and the command line show.
    pub fn word(self) -> &'static str {
        match self {
            Cause::RootMissing => "RootMissing",
            Cause::VolumeUnavailable => "VolumeUnavailable",
            Cause::PermissionDenied => "PermissionDenied",
            Cause::Locked => "Locked",
            Cause::SchemaTooNew => "SchemaTooNew",
            Cause::Corrupt => "Corrupt",
            Cause::DiskFull => "DiskFull",
            Cause::OutOfMemory => "OutOfMemory",
            Cause::Panicked => "Panicked",
            Cause::Io => "Io",
        }
    }

    /// Whether trying again by itself may help.
    pub fn is_transient(self) -> bool {
        match self {
            Cause::RootMissing
            | Cause::VolumeUnavailable
            | Cause::Locked
            | Cause::DiskFull
            | Cause::OutOfMemory
            | Cause::Panicked
            | Cause::Io => true,
            Cause::PermissionDenied | Cause::SchemaTooNew | Cause::Corrupt => false,
        }
    }
}

/// A restore that failed, with its history.
#[derive(Clone, Debug)]
pub struct Failure {
    pub cause: Cause,
    /// A sentence for people.
    pub message: String,
    pub first_at: Timestamp,
    pub attempts: u32,
    /// The next attempt by itself: on the machine's clock, and for people.
    pub next: Option<(Instant, Timestamp)>,
}

impl Failure {
    /// The failure after `previous` ones in a row.
    pub fn after(
        previous: Option<&Failure>,
        cause: Cause,
        message: String,
        now: Instant,
        clock: Timestamp,
    ) -> Failure {
        let attempts = previous.map_or(0, |failure| failure.attempts) + 1;
        let pause = if cause == Cause::RootMissing {
            ROOT_CHECK
        } else {
            FIRST_RETRY.saturating_mul(1 << (attempts - 1).min(20)).min(LAST_RETRY)
        };
        // A fraction of the pause that differs from project to project: retries of one dead disk
        // do not come in step.
        let spread =
            pause.mul_f64(f64::from(clock.subsec_nanosecond().unsigned_abs() % 1000) / 5000.0);
        let pause = pause - spread;
        let next = cause.is_transient().then(|| {
            let at = jiff::SignedDuration::try_from(pause)
                .ok()
                .and_then(|pause| clock.checked_add(pause).ok())
                .unwrap_or(clock);
            (now + pause, at)
        });
        let first_at = previous.map_or(clock, |failure| failure.first_at);
        Failure { cause, message, first_at, attempts, next }
    }

    pub fn report(&self) -> ProjectError {
        ProjectError {
            cause: self.cause.word().to_owned(),
            message: self.message.clone(),
            first_at: self.first_at,
            attempts: self.attempts,
            next_retry: self.next.map(|(_, at)| at),
        }
    }
}

/// Whether the root can be listed; a sentence and a cause if not.
pub fn check_root(root: &Path) -> Result<(), (Cause, String)> {
    let shown = root.display();
    match std::fs::read_dir(root) {
        Ok(_) => Ok(()),
        Err(error) => {
            let cause = Cause::of_io(&error);
            let sentence = match cause {
                Cause::RootMissing => {
                    format!("The folder {shown} is not there. Quarry goes on when it is back.")
                }
                Cause::PermissionDenied => {
                    format!("The folder {shown} may not be read. Change its rights, then Retry.")
                }
                _ => format!("The folder {shown} cannot be read: {error}."),
            };
            Err((cause, sentence))
        }
    }
}

/// What a failed restore tells people.
pub fn sentence(error: &IndexError) -> String {
    let remedy = match Cause::of(error) {
        Cause::SchemaTooNew => "Update Quarry, or remove the project and add it again.",
        Cause::PermissionDenied => "Change its rights, then Retry.",
        Cause::DiskFull => "Free some space; Quarry tries again by itself.",
        Cause::Corrupt => "It is being made anew.",
        _ => "Quarry tries again by itself.",
    };
    let text = error.to_string();
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}. {remedy}", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_of_a_transient_failure_come_ever_later_and_keep_its_beginning() {
        let (now, clock) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut failure = Failure::after(None, Cause::Io, "no".into(), now, clock);
        let mut pauses = vec![failure.next.unwrap().0 - now];
        for second in 1..12 {
            let later = Timestamp::from_second(second).unwrap();
            failure = Failure::after(Some(&failure), Cause::Io, "no".into(), now, later);
            pauses.push(failure.next.unwrap().0 - now);
        }
        assert_eq!(pauses[..3], [2, 4, 8].map(Duration::from_secs));
        assert_eq!(pauses[11], LAST_RETRY);
        assert_eq!((failure.first_at, failure.attempts), (clock, 12));
    }

    #[test]
    fn a_missing_root_is_looked_for_every_two_seconds_and_no_rights_are_not_retried() {
        let (now, clock) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut failure = None;
        for _ in 0..10 {
            failure =
                Some(Failure::after(failure.as_ref(), Cause::RootMissing, "".into(), now, clock));
        }
        assert_eq!(failure.unwrap().next.unwrap().0 - now, ROOT_CHECK);
        let denied = Failure::after(None, Cause::PermissionDenied, "".into(), now, clock);
        assert_eq!(denied.next, None);
    }
}
