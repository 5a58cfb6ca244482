//! What somebody did lately: among equals, files that were edited today or opened often from a
//! search come first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The most that either can add to a score: less than what tells an exact name from another one.
const EDITED: f32 = 0.05;
const OPENED: f32 = 0.05;
/// After so long half of it is left.
const EDITED_HALF: Duration = Duration::from_hours(24);
const OPENED_HALF: Duration = Duration::from_hours(7 * 24);

/// A file that was opened from a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The project's id.
    pub project: String,
    pub path: String,
    /// How often.
    pub times: u64,
    /// Seconds since the last time.
    pub seconds_ago: u64,
}

/// The habits that a search minds.
#[derive(Clone, Debug)]
pub struct Habits {
    /// What opening a file adds, by project and path.
    opened: HashMap<(String, String), f32>,
    now: SystemTime,
}

impl Default for Habits {
    /// Of somebody who has opened nothing yet.
    fn default() -> Habits {
        Habits::new(Vec::new(), UNIX_EPOCH)
    }
}

impl Habits {
    pub fn new(opened: Vec<Opened>, now: SystemTime) -> Habits {
        let gains = |file: Opened| {
            let often = 1.0 - 0.5_f32.powi(i32::try_from(file.times).unwrap_or(i32::MAX));
            let lately = remaining(Duration::from_secs(file.seconds_ago), OPENED_HALF);
            ((file.project, file.path), OPENED * often * lately)
        };
        Habits { opened: opened.into_iter().map(gains).collect(), now }
    }

    /// What is added to the score of a hit in this file; `modified` in nanoseconds since 1970.
    pub fn gain(&self, project: &str, path: &str, modified: Option<i64>) -> f32 {
        let key = (project.to_owned(), path.to_owned());
        let opened = self.opened.get(&key).copied().unwrap_or(0.0);
        let at = modified.and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
        let age = at.and_then(|at| self.now.duration_since(UNIX_EPOCH + nanoseconds(at)).ok());
        opened + age.map_or(0.0, |age| EDITED * remaining(age, EDITED_HALF))
    }
}

fn nanoseconds(count: u64) -> Duration {
    Duration::from_nanos(count)
}

fn remaining(age: Duration, half: Duration) -> f32 {
    0.5_f32.powf(age.as_secs_f32() / half.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn opened(path: &str, times: u64, seconds_ago: u64) -> Opened {
        Opened { project: "p".to_owned(), path: path.to_owned(), times, seconds_ago }
    }

    #[test]
    fn often_and_lately_count_and_neither_more_than_its_share() {
        let files = vec![
            opened("often", 9, DAY),
            opened("once", 1, DAY),
            opened("long ago", 9, 90 * DAY),
            opened("endlessly", u64::MAX, 0),
        ];
        let habits = Habits::new(files, UNIX_EPOCH + Duration::from_secs(100 * DAY));
        let gain = |path| habits.gain("p", path, None);
        assert!(gain("often") > gain("once") && gain("once") > gain("long ago"));
        assert!(gain("endlessly") <= OPENED);
        assert_eq!((gain("never"), habits.gain("other", "often", None)), (0.0, 0.0));
    }

    #[test]
    fn an_edit_counts_less_day_by_day_and_one_in_the_future_not_at_all() {
        let habits = Habits::new(Vec::new(), UNIX_EPOCH + Duration::from_secs(100 * DAY));
        let edited =
            |day: u64| habits.gain("p", "a", i64::try_from(day * DAY * 1_000_000_000).ok());
        assert!(edited(100) > edited(99) && edited(99) > edited(10));
        assert!(edited(100) <= EDITED);
        assert_eq!(edited(101), 0.0);
        assert_eq!(habits.gain("p", "a", Some(-1)), 0.0);
    }
}
