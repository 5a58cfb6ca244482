//! Every interleaving of a few actors, and long random ones of many.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::registry::failure::{Cause, Fault};

/// An open project in these tests: the number of the restore that opened it.
type Machine = Residency<u64, ()>;

enum Actor {
    /// Wants the project: once, or again after each time.
    Caller { urge: Urge, turns: u32, stage: Stage },
    Restorer {
        restore: Option<Restore>,
        /// While it has hold of the index's files.
        working: Option<Working>,
    },
    /// Wants the room.
    Evictor { turns: u32 },
    /// Closes what was open; the second step of whoever unloaded it.
    Unloader { open: Option<(Arc<u64>, Working)> },
    /// Gives the project another root.
    Mover { turns: u32 },
    /// Removes the project.
    Remover { done: bool },
    /// Lets an hour pass.
    Clock { turns: u32 },
}

enum Stage {
    Away,
    Waiting { attempt: u64, outcome: Outcome<u64> },
    Holding(Arc<u64>),
}

#[derive(Clone, Copy)]
enum Move {
    Act,
    Fail,
    Leave,
}

struct World {
    machine: Machine,
    now: Instant,
    actors: Vec<Actor>,
    /// Restores that were handed out.
    restores: u64,
    /// What has hold of the index's files for writing.
    writers: u32,
    /// What became of each attempt, as whoever waited was told.
    told: Vec<(u64, Option<Loaded<u64>>)>,
    removed: bool,
}

impl World {
    fn new(actors: Vec<Actor>) -> World {
        World {
            machine: Machine::cold(),
            now: Instant::now(),
            actors,
            restores: 0,
            writers: 0,
            told: Vec::new(),
            removed: false,
        }
    }

    /// What may happen next.
    fn moves(&self) -> Vec<(usize, Move)> {
        let mut moves = Vec::new();
        for (at, actor) in self.actors.iter().enumerate() {
            match actor {
                Actor::Caller { turns, stage: Stage::Away, .. } if *turns > 0 => {
                    moves.push((at, Move::Act));
                }
                Actor::Caller { stage: Stage::Waiting { outcome, .. }, .. } => {
                    if outcome.borrow().is_some() || outcome.has_changed().is_err() {
                        moves.push((at, Move::Act));
                    } else {
                        moves.push((at, Move::Leave));
                    }
                }
                Actor::Caller { stage: Stage::Holding(_), .. } => moves.push((at, Move::Act)),
                // It opens the index, or fails before: the root is not well.
                Actor::Restorer { restore: Some(restore), .. }
                    if restore.behind.as_ref().is_none_or(Ended::is_over) =>
                {
                    moves.extend([(at, Move::Act), (at, Move::Fail)]);
                }
                Actor::Evictor { turns } | Actor::Mover { turns } | Actor::Clock { turns }
                    if *turns > 0 =>
                {
                    moves.push((at, Move::Act));
                }
                Actor::Unloader { open: Some(_) } | Actor::Remover { done: false } => {
                    moves.push((at, Move::Act));
                }
                _ => {}
            }
        }
        moves
    }

    fn make(&mut self, (at, step): (usize, Move)) {
        let mut actor = std::mem::replace(&mut self.actors[at], Actor::Clock { turns: 0 });
        match &mut actor {
            Actor::Caller { urge, turns, stage } => match stage {
                Stage::Away => {
                    *turns -= 1;
                    *stage = self.demand(*urge);
                }
                Stage::Waiting { attempt, outcome } => {
                    if matches!(step, Move::Act) {
                        let loaded = outcome.borrow().clone();
                        self.hear(*attempt, loaded.clone());
                        *stage = match loaded {
                            Some(Ok(hot)) => Stage::Holding(hot),
                            _ => Stage::Away,
                        };
                    } else {
                        *stage = Stage::Away;
                    }
                }
                Stage::Holding(_) => *stage = Stage::Away,
            },
            Actor::Restorer { restore, working } => {
                let well = matches!(step, Move::Act);
                if working.is_some() || !well {
                    self.conclude(restore.take().unwrap(), working.take(), well);
                } else {
                    match self.machine.begin_opening(restore.as_ref().unwrap().attempt) {
                        Ok(begun) => {
                            *working = Some(begun);
                            self.writers += 1;
                        }
                        Err(Closed) => *restore = None,
                    }
                }
            }
            Actor::Evictor { turns } => {
                *turns -= 1;
                if self.machine.is_idle() {
                    let (hot, working) = self.machine.unload().unwrap();
                    let holds = |actor: &Actor| {
                        matches!(actor, Actor::Caller { stage: Stage::Holding(held), .. }
                            if Arc::ptr_eq(held, &hot))
                    };
                    assert!(!self.actors.iter().any(holds), "closed while it is held");
                    self.actors.push(Actor::Unloader { open: Some((hot, working)) });
                }
            }
            Actor::Unloader { open } => {
                let (hot, working) = open.take().unwrap();
                drop(hot);
                self.writers -= 1;
                self.machine.unloaded();
                drop(working);
            }
            Actor::Mover { turns } => {
                *turns -= 1;
                if let Some(open) = self.machine.abandon() {
                    self.actors.push(Actor::Unloader { open: Some(open) });
                }
                self.demand(Urge::IfDue);
            }
            Actor::Remover { done } => {
                *done = true;
                self.removed = true;
                let remains = self.machine.close();
                if remains.hot.is_some() {
                    self.writers -= 1;
                }
            }
            Actor::Clock { turns } => {
                *turns -= 1;
                self.now += Duration::from_secs(3600);
            }
        }
        self.actors[at] = actor;
        assert!(self.writers <= 1, "two have hold of one index");
        assert_eq!(self.removed, matches!(self.machine.state(), State::Closed), "no way back");
    }

    fn demand(&mut self, urge: Urge) -> Stage {
        let was_hot = matches!(self.machine.state(), State::Hot(_));
        let held_back = match self.machine.state() {
            State::Failed { failure, .. } if urge == Urge::IfDue && !failure.is_due(self.now) => {
                Some(Arc::clone(failure))
            }
            _ => None,
        };
        match self.machine.demand(urge, self.now) {
            Demanded::Hot(hot) => {
                assert!(was_hot);
                Stage::Holding(hot)
            }
            Demanded::Loading { outcome, restore } => {
                assert!(!was_hot, "an open project is not loaded");
                assert!(held_back.is_none(), "tried again before it was due");
                let State::Loading { attempt, .. } = self.machine.state() else { panic!() };
                let attempt = *attempt;
                if let Some(restore) = restore {
                    self.restores += 1;
                    assert_eq!(restore.attempt, attempt);
                    self.actors.push(Actor::Restorer { restore: Some(restore), working: None });
                }
                Stage::Waiting { attempt, outcome }
            }
            Demanded::Failed(failure) => {
                assert!(Arc::ptr_eq(&failure, &held_back.unwrap()), "the failure is the last one");
                Stage::Away
            }
            Demanded::Closed => {
                assert!(self.removed);
                Stage::Away
            }
        }
    }

    fn conclude(&mut self, restore: Restore, working: Option<Working>, well: bool) {
        let loaded: Loaded<u64> = if well {
            Ok(Arc::new(restore.attempt))
        } else {
            let fault = Fault { cause: Cause::Io, message: String::new(), at_root: false };
            let clock = Timestamp::UNIX_EPOCH;
            let after = self.machine.awaits(restore.attempt).ok().flatten();
            Err(Arc::new(Failure::after(after.as_deref(), fault, self.now, clock)))
        };
        let kept = self.machine.loaded(restore.attempt, loaded.clone()).is_ok();
        assert!(!(kept && self.removed), "what was removed comes back");
        if kept {
            self.hear(restore.attempt, Some(loaded));
        }
        if working.is_some() && !(kept && well) {
            self.writers -= 1;
        }
    }

    /// Whoever waits for one attempt is told the same, and `None` only if nothing came of it.
    fn hear(&mut self, attempt: u64, loaded: Option<Loaded<u64>>) {
        let same = |a: &Option<Loaded<u64>>, b: &Option<Loaded<u64>>| match (a, b) {
            (Some(Ok(a)), Some(Ok(b))) => Arc::ptr_eq(a, b),
            (Some(Err(a)), Some(Err(b))) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        let before = self.told.iter().find(|(other, _)| *other == attempt);
        assert!(before.is_none_or(|(_, told)| same(told, &loaded)), "two outcomes of one attempt");
        self.told.push((attempt, loaded));
    }

    /// Nothing more can happen: everything has come to its end.
    fn check_end(&self) {
        for actor in &self.actors {
            let ended = match actor {
                Actor::Caller { stage, .. } => matches!(stage, Stage::Away),
                Actor::Restorer { restore, .. } => restore.is_none(),
                Actor::Unloader { open } => open.is_none(),
                _ => true,
            };
            assert!(ended, "somebody waits for ever");
        }
        let at_rest = !matches!(self.machine.state(), State::Loading { .. } | State::Unloading(_));
        assert!(at_rest, "a project is stuck on its way");
        let hot = matches!(self.machine.state(), State::Hot(_));
        assert_eq!(self.writers, u32::from(hot), "an index is open that nobody knows of");
    }
}

fn caller(urge: Urge, turns: u32) -> Actor {
    Actor::Caller { urge, turns, stage: Stage::Away }
}

/// Runs every order of the actors' moves; how many there are.
fn explore(actors: impl Fn() -> Vec<Actor>, check: impl Fn(&World)) -> usize {
    let mut path: Vec<(usize, usize)> = Vec::new();
    for runs in 1.. {
        let mut world = World::new(actors());
        let mut depth = 0;
        loop {
            let moves = world.moves();
            if moves.is_empty() {
                break;
            }
            if depth == path.len() {
                path.push((0, moves.len()));
            }
            world.make(moves[path[depth].0]);
            depth += 1;
        }
        world.check_end();
        check(&world);
        while path.pop_if(|(pick, of)| *pick + 1 == *of).is_some() {}
        let Some((pick, _)) = path.last_mut() else { return runs };
        *pick += 1;
    }
    unreachable!()
}

#[test]
fn a_restore_runs_once_however_many_wait_and_whoever_leaves() {
    let callers = || (0..4).map(|_| caller(Urge::IfDue, 1)).collect();
    let runs = explore(callers, |world| {
        assert_eq!(world.restores, 1);
        let at_end = world.machine.state();
        assert!(matches!(at_end, State::Hot(_) | State::Failed { .. }), "it ended by itself");
    });
    println!("4 callers: {runs} interleavings");
    assert!(runs > 1000);
}

#[test]
fn a_failure_is_retried_when_it_is_due_or_asked_for_and_never_before() {
    let actors =
        || vec![caller(Urge::IfDue, 2), caller(Urge::AtOnce, 1), Actor::Clock { turns: 1 }];
    let runs = explore(actors, |world| assert!(world.restores <= 3));
    println!("callers, retry and clock: {runs} interleavings");
}

#[test]
fn a_removal_ends_everything_whenever_it_comes() {
    let actors = || {
        vec![
            caller(Urge::IfDue, 1),
            caller(Urge::AtOnce, 1),
            Actor::Evictor { turns: 1 },
            Actor::Remover { done: false },
        ]
    };
    let runs = explore(actors, |world| assert!(world.restores <= 2));
    println!("callers, eviction and removal: {runs} interleavings");
}

#[test]
fn an_eviction_never_takes_what_is_held_and_lets_the_next_caller_in() {
    let actors =
        || vec![caller(Urge::IfDue, 2), caller(Urge::IfDue, 1), Actor::Evictor { turns: 2 }];
    let runs = explore(actors, |_| ());
    println!("callers and evictions: {runs} interleavings");
}

#[test]
fn a_new_root_waits_for_the_end_of_the_old_one() {
    let actors =
        || vec![caller(Urge::IfDue, 1), Actor::Mover { turns: 2 }, Actor::Evictor { turns: 1 }];
    let runs = explore(actors, |_| ());
    println!("caller, moves and eviction: {runs} interleavings");
}

#[test]
fn a_search_reads_what_is_closed_and_forgets_it_once_it_opens() {
    let mut machine = Machine::cold();
    assert!(matches!(machine.readable(), Readable::Unread));
    machine.keep_reader(());
    assert!(matches!(machine.readable(), Readable::Reader(())));
    let Demanded::Loading { restore: Some(restore), .. } =
        machine.demand(Urge::IfDue, Instant::now())
    else {
        panic!()
    };
    assert!(matches!(machine.readable(), Readable::Neither));
    machine.keep_reader(());
    machine.loaded(restore.attempt, Ok(Arc::new(1))).unwrap();
    assert!(matches!(machine.readable(), Readable::Hot(_)));
    let (hot, working) = machine.unload().unwrap();
    machine.keep_reader(());
    drop(hot);
    machine.unloaded();
    drop(working);
    assert!(matches!(machine.readable(), Readable::Unread), "no reader from before is left");
}

#[test]
fn a_failure_that_waits_for_the_root_is_due_when_the_root_is_seen() {
    let mut machine = Machine::cold();
    let now = Instant::now();
    let Demanded::Loading { restore: Some(restore), .. } = machine.demand(Urge::IfDue, now) else {
        panic!()
    };
    let fault = Fault { cause: Cause::RootMissing, message: String::new(), at_root: true };
    let failure = Failure::after(None, fault, now, Timestamp::UNIX_EPOCH);
    machine.loaded(restore.attempt, Err(Arc::new(failure))).unwrap();
    let later = now + Duration::from_secs(100_000);
    assert!(matches!(machine.demand(Urge::IfDue, later), Demanded::Failed(_)));
    let back = machine.demand(Urge::RootBack, later);
    assert!(matches!(back, Demanded::Loading { restore: Some(_), .. }));
}

#[test]
fn a_restore_that_has_hold_of_no_file_yet_keeps_no_other_one_waiting() {
    let mut machine = Machine::cold();
    let restore = |machine: &mut Machine| match machine.demand(Urge::IfDue, Instant::now()) {
        Demanded::Loading { restore: Some(restore), .. } => restore,
        _ => panic!("nothing to carry out"),
    };
    let hung = restore(&mut machine);
    assert!(machine.abandon().is_none());
    let next = restore(&mut machine);
    assert!(next.behind.is_none());
    assert!(machine.begin_opening(hung.attempt).is_err(), "it comes too late to open anything");
    let working = machine.begin_opening(next.attempt).unwrap();
    machine.abandon();
    let behind = restore(&mut machine).behind.unwrap();
    machine.abandon();
    let still_behind = restore(&mut machine).behind.unwrap();
    assert!(!behind.is_over() && !still_behind.is_over());
    assert!(machine.close().task.is_some_and(|task| !task.is_over()));
    drop(working);
    assert!(behind.is_over() && still_behind.is_over());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn long_random_interleavings_of_many_actors_hold_too(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 200),
        removed in any::<bool>(),
    ) {
        let mut actors: Vec<Actor> = (0..4).map(|_| caller(Urge::IfDue, 8)).collect();
        actors.extend([
            caller(Urge::AtOnce, 4),
            Actor::Evictor { turns: 12 },
            Actor::Mover { turns: 3 },
            Actor::Clock { turns: 6 },
            Actor::Remover { done: !removed },
        ]);
        let mut world = World::new(actors);
        let mut picks = picks.into_iter();
        loop {
            let moves = world.moves();
            if moves.is_empty() {
                break;
            }
            let pick = picks.next().map_or(0, |pick| pick.index(moves.len()));
            world.make(moves[pick]);
        }
        world.check_end();
    }
}
