//! How many files the program may have open at a time.

/// What dozens of open projects need with a margin; far below what systems allow at most.
#[cfg(unix)]
const WANTED: u64 = 16_384;

/// Raises the soft limit, which is 1,024 or even 256 for many sessions, as far as the hard one
/// lets it.
pub fn allow_many() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let wanted = maximum.map_or(WANTED, |most| most.min(WANTED));
        if current.is_some_and(|now| now < wanted)
            && let Err(error) =
                setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        {
            tracing::warn!(%error, "the limit of open files was not raised");
        }
    }
}
