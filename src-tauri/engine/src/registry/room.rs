//! Which open projects are closed when too much is open.

use std::time::Instant;

use jiff::Timestamp;

/// How much may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of open indexes, which lie in memory and in the disk cache.
    pub bytes: u64,
    /// Open projects.
    pub projects: usize,
}

impl Default for Room {
    fn default() -> Self {
        // Each open project has a watcher of its own, and the system gives a user 128 of them.
        Room { bytes: 4_000_000_000, projects: 64 }
    }
}

/// One open project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant<K> {
    pub key: K,
    /// Of its index.
    pub bytes: u64,
    pub last_used: LastUse,
    /// Nobody needs it to be open at this moment.
    pub may_close: bool,
}

/// When a project was last used. That Quarry opened it by itself, at its start say, is no use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastUse {
    /// Since Quarry was started, which is later than …
    pub since_start: Option<Instant>,
    /// … what the catalogue has.
    pub before: Option<Timestamp>,
}

impl Room {
    /// Whether one more project of this size fits without closing another.
    pub fn fits<K>(&self, open: &[Tenant<K>], bytes: u64) -> bool {
        open.len() < self.projects && total(open).saturating_add(bytes) <= self.bytes
    }

    /// Those to close, least recently used first; none while everything fits. Closes down to nine
    /// tenths, so that the next project to be opened does not close another at once.
    pub fn surplus<K: Clone + Ord>(&self, open: &[Tenant<K>]) -> Vec<K> {
        let (mut bytes, mut projects) = (total(open), open.len());
        if bytes <= self.bytes && projects <= self.projects {
            return Vec::new();
        }
        let goal = Room {
            bytes: self.bytes / 10 * 9,
            projects: self.projects.saturating_sub(self.projects / 10),
        };
        let mut idle: Vec<&Tenant<K>> = open.iter().filter(|tenant| tenant.may_close).collect();
        idle.sort_by(|a, b| (a.last_used, &a.key).cmp(&(b.last_used, &b.key)));
        let mut surplus = Vec::new();
        for tenant in idle {
            if bytes <= goal.bytes && projects <= goal.projects {
                break;
            }
            bytes = bytes.saturating_sub(tenant.bytes);
            projects -= 1;
            surplus.push(tenant.key.clone());
        }
        surplus
    }
}

fn total<K>(open: &[Tenant<K>]) -> u64 {
    open.iter().fold(0, |sum, tenant| sum.saturating_add(tenant.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn tenant(key: u32, bytes: u64, used: u64, may_close: bool, start: Instant) -> Tenant<u32> {
        // Before the start or since.
        let last_used = match used.checked_sub(25) {
            Some(since) => {
                let since_start = Some(start + Duration::from_secs(since));
                LastUse { since_start, before: Timestamp::from_second(50 - used as i64).ok() }
            }
            None => LastUse { since_start: None, before: Timestamp::from_second(used as i64).ok() },
        };
        Tenant { key, bytes, last_used, may_close }
    }

    #[test]
    fn the_least_recently_used_go_first_and_down_to_nine_tenths() {
        let start = Instant::now();
        let open: Vec<_> =
            (0..21).map(|at| tenant(at, 10, (at * 8 % 21).into(), true, start)).collect();
        let room = Room { bytes: 10_000, projects: 20 };
        // 8 · 8 and 8 · 16 leave 1 and 2: these were used first.
        assert_eq!(room.surplus(&open), [0, 8, 16]);
        assert_eq!(Room { projects: 21, ..room }.surplus(&open), [0; 0], "it just fits");
        let bytes = Room { bytes: 200, projects: 100 };
        assert_eq!(bytes.surplus(&open), [0, 8, 16], "210 bytes down to 180");
    }

    #[test]
    fn what_does_not_fit_is_not_opened_beside_the_rest() {
        let start = Instant::now();
        let open = [tenant(0, 50, 0, true, start)];
        let room = Room { bytes: 100, projects: 2 };
        assert!(room.fits(&open, 50));
        assert!(!room.fits(&open, 51));
        assert!(!Room { projects: 1, ..room }.fits(&open, 1));
    }

    proptest! {
        #[test]
        fn nothing_needed_is_closed_and_no_more_than_must_be(
            tenants in prop::collection::vec((0u64..100, 0u64..50, any::<bool>()), 0..40),
            bytes in 0u64..2000,
            projects in 0usize..40,
        ) {
            let start = Instant::now();
            let open: Vec<_> = tenants.iter().zip(0..)
                .map(|(&(size, used, may_close), key)| tenant(key, size, used, may_close, start))
                .collect();
            let room = Room { bytes, projects };
            let surplus = room.surplus(&open);
            let of = |key: &u32| &open[*key as usize];
            prop_assert!(surplus.iter().all(|key| of(key).may_close));
            // Every one that stays open was used later than each that is closed.
            for closed in &surplus {
                for kept in open.iter().filter(|t| t.may_close && !surplus.contains(&t.key)) {
                    prop_assert!(of(closed).last_used <= kept.last_used);
                }
            }
            let left: Vec<_> =
                open.iter().filter(|t| !surplus.contains(&t.key)).cloned().collect();
            let fitted = total(&open) <= bytes && open.len() <= projects;
            prop_assert!(!fitted || surplus.is_empty());
            let fits = total(&left) <= bytes && left.len() <= projects;
            prop_assert!(fits || left.iter().all(|tenant| !tenant.may_close));
            prop_assert_eq!(room.surplus(&left), Vec::<u32>::new(), "no second round");
        }
    }
}
