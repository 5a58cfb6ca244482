//! What holds after any sequence of inputs.

use proptest::prelude::*;

use super::tests::{Bench, MS, runs};
use super::*;

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
    let cause = prop_oneof![
        Just(RescanCause::EventsLost),
        Just(RescanCause::QueueFull),
        Just(RescanCause::WatchError),
        Just(RescanCause::RulesChanged),
        Just(RescanCause::GitMoved),
    ];
    prop_oneof![
        4 => (0..20_000_u64).prop_map(Step::Pass),
        4 => (0..5_u8, any::<bool>()).prop_map(|(path, removed)| Step::Input(Input::Changed {
            paths: vec![PathBuf::from(path.to_string())],
            removed: removed.then(|| path.to_string().into()).into_iter().collect(),
        })),
        2 => cause.prop_map(|cause| Step::Input(Input::Rescan(cause))),
        1 => (0..3_u64).prop_map(|pulse| Step::Input(Input::Pulse(pulse))),
        1 => Just(Step::Input(Input::RootGone)),
        1 => Just(Step::Input(Input::RootBack)),
        1 => Just(Step::Input(Input::Pause)),
        1 => Just(Step::Input(Input::Resume)),
        1 => Just(Step::Input(Input::Retry)),
        1 => Just(Step::Input(Input::Reindex)),
        1 => Just(Step::Input(Input::CoverageChanged)),
        1 => any::<bool>().prop_map(|hears| Step::Input(Input::Hearing(hears))),
        6 => prop_oneof![
            Just(RunEnd::Done),
            Just(RunEnd::Cancelled),
            Just(RunEnd::RootMissing),
            Just(failure(true, false)),
            Just(failure(false, false)),
            Just(failure(true, true)),
        ].prop_map(Step::End),
    ]
}

/// Plays the steps and checks each one against what a reader of the rules would expect.
struct Referee {
    bench: Bench,
    running: Option<Order>,
    /// What has changed and is not covered by a run that succeeded or is under way.
    owed: Changes,
    /// Every file has to be read anew by the next run.
    forced: bool,
    last_start: Option<Instant>,
}

impl Referee {
    fn new() -> Referee {
        let owed = Changes::Everything;
        Referee { bench: Bench::new(), running: None, owed, forced: false, last_start: None }
    }

    fn play(&mut self, step: Step) -> Result<(), TestCaseError> {
        let mut at_once = false;
        let actions = match step {
            Step::Pass(ms) => {
                self.bench.now += ms as u32 * MS;
                self.bench.input(Input::Tick)
            }
            Step::Input(input) => {
                let owed = match &input {
                    Input::Changed { paths, .. } => Changes::Paths(paths.iter().cloned().collect()),
                    Input::Rescan(_) | Input::Retry | Input::Reindex | Input::CoverageChanged => {
                        Changes::Everything
                    }
                    _ => Changes::Nothing,
                };
                self.owed.join(owed, 20_000);
                self.forced |= input == Input::Reindex;
                at_once = matches!(
                    input,
                    Input::Retry
                        | Input::Reindex
                        | Input::CoverageChanged
                        | Input::Resume
                        | Input::RootBack
                );
                self.bench.input(input)
            }
            Step::End(end) => {
                let Some(order) = self.running.take() else { return Ok(()) };
                if end != RunEnd::Done {
                    self.owed.join(order.changes, 20_000);
                    self.forced |= order.force;
                }
                // What a person asked for during the run follows at once.
                at_once = true;
                self.bench.input(Input::RunEnded(end))
            }
        };
        for order in runs(&actions) {
            self.start(order, at_once)?;
        }
        self.nothing_is_hidden()
    }

    fn start(&mut self, order: Order, at_once: bool) -> Result<(), TestCaseError> {
        prop_assert!(self.running.is_none(), "two runs at once");
        prop_assert!(covers(&order.changes, &self.owed), "{order:?} leaves out {:?}", self.owed);
        prop_assert!(order.force || !self.forced, "the wish to read every file was lost");
        let apart = self.last_start.map(|last| self.bench.now - last);
        let least = Tuning::default().first_retry.mul_f64(0.8);
        prop_assert!(
            at_once || apart.is_none_or(|apart| apart >= least),
            "a run {apart:?} after the last one began"
        );
        self.last_start = Some(self.bench.now);
        (self.owed, self.forced) = (Changes::Nothing, false);
        self.running = Some(order);
        Ok(())
    }

    /// What is owed shows, and either time alone leads to its run or it says what it waits for.
    fn nothing_is_hidden(&self) -> Result<(), TestCaseError> {
        if self.running.is_some() || self.owed.is_nothing() {
            return Ok(());
        }
        let shown = self.bench.freshness();
        prop_assert!(shown != Freshness::Fresh, "fresh, and {:?} is owed", self.owed);
        let waits_for_somebody = shown == Freshness::RootMissing || self.bench.machine.is_paused();
        prop_assert!(
            waits_for_somebody || self.bench.machine.next_wake().is_some(),
            "{shown:?} and nothing will happen"
        );
        Ok(())
    }

    /// Ends the present run, lets time pass, and takes the runs that start meanwhile.
    fn go_on(&mut self, end: &RunEnd, time: Duration) -> Result<u32, TestCaseError> {
        let until = self.bench.now + time;
        let mut started = 0;
        while self.bench.now < until {
            if self.running.is_some() {
                self.play(Step::End(end.clone()))?;
            } else {
                let wake = self.bench.machine.next_wake().unwrap_or(until).min(until);
                self.bench.now = self.bench.now.max(wake);
                self.play(Step::Pass(0))?;
            }
            started += u32::from(self.running.is_some());
        }
        Ok(started)
    }
}

fn covers(order: &Changes, owed: &Changes) -> bool {
    match (order, owed) {
        (Changes::Everything, _) | (_, Changes::Nothing) => true,
        (Changes::Paths(order), Changes::Paths(owed)) => owed.is_subset(order),
        _ => false,
    }
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any_step(), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_change_is_lost_or_hidden_and_no_two_runs_overlap(steps in any_steps()) {
        let mut referee = Referee::new();
        for step in steps {
            referee.play(step)?;
        }
        // Left alone, with its root there and every run succeeding, all that is owed gets its run.
        referee.play(Step::Input(Input::RootBack))?;
        referee.play(Step::Input(Input::Resume))?;
        referee.go_on(&RunEnd::Done, Duration::from_secs(700))?;
        prop_assert_eq!(&referee.owed, &Changes::Nothing);
        prop_assert_eq!(referee.bench.freshness(), Freshness::Fresh);
    }

    #[test]
    fn attempts_that_keep_failing_become_few(steps in any_steps(), transient: bool) {
        let mut referee = Referee::new();
        for step in steps {
            referee.play(step)?;
        }
        let failure = RunFailure { message: "no".into(), transient, shrunk: false };
        let hour = Duration::from_secs(3600);
        let started = referee.go_on(&RunEnd::Failed(failure), hour)?;
        // Ten pauses up to the longest; that one, shortened, fifteen times an hour; a regular
        // comparison (or poll) now and then.
        prop_assert!(started <= 10 + 15 + 30, "{started} attempts in an hour");
    }
}
