use super::*;

pub(super) const MS: Duration = Duration::from_millis(1);

/// A machine driven by hand, with a clock of its own.
pub(super) struct Bench {
    pub machine: Machine,
    pub now: Instant,
}

impl Bench {
    /// A machine whose first comparison has ended well.
    pub fn settled() -> Bench {
        let mut bench = Bench::new();
        bench.input(Input::Tick);
        bench.input(Input::RunEnded(RunEnd::Done));
        assert_eq!(bench.machine.freshness(bench.now), Freshness::Fresh);
        bench
    }

    pub fn new() -> Bench {
        let now = Instant::now();
        Bench { machine: Machine::new(Tuning::default(), 7, false, now), now }
    }

    pub fn input(&mut self, input: Input) -> Vec<Action> {
        self.machine.step(input, self.now)
    }

    pub fn change(&mut self, path: &str) -> Vec<Action> {
        self.input(Input::Changed { paths: vec![path.into()], removed: Vec::new() })
    }

    /// Lets time pass, ticking when the machine asks for it; returns the runs that started.
    pub fn pass(&mut self, time: Duration) -> Vec<Order> {
        let until = self.now + time;
        let mut orders = Vec::new();
        while let Some(wake) = self.machine.next_wake().filter(|wake| *wake <= until) {
            self.now = self.now.max(wake);
            let started = runs(&self.input(Input::Tick));
            if started.is_empty() && self.machine.next_wake().is_some_and(|next| next <= self.now) {
                panic!("the machine asks to be woken without end");
            }
            orders.extend(started);
        }
        self.now = until;
        orders
    }

    pub fn fail(&mut self, transient: bool) -> Vec<Action> {
        let failure = RunFailure { message: "the disk is full".into(), transient, shrunk: false };
        self.input(Input::RunEnded(RunEnd::Failed(failure)))
    }

    pub fn freshness(&self) -> Freshness {
        self.machine.freshness(self.now)
    }
}

pub(super) fn runs(actions: &[Action]) -> Vec<Order> {
    let started = actions.iter().filter_map(|action| match action {
        Action::StartRun(order) => Some(order.clone()),
        _ => None,
    });
    started.collect()
}

pub(super) fn whole_tree(expect_loss: bool) -> Order {
    Order { changes: Changes::Everything, expect_loss, ..Order::default() }
}

fn paths(order: &Order) -> Vec<&str> {
    match &order.changes {
        Changes::Paths(paths) => paths.iter().filter_map(|path| path.to_str()).collect(),
        other => panic!("not paths: {other:?}"),
    }
}

#[test]
fn a_restored_project_is_compared_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.freshness(), Freshness::Reconciling);
    let orders = bench.pass(Duration::ZERO);
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0], whole_tree(false));
}

#[test]
fn a_save_runs_after_the_quiet_period() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    assert_eq!(bench.freshness(), Freshness::Pending(1));
    assert_eq!(bench.pass(499 * MS), []);
    let orders = bench.pass(MS);
    assert_eq!(paths(&orders[0]), ["a.rs"]);
}

#[test]
fn ten_thousand_events_in_one_window_are_one_run() {
    let mut bench = Bench::settled();
    for at in 0..10_000 {
        assert_eq!(bench.change(&format!("{at}.rs")), []);
    }
    let orders = bench.pass(Duration::from_secs(4));
    assert_eq!(orders.len(), 1);
    assert_eq!(paths(&orders[0]).len(), 10_000);
}

#[test]
fn more_paths_than_can_be_kept_compare_the_whole_tree() {
    let mut bench = Bench::settled();
    for at in 0..20_001 {
        bench.change(&format!("{at}.rs"));
    }
    let orders = bench.pass(Duration::from_secs(1));
    assert_eq!(orders[0], whole_tree(false));
}

#[test]
fn writes_that_never_stop_run_every_five_seconds() {
    let mut bench = Bench::settled();
    let mut started = Vec::new();
    for at in 0..200 {
        bench.change("log.txt");
        for _ in bench.pass(100 * MS) {
            started.push(at);
            bench.input(Input::RunEnded(RunEnd::Done));
        }
    }
    assert!((3..=5).contains(&started.len()), "runs at {started:?} tenths of a second");
}

#[test]
fn a_change_during_a_run_leads_to_exactly_one_further_run() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    assert_eq!(bench.pass(500 * MS).len(), 1);
    for _ in 0..5 {
        bench.change("a.rs");
    }
    assert_eq!(bench.pass(Duration::from_secs(3)), [], "one run at a time");
    let after = runs(&bench.input(Input::RunEnded(RunEnd::Done)));
    assert_eq!(after.len() + bench.pass(Duration::from_secs(3)).len(), 1);
}

#[test]
fn a_failed_run_keeps_its_changes_and_retries_ever_more_slowly() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    let mut pauses = Vec::new();
    for attempt in 1..=10 {
        bench.fail(true);
        match bench.freshness() {
            Freshness::Retrying { attempts, .. } => assert!(attempts == attempt && attempt < 5),
            Freshness::Failing { attempts, .. } => assert!(attempts == attempt && attempt >= 5),
            other => panic!("{other:?}"),
        }
        let before = bench.now;
        let wake = bench.machine.next_wake().unwrap();
        let orders = bench.pass(wake - before);
        assert_eq!(paths(&orders[0]), ["a.rs"]);
        let is_told = matches!(bench.freshness(), Freshness::Failing { .. });
        assert_eq!(is_told, attempt >= 5, "while the next attempt runs");
        pauses.push(wake - before);
    }
    assert!(pauses[0] <= 500 * MS && pauses[0] >= 400 * MS, "{pauses:?}");
    assert!(pauses[3] > pauses[0] * 4, "{pauses:?}");
    assert!(pauses[9] >= Duration::from_secs(200), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(300)), "{pauses:?}");
    bench.input(Input::RunEnded(RunEnd::Done));
    assert_eq!(bench.freshness(), Freshness::Fresh);
}

#[test]
fn an_edit_ends_the_pause_of_a_failing_project() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    for _ in 0..10 {
        bench.fail(true);
        let wake = bench.machine.next_wake().unwrap();
        bench.pass(wake - bench.now);
    }
    bench.fail(true);
    bench.change("b.rs");
    let orders = bench.pass(500 * MS);
    assert_eq!(paths(&orders[0]), ["a.rs", "b.rs"]);
}

#[test]
fn a_failure_that_time_does_not_cure_waits_for_an_edit_or_the_user() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    bench.fail(false);
    assert!(matches!(bench.freshness(), Freshness::Failing { next_at: None, .. }));
    assert_eq!(bench.pass(Duration::from_secs(500)), []);
    let orders = runs(&bench.input(Input::Retry));
    assert_eq!(orders[0], whole_tree(true));
}

#[test]
fn a_run_without_a_pulse_is_cancelled_then_stuck_and_its_late_end_is_taken() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    bench.now += Duration::from_secs(20);
    assert_eq!(bench.input(Input::Pulse(1)), [], "it moves: work may take as long as it takes");
    bench.now += Duration::from_secs(29);
    assert_eq!(bench.input(Input::Pulse(1)), []);
    bench.now += Duration::from_secs(1);
    assert_eq!(bench.input(Input::Tick), [Action::CancelRun]);
    bench.now += Duration::from_secs(5);
    bench.change("b.rs");
    assert_eq!(bench.freshness(), Freshness::Stuck);
    assert_eq!(bench.pass(Duration::from_secs(60)), [], "never a second run beside it");
    let orders = runs(&bench.input(Input::RunEnded(RunEnd::Done)));
    assert_eq!(paths(&orders[0]), ["b.rs"], "the late result counts");
}

#[test]
fn lost_events_compare_the_whole_tree_at_once() {
    for cause in [RescanCause::EventsLost, RescanCause::QueueFull, RescanCause::WatchError] {
        let mut bench = Bench::settled();
        bench.pass(Duration::from_secs(5));
        assert_eq!(runs(&bench.input(Input::Rescan(cause))), [whole_tree(false)]);
        assert_eq!(bench.freshness(), Freshness::Reconciling);
    }
}

#[test]
fn watches_are_placed_anew_by_the_comparison_that_follows_events_lost_by_the_system() {
    let run = Action::StartRun(whole_tree(false));
    let mut bench = Bench::settled();
    bench.pass(Duration::from_secs(5));
    let actions = bench.input(Input::Rescan(RescanCause::EventsLost));
    assert_eq!(actions, [Action::StartWatching, run.clone()]);
    // What is lost while a run places them is in doubt again, and once.
    assert_eq!(bench.input(Input::Rescan(RescanCause::EventsLost)), []);
    bench.input(Input::RunEnded(RunEnd::Done));
    bench.now += Duration::from_secs(5);
    assert_eq!(bench.input(Input::Tick), [Action::StartWatching, run.clone()]);
    bench.input(Input::RunEnded(RunEnd::Done));
    bench.now += Duration::from_secs(5);
    let actions = bench.input(Input::Rescan(RescanCause::QueueFull));
    assert_eq!(actions, std::slice::from_ref(&run), "the listener heard all");
    bench.input(Input::RunEnded(RunEnd::Done));
    // Where changes are looked for there is no watch.
    bench.now += Duration::from_secs(5);
    bench.input(Input::Hearing(false));
    assert_eq!(bench.input(Input::Rescan(RescanCause::EventsLost)), [run]);
}

#[test]
fn events_lost_without_end_are_said_at_once_and_compared_every_five_seconds() {
    let mut bench = Bench::settled();
    let mut started = 0;
    for _ in 0..200 {
        let mut orders = runs(&bench.input(Input::Rescan(RescanCause::EventsLost)));
        orders.extend(bench.pass(100 * MS));
        assert_eq!(bench.freshness(), Freshness::Reconciling);
        for _ in orders {
            started += 1;
            bench.input(Input::RunEnded(RunEnd::Done));
        }
    }
    assert!((3..=5).contains(&started), "{started} comparisons in 20 seconds");
}

#[test]
fn a_checkout_is_one_comparison_after_git_is_quiet() {
    let mut bench = Bench::settled();
    for _ in 0..5 {
        bench.input(Input::Rescan(RescanCause::GitMoved));
    }
    assert_eq!(bench.pass(499 * MS), []);
    assert_eq!(bench.pass(Duration::from_secs(5)).len(), 1);
}

#[test]
fn a_project_that_cannot_be_watched_is_polled() {
    let mut bench = Bench::settled();
    bench.input(Input::Hearing(false));
    assert_eq!(bench.pass(Duration::from_secs(119)), []);
    assert_eq!(bench.pass(Duration::from_secs(1)).len(), 1);
}

#[test]
fn the_regular_comparison_does_not_follow_another_one_at_once() {
    let mut bench = Bench::settled();
    bench.input(Input::Hearing(false));
    bench.pass(Duration::from_secs(119) + 700 * MS);
    assert_eq!(runs(&bench.input(Input::Retry)).len(), 1);
    bench.input(Input::RunEnded(RunEnd::Cancelled));
    assert_eq!(bench.pass(400 * MS), [], "what was cancelled waits for quiet");
    assert_eq!(bench.pass(100 * MS).len(), 1);
}

#[test]
fn a_vanished_root_stops_everything_until_it_is_back() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    assert_eq!(bench.input(Input::RootGone), [Action::CancelRun, Action::StopWatching]);
    bench.input(Input::RunEnded(RunEnd::Cancelled));
    assert_eq!(bench.freshness(), Freshness::RootMissing);
    assert_eq!(bench.pass(Duration::from_secs(10_000)), []);
    let actions = bench.input(Input::RootBack);
    assert_eq!(actions[0], Action::StartWatching);
    assert_eq!(runs(&actions), [whole_tree(false)]);
}

#[test]
fn a_run_that_finds_the_root_missing_stops_the_watching() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    let actions = bench.input(Input::RunEnded(RunEnd::RootMissing));
    assert_eq!(actions, [Action::StopWatching]);
    assert_eq!(bench.freshness(), Freshness::RootMissing);
    assert_eq!(runs(&bench.input(Input::RootBack)), [whole_tree(false)]);
}

#[test]
fn a_pause_that_is_taken_back_before_its_run_has_ended_is_no_failure() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    assert_eq!(bench.input(Input::Pause), [Action::CancelRun, Action::StopWatching]);
    assert_eq!(bench.input(Input::Resume), [Action::StartWatching]);
    let orders = runs(&bench.input(Input::RunEnded(RunEnd::Cancelled)));
    assert_eq!(orders, [whole_tree(false)]);
    assert_eq!(bench.freshness(), Freshness::Reconciling);
}

#[test]
fn the_users_retry_tries_to_watch_again_what_is_polled() {
    let mut bench = Bench::settled();
    bench.input(Input::Hearing(false));
    let actions = bench.input(Input::Retry);
    assert_eq!(actions[0], Action::StartWatching);
    assert_eq!(runs(&actions), [whole_tree(true)]);
}

#[test]
fn a_paused_project_does_nothing_and_catches_up_when_resumed() {
    let mut bench = Bench::settled();
    assert_eq!(bench.input(Input::Pause), [Action::StopWatching]);
    bench.change("a.rs");
    assert_eq!(bench.pass(Duration::from_secs(3600)), []);
    assert_eq!(bench.freshness(), Freshness::Pending(1));
    bench.input(Input::Rescan(RescanCause::EventsLost));
    assert_eq!(bench.freshness(), Freshness::Pending(0), "not being compared");
    let actions = bench.input(Input::Resume);
    assert_eq!(actions[0], Action::StartWatching);
    assert_eq!(runs(&actions), [whole_tree(false)]);
}

#[test]
fn reindexing_reads_every_file_and_survives_a_failure() {
    let mut bench = Bench::settled();
    assert!(runs(&bench.input(Input::Reindex))[0].force);
    bench.fail(true);
    assert!(bench.pass(Duration::from_secs(1))[0].force);
}

#[test]
fn an_idle_project_does_nothing_but_the_regular_comparison() {
    let mut bench = Bench::settled();
    assert_eq!(bench.pass(Duration::from_secs(590)), []);
    assert_eq!(bench.pass(Duration::from_secs(20)).len(), 1);
}

fn layers() -> Order {
    Order::default()
}

#[test]
fn missing_layers_are_added_once_nothing_else_is_pending() {
    let mut bench = Bench::settled();
    bench.change("/p/a");
    assert!(runs(&bench.input(Input::LayersMissing(true))).is_empty());
    let first = bench.pass(600 * MS);
    assert_eq!(paths(&first[0]), ["/p/a"]);
    let then = runs(&bench.input(Input::RunEnded(RunEnd::Done)));
    assert_eq!(then, [layers()]);
    assert_eq!(bench.freshness(), Freshness::Fresh, "what is there is current");
}

#[test]
fn a_change_stops_the_adding_of_layers_which_goes_on_afterwards() {
    let mut bench = Bench::settled();
    assert_eq!(runs(&bench.input(Input::LayersMissing(true))), [layers()]);
    assert!(bench.change("/p/a").is_empty(), "it waits for quiet");
    bench.now += 600 * MS;
    assert_eq!(bench.input(Input::Tick), [Action::CancelRun]);
    let edit = runs(&bench.input(Input::RunEnded(RunEnd::Cancelled)));
    assert_eq!(paths(&edit[0]), ["/p/a"]);
    assert_eq!(runs(&bench.input(Input::RunEnded(RunEnd::Done))), [layers()]);
    assert_eq!(bench.freshness(), Freshness::Fresh, "being stopped for a change is no failure");
}

#[test]
fn layers_that_cannot_be_added_are_tried_again_after_a_pause() {
    let mut bench = Bench::settled();
    bench.input(Input::LayersMissing(true));
    bench.fail(true);
    assert!(matches!(bench.freshness(), Freshness::Retrying { attempts: 1, .. }));
    assert_eq!(bench.pass(600 * MS), [layers()]);
    bench.input(Input::RunEnded(RunEnd::Done));
    assert_eq!((bench.freshness(), bench.pass(10_000 * MS)), (Freshness::Fresh, vec![]));
}

#[test]
fn other_files_to_keep_end_the_present_run_and_place_the_watches_anew() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    let actions = bench.input(Input::CoverageChanged);
    assert_eq!(actions, [Action::CancelRun, Action::StartWatching]);
    let actions = bench.input(Input::RunEnded(RunEnd::Cancelled));
    assert_eq!(actions, [Action::StartRun(whole_tree(false))]);
    bench.input(Input::RunEnded(RunEnd::Done));
    assert_eq!(bench.freshness(), Freshness::Fresh);
}

#[test]
fn other_files_to_keep_are_another_attempt_of_a_project_that_failed_for_good() {
    let mut bench = Bench::settled();
    bench.change("a.rs");
    bench.pass(500 * MS);
    bench.fail(false);
    let actions = bench.input(Input::CoverageChanged);
    assert_eq!(actions, [Action::StartWatching, Action::StartRun(whole_tree(false))]);
}

#[test]
fn other_files_to_keep_wait_while_the_project_is_paused() {
    let mut bench = Bench::settled();
    bench.input(Input::Pause);
    assert_eq!(bench.input(Input::CoverageChanged), []);
    let actions = bench.input(Input::Resume);
    assert_eq!(actions, [Action::StartWatching, Action::StartRun(whole_tree(false))]);
}
