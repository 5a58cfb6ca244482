//! Processor time that a thread may take. On a busy machine the clock on the wall runs on while a
//! thread waits, and a file that parses in a moment would be given up.

use std::time::Duration;

/// Of the thread that made it.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    until: Duration,
}

impl Allowance {
    pub fn of(time: Duration) -> Allowance {
        Allowance { until: taken() + time }
    }

    pub fn is_spent(self) -> bool {
        taken() >= self.until
    }
}

/// What the calling thread has taken so far.
#[cfg(unix)]
fn taken() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    // Not negative, as it counts from the start of the thread.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// The clock on the wall where the thread's own is not at hand.
#[cfg(not(unix))]
fn taken() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn waiting_takes_nothing_and_working_does() {
        let allowance = Allowance::of(Duration::from_millis(200));
        let begun = Instant::now();
        std::thread::sleep(Duration::from_millis(300));
        assert!(!allowance.is_spent());
        while !allowance.is_spent() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it is never spent");
        }
        assert!(Allowance::of(Duration::ZERO).is_spent());
    }
}
