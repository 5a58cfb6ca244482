//! Why a project could not be opened, and what has to happen before that is tried again.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::index::IndexError;
use crate::status::ProjectError;

/// The pause after the first failed restore; it doubles with each further one …
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// … up to this.
const LAST_RETRY: Duration = Duration::from_secs(300);

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
    /// A run made no progress.
    TimedOut,
    /// Most of the files are gone, and nobody saw them go.
    Shrunk,
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
            IndexError::Shrunk { .. } => Cause::Shrunk,
            IndexError::Cancelled => Cause::TimedOut,
            IndexError::Panicked { .. } => Cause::Panicked,
            IndexError::Io { source, .. } => Cause::of_io(source),
        }
    }

    /// The cause of an error of the file system anywhere but at a project's root.
    fn of_io(error: &io::Error) -> Cause {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::PermissionDenied => Cause::PermissionDenied,
            Kind::StorageFull | Kind::QuotaExceeded => Cause::DiskFull,
            Kind::OutOfMemory => Cause::OutOfMemory,
            Kind::StaleNetworkFileHandle
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::NotConnected
            | Kind::TimedOut => Cause::VolumeUnavailable,
            _ => Cause::Io,
        }
    }

    fn of_root(error: &io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Cause::RootMissing,
            _ => Cause::of_io(error),
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
            Cause::TimedOut => "TimedOut",
            Cause::Shrunk => "Shrunk",
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
            | Cause::TimedOut
            | Cause::Io => true,
            Cause::PermissionDenied | Cause::SchemaTooNew | Cause::Corrupt | Cause::Shrunk => false,
        }
    }
}

/// One attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub cause: Cause,
    /// A sentence for people.
    pub message: String,
    /// It lies with the project's folder, which tells by itself when it is well again.
    pub at_root: bool,
}

impl From<IndexError> for Fault {
    fn from(error: IndexError) -> Fault {
        Fault { cause: Cause::of(&error), message: sentence(&error), at_root: false }
    }
}

/// What has to happen before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This moment has to come: on the machine's clock, and for people.
    At(Instant, Timestamp),
    /// The root has to be there and readable again.
    RootBack,
    /// The user has to ask for it.
    Asked,
}

/// A restore that failed, with its history.
#[derive(Clone, Debug)]
pub struct Failure {
    pub cause: Cause,
    /// A sentence for people.
    pub message: String,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub attempts: u32,
    pub next: Next,
}

impl Failure {
    /// The failure after `previous` ones in a row; `clock` is the time of day at the moment `now`.
    pub fn after(
        previous: Option<&Failure>,
        fault: Fault,
        now: Instant,
        clock: Timestamp,
    ) -> Failure {
        let Fault { cause, message, at_root } = fault;
        let attempts = previous.map_or(0, |failure| failure.attempts) + 1;
        let next = if at_root {
            Next::RootBack
        } else if cause.is_transient() {
            let pause = pause_after(attempts, clock);
            let pause_shown = SignedDuration::try_from(pause).ok();
            let at = pause_shown.and_then(|pause| clock.checked_add(pause).ok());
            Next::At(now + pause, at.unwrap_or(clock))
        } else {
            Next::Asked
        };
        let first_at = previous.map_or(clock, |failure| failure.first_at);
        Failure { cause, message, first_at, last_at: clock, attempts, next }
    }

    /// Whether the next attempt may be made by itself.
    pub fn is_due(&self, now: Instant) -> bool {
        matches!(self.next, Next::At(at, _) if at <= now)
    }

    pub fn report(&self) -> ProjectError {
        let next_retry = match self.next {
            Next::At(_, at) => Some(at),
            Next::RootBack | Next::Asked => None,
        };
        ProjectError {
            cause: self.cause.word().to_owned(),
            message: self.message.clone(),
            first_at: self.first_at,
            attempts: self.attempts,
            next_retry,
        }
    }
}

/// Doubling, less a fraction that differs from project to project: retries of one dead disk do not
/// come in step.
fn pause_after(attempts: u32, clock: Timestamp) -> Duration {
    let pause = FIRST_RETRY.saturating_mul(1 << (attempts - 1).min(20)).min(LAST_RETRY);
    let spread = f64::from(clock.subsec_nanosecond().unsigned_abs() % 1000) / 5000.0;
    pause - pause.mul_f64(spread)
}

/// What people are told of a root that is not there.
pub fn missing_words(root: &Path) -> String {
    let shown = root.display();
    format!(
        "The folder {shown} is not there. What was indexed stays searchable; Quarry goes on when it \
         is back."
    )
}

/// What people are told of a root whose disk holds whoever asks for it.
pub fn unanswered_words(root: &Path) -> String {
    let shown = root.display();
    format!("The disk of {shown} does not answer. Quarry goes on when it does.")
}

/// A root that is not there.
pub fn missing(root: &Path) -> Fault {
    Fault { cause: Cause::RootMissing, message: missing_words(root), at_root: true }
}

/// A root whose disk holds whoever asks for it.
pub fn unanswered(root: &Path) -> Fault {
    let (cause, message) = (Cause::VolumeUnavailable, unanswered_words(root));
    Fault { cause, message, at_root: true }
}

/// Whether the root can be listed.
///
/// # Errors
/// What is wrong with it; it is well again when this returns `Ok`.
pub fn check_root(root: &Path) -> Result<(), Fault> {
    std::fs::read_dir(root).map(|_| ()).map_err(|error| root_fault(root, &error))
}

fn root_fault(root: &Path, error: &io::Error) -> Fault {
    let shown = root.display();
    let cause = Cause::of_root(error);
    let message = match cause {
        Cause::RootMissing => return missing(root),
        Cause::PermissionDenied => {
            format!("The folder {shown} may not be read. Quarry goes on when its rights allow it.")
        }
        Cause::VolumeUnavailable => {
            format!("The disk of {shown} does not answer ({error}). Quarry goes on when it does.")
        }
        _ => format!("The folder {shown} cannot be read: {error}."),
    };
    // Anything else may lie with the moment: tried again with pauses, not at every look.
    let at_root =
        matches!(cause, Cause::RootMissing | Cause::PermissionDenied | Cause::VolumeUnavailable);
    Fault { cause, message, at_root }
}

/// What a failed restore or run tells people.
pub fn sentence(error: &IndexError) -> String {
    let remedy = match Cause::of(error) {
        Cause::SchemaTooNew => "Update Quarry, or remove the project and add it again.",
        Cause::PermissionDenied => "Change its rights, then Retry.",
        Cause::DiskFull => "Free some space; Quarry tries again by itself.",
        Cause::Corrupt => "It is being made anew.",
        Cause::Shrunk => "Retry drops the ones that are gone.",
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

    fn fault(cause: Cause) -> Fault {
        Fault { cause, message: "no".into(), at_root: false }
    }

    fn pause(failure: &Failure, now: Instant) -> Duration {
        match failure.next {
            Next::At(at, _) => at - now,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retries_of_a_transient_failure_come_ever_later_and_keep_its_beginning() {
        let (now, clock) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut failure = Failure::after(None, fault(Cause::Io), now, clock);
        let mut pauses = vec![pause(&failure, now)];
        for second in 1..12 {
            let later = Timestamp::from_second(second).unwrap();
            failure = Failure::after(Some(&failure), fault(Cause::Io), now, later);
            pauses.push(pause(&failure, now));
        }
        assert_eq!(pauses[..3], [2, 4, 8].map(Duration::from_secs));
        assert_eq!(pauses[11], LAST_RETRY);
        assert_eq!((failure.first_at, failure.attempts), (clock, 12));
        assert_eq!(failure.last_at, Timestamp::from_second(11).unwrap());
    }

    #[test]
    fn retries_of_several_projects_do_not_come_in_step() {
        let now = Instant::now();
        let pauses: std::collections::BTreeSet<Duration> = (0..100)
            .map(|at| {
                let clock = Timestamp::new(0, at * 7_654_321).unwrap();
                let failure = Failure::after(None, fault(Cause::Io), now, clock);
                pause(&failure, now)
            })
            .collect();
        assert!(pauses.len() > 50, "{pauses:?}");
        let range = FIRST_RETRY.mul_f64(0.8)..=FIRST_RETRY;
        assert!(pauses.iter().all(|pause| range.contains(pause)), "{pauses:?}");
    }

    #[test]
    fn every_error_of_the_index_has_its_cause_and_its_way_on() {
        let path = || "/index".into();
        let io = |kind: io::ErrorKind| IndexError::from_io("/index", kind.into());
        let too_new = IndexError::TooNew { path: path(), found: 9, supported: 1 };
        let corrupt = IndexError::Corrupt { path: path(), detail: "x".into() };
        let cases = [
            (IndexError::Locked { path: path() }, Cause::Locked, true),
            (too_new, Cause::SchemaTooNew, false),
            (corrupt, Cause::Corrupt, false),
            (io(io::ErrorKind::PermissionDenied), Cause::PermissionDenied, false),
            (io(io::ErrorKind::StorageFull), Cause::DiskFull, true),
            (io(io::ErrorKind::QuotaExceeded), Cause::DiskFull, true),
            (io(io::ErrorKind::OutOfMemory), Cause::OutOfMemory, true),
            (io(io::ErrorKind::StaleNetworkFileHandle), Cause::VolumeUnavailable, true),
            (io(io::ErrorKind::HostUnreachable), Cause::VolumeUnavailable, true),
            (io(io::ErrorKind::NotConnected), Cause::VolumeUnavailable, true),
            (io(io::ErrorKind::TimedOut), Cause::VolumeUnavailable, true),
            (io(io::ErrorKind::NotFound), Cause::Io, true),
            (io(io::ErrorKind::Other), Cause::Io, true),
        ];
        for (error, cause, retried) in cases {
            let fault = Fault::from(error);
            assert_eq!(fault.cause, cause, "{fault:?}");
            let failure = Failure::after(None, fault, Instant::now(), Timestamp::UNIX_EPOCH);
            assert_eq!(matches!(failure.next, Next::At(..)), retried, "{failure:?}");
            assert_eq!(failure.report().next_retry.is_some(), retried);
        }
    }

    #[test]
    fn trouble_with_the_root_waits_for_the_root() {
        let cases = [
            (io::ErrorKind::NotFound, Cause::RootMissing),
            (io::ErrorKind::NotADirectory, Cause::RootMissing),
            (io::ErrorKind::PermissionDenied, Cause::PermissionDenied),
            (io::ErrorKind::StaleNetworkFileHandle, Cause::VolumeUnavailable),
            (io::ErrorKind::HostUnreachable, Cause::VolumeUnavailable),
        ];
        for (kind, cause) in cases {
            let fault = root_fault(Path::new("/root"), &kind.into());
            assert_eq!(fault.cause, cause);
            let failure = Failure::after(None, fault, Instant::now(), Timestamp::UNIX_EPOCH);
            assert_eq!(failure.next, Next::RootBack, "{kind:?}");
        }
        let odd = root_fault(Path::new("/root"), &io::ErrorKind::Other.into());
        assert!(!odd.at_root, "looked for every few seconds it would never rest");
    }
}
