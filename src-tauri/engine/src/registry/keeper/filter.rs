//! What a watcher hears of: what a scan would keep.

use std::path::Path;

use crate::index::{Matcher, Rules};
use crate::watch::Filter;

/// The watcher's filter, by the rules of the scan.
pub(super) struct RuleFilter {
    rules: Rules,
    matcher: Option<Matcher>,
}

impl RuleFilter {
    pub fn new(rules: Rules) -> RuleFilter {
        RuleFilter { rules, matcher: None }
    }
}

impl Filter for RuleFilter {
    fn keeps(&mut self, path: &Path, is_directory: bool) -> bool {
        if self.matcher.is_none() {
            self.matcher = self.rules.matcher().ok();
        }
        self.matcher.as_mut().is_none_or(|matcher| matcher.keeps(path, is_directory))
    }

    fn decides(&self, path: &Path) -> bool {
        Rules::is_rule_file(path)
    }

    fn forget(&mut self) {
        self.matcher = None;
    }
}
