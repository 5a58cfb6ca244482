use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// A machine driven by hand, with a clock of its own.
struct Bench {
    machine: Machine,
    now: Instant,
}

impl Bench {
    /// A machine whose first comparison has ended well.
    fn settled() -> Bench {
        let mut bench = Bench::new();
        bench.input(Input::Tick);
        bench.input(Input::RunEnded(RunEnd::Done));
        assert_eq!(bench.machine.freshness(bench.now), Freshness::Fresh);
        bench
    }

    fn new() -> Bench {
        let now = Instant::now();
        Bench { machine: Machine::new(Tuning::default(), 7, false, now), now }
    }

    fn input(&mut self, input: Input) -> Vec<Action> {
        self.machine.step(input, self.now)
    }

    fn change(&mut self, path: &str) -> Vec<Action> {
        self.input(Input::Changed { paths: vec![path.into()], removed: false })
    }

    /// Lets time pass, ticking when the machine asks for it; returns the runs that started.
    fn pass(&mut self, time: Duration) -> Vec<Order> {
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

    fn fail(&mut self, transient: bool) -> Vec<Action> {
        let failure = RunFailure { message: "the disk is full".into(), transient, shrunk: false };
        self.input(Input::RunEnded(RunEnd::Failed(failure)))
    }

    fn freshness(&self) -> Freshness {
        self.machine.freshness(self.now)
    }
}

fn runs(actions: &[Action]) -> Vec<Order> {
    let started = actions.iter().filter_map(|action| match action {
        Action::StartRun(order) => Some(order.clone()),
        _ => None,
    });
    started.collect()
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
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: false });
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
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: true });
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
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: true });
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
fn lost_events_compare_the_whole_tree_within_a_second() {
    let mut bench = Bench::settled();
    let orders = runs(&bench.input(Input::Rescan(RescanCause::EventsLost)));
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: false });
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
    assert_eq!(runs(&actions)[0].changes, Changes::Everything { expect_loss: false });
}

#[test]
fn a_tree_that_shrank_is_dropped_only_on_the_users_word() {
    let mut bench = Bench::settled();
    bench.input(Input::Rescan(RescanCause::EventsLost));
    let failure =
        RunFailure { message: "most files are gone".into(), transient: true, shrunk: true };
    bench.input(Input::RunEnded(RunEnd::Failed(failure)));
    assert!(matches!(bench.freshness(), Freshness::Failing { next_at: None, .. }));
    assert_eq!(bench.pass(Duration::from_secs(599)), []);
    let orders = runs(&bench.input(Input::Retry));
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: true });
}

#[test]
fn deletions_that_were_seen_explain_a_smaller_tree() {
    let mut bench = Bench::settled();
    bench.input(Input::Changed { paths: vec!["gone".into()], removed: true });
    let orders = runs(&bench.input(Input::Rescan(RescanCause::EventsLost)));
    assert_eq!(orders[0].changes, Changes::Everything { expect_loss: true });
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
    assert!(matches!(runs(&actions)[0].changes, Changes::Everything { .. }));
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

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Input(Input),
    /// Ends the run, if there is one.
    End(RunEnd),
}

fn any_step() -> impl Strategy<Value = Step> {
    let failure =
        |transient, shrunk| RunEnd::Failed(RunFailure { message: "no".into(), transient, shrunk });
    prop_oneof![
        4 => (0..20_000_u64).prop_map(Step::Pass),
        4 => (0..5_u8, any::<bool>()).prop_map(|(path, removed)| Step::Input(Input::Changed {
            paths: vec![PathBuf::from(path.to_string())],
            removed,
        })),
        1 => Just(Step::Input(Input::Rescan(RescanCause::EventsLost))),
        1 => Just(Step::Input(Input::Rescan(RescanCause::GitMoved))),
        1 => (0..3_u64).prop_map(|pulse| Step::Input(Input::Pulse(pulse))),
        1 => Just(Step::Input(Input::RootGone)),
        1 => Just(Step::Input(Input::RootBack)),
        1 => Just(Step::Input(Input::Pause)),
        1 => Just(Step::Input(Input::Resume)),
        1 => Just(Step::Input(Input::Retry)),
        1 => Just(Step::Input(Input::Reindex)),
        1 => any::<bool>().prop_map(|hears| Step::Input(Input::Hearing(hears))),
        6 => prop_oneof![
            Just(RunEnd::Done),
            Just(RunEnd::Cancelled),
            Just(failure(true, false)),
            Just(failure(false, false)),
            Just(failure(true, true)),
        ].prop_map(Step::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_change_is_lost_and_no_two_runs_overlap(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut bench = Bench::new();
        let mut running: Option<Order> = None;
        // What has changed and is not covered by a run that succeeded.
        let mut owed = Changes::Everything { expect_loss: false };
        for step in steps {
            let actions = match step {
                Step::Pass(ms) => {
                    bench.now += ms as u32 * MS;
                    bench.input(Input::Tick)
                }
                Step::Input(input) => {
                    match &input {
                        Input::Changed { paths, .. } => owed.join(
                            Changes::Paths(paths.iter().cloned().collect()), 20_000),
                        Input::Rescan(_) => owed = Changes::Everything { expect_loss: false },
                        _ => {}
                    }
                    bench.input(input)
                }
                Step::End(end) => {
                    let Some(order) = running.take() else { continue };
                    if end != RunEnd::Done {
                        owed.join(order.changes, 20_000);
                    }
                    bench.input(Input::RunEnded(end))
                }
            };
            for order in runs(&actions) {
                prop_assert!(running.is_none(), "two runs at once");
                prop_assert!(covers(&order.changes, &owed), "{order:?} leaves out of {owed:?}");
                owed = Changes::Nothing;
                running = Some(order);
            }
        }
        // Left alone, with every run succeeding, all that is owed gets its run, or the failure
        // that holds it back is shown.
        let mut started = runs(&bench.input(Input::RootBack));
        started.extend(runs(&bench.input(Input::Resume)));
        for _ in 0..5 {
            if running.take().is_some() {
                started.extend(runs(&bench.input(Input::RunEnded(RunEnd::Done))));
            }
            if started.is_empty() {
                started = bench.pass(Duration::from_secs(700));
            }
            for order in started.drain(..) {
                prop_assert!(covers(&order.changes, &owed), "{order:?} leaves out of {owed:?}");
                owed = Changes::Nothing;
                running = Some(order);
            }
        }
        prop_assert_eq!(owed, Changes::Nothing);
    }
}

fn covers(order: &Changes, owed: &Changes) -> bool {
    match (order, owed) {
        (Changes::Everything { .. }, _) | (_, Changes::Nothing) => true,
        (Changes::Paths(order), Changes::Paths(owed)) => owed.is_subset(order),
        _ => false,
    }
}
