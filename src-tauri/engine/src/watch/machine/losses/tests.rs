//! Which runs may drop files, whatever was heard before.

use std::path::PathBuf;
use std::time::Duration;

use crate::watch::machine::tests::{Bench, MS, runs, whole_tree};
use crate::watch::{Freshness, Input, Order, RescanCause, RunEnd, RunFailure};

fn removal(path: &str) -> Input {
    Input::Changed { paths: vec![path.into()], removed: vec![path.into()] }
}

fn without(paths: &[&str]) -> Order {
    Order { removed: paths.iter().map(PathBuf::from).collect(), ..whole_tree(false) }
}

#[test]
fn a_tree_that_shrank_is_dropped_only_on_the_users_word() {
    let mut bench = Bench::settled();
    bench.input(Input::Rescan(RescanCause::GitMoved));
    assert_eq!(bench.pass(500 * MS), [whole_tree(false)]);
    let failure =
        RunFailure { message: "most files are gone".into(), transient: true, shrunk: true };
    bench.input(Input::RunEnded(RunEnd::Failed(failure)));
    assert!(matches!(bench.freshness(), Freshness::Failing { next_at: None, .. }));
    assert_eq!(bench.pass(Duration::from_secs(599)), []);
    let orders = runs(&bench.input(Input::Retry));
    assert_eq!(orders[0], whole_tree(true));
}

#[test]
fn deletions_that_were_seen_explain_themselves_whatever_came_first() {
    let rescan = Input::Rescan(RescanCause::GitMoved);
    for inputs in [[removal("gone"), rescan.clone()], [rescan, removal("gone")]] {
        let mut bench = Bench::settled();
        inputs.into_iter().for_each(|input| drop(bench.input(input)));
        assert_eq!(bench.pass(Duration::from_secs(1)), [without(&["gone"])]);
        // A run that fails over something else has not used them up.
        bench.fail(true);
        assert_eq!(bench.pass(Duration::from_secs(1)), [without(&["gone"])]);
    }
}

#[test]
fn of_deletions_that_were_partly_lost_those_that_were_seen_speak_for_the_others() {
    for cause in [RescanCause::EventsLost, RescanCause::QueueFull] {
        let mut bench = Bench::settled();
        bench.input(Input::Rescan(cause));
        assert!(!bench.pass(Duration::from_secs(5))[0].expect_loss, "none was seen");
        bench.input(Input::RunEnded(RunEnd::Done));
        bench.input(removal("gone"));
        bench.input(Input::Rescan(cause));
        assert!(bench.pass(Duration::from_secs(5))[0].expect_loss);
    }
    let mut bench = Bench::settled();
    (0..20_001).for_each(|at| drop(bench.input(removal(&format!("{at}.rs")))));
    let orders = bench.pass(Duration::from_secs(1));
    assert!(orders[0].expect_loss && orders[0].removed.len() == 20_000, "more than can be kept");
}

#[test]
fn once_most_files_were_missing_nothing_but_the_users_word_explains_those_that_were_not_seen_to_go()
{
    let failure =
        RunFailure { message: "most files are gone".into(), transient: false, shrunk: true };
    let mut bench = Bench::settled();
    bench.input(Input::Rescan(RescanCause::EventsLost));
    bench.pass(Duration::from_secs(5));
    bench.input(Input::RunEnded(RunEnd::Failed(failure.clone())));
    // An edit lets it be tried again, and is no explanation.
    for input in [
        Input::Rescan(RescanCause::RulesChanged),
        Input::Rescan(RescanCause::QueueFull),
        Input::Rescan(RescanCause::EventsLost),
    ] {
        bench.input(removal("a.rs~"));
        bench.input(input);
        assert_eq!(bench.pass(Duration::from_secs(5)), [without(&["a.rs~"])]);
        bench.input(Input::RunEnded(RunEnd::Failed(failure.clone())));
    }
    let orders = runs(&bench.input(Input::Retry));
    assert!(orders[0].expect_loss);
}

#[test]
fn changed_rules_explain_a_smaller_tree() {
    let mut bench = Bench::settled();
    bench.input(Input::Rescan(RescanCause::RulesChanged));
    assert_eq!(bench.pass(Duration::from_secs(1)), [whole_tree(true)]);
}

#[test]
fn a_root_that_comes_back_has_to_look_as_it_did_whatever_was_deleted_before() {
    let mut bench = Bench::settled();
    bench.input(removal("gone"));
    bench.input(Input::RootGone);
    assert_eq!(runs(&bench.input(Input::RootBack)), [whole_tree(false)]);
}
