//! One run of a search over the projects that are open by now, on a thread that may have to be left
//! to a disk which does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::{Engine, blocking};
use crate::catalogue::ProjectId;
use crate::index::{IndexError, ProjectIndex};
use crate::registry::{Registry, Searchable};
use crate::root_access::{RootReader, unless_held};
use crate::search::{Audience, Found, Search, Target};

impl Engine {
    /// Runs the search; an index that proves damaged is made anew behind it.
    pub(in crate::engine) async fn run(&self, search: &Search, searched: &[Searchable]) -> Found {
        self.run_before((), search, searched).await
    }

    pub(super) async fn run_before(
        &self,
        audience: impl Audience + Send + 'static,
        search: &Search,
        searched: &[Searchable],
    ) -> Found {
        let _searching = self.shared.registry.searching();
        let audience = Arc::new(audience);
        let found = loop {
            let targets: Vec<Target> = searched.iter().map(target).collect();
            let readers: Vec<RootReader> = targets.iter().map(|one| one.reader.clone()).collect();
            let hears = Arc::new(AtomicBool::new(true));
            let run = Run { audience: Arc::clone(&audience), hears: Arc::clone(&hears) };
            let search = search.clone();
            let running = blocking(move || run_guarded(&run, &search, &targets));
            if let Some(found) = unless_held(&readers, running).await {
                break found;
            }
            // Again without the disk that holds it: nothing begins to read there any more.
            hears.store(false, Ordering::Relaxed);
        };
        for (project, error) in &found.failed {
            let Some(failed) = searched.iter().find(|one| one.id.as_str() == project) else {
                continue;
            };
            let registry = &self.shared.registry;
            match error {
                IndexError::Corrupt { .. } => registry.replace_damaged(&failed.id, &failed.index),
                IndexError::Panicked { .. } => {
                    let (id, index) = (failed.id.clone(), Arc::clone(&failed.index));
                    tokio::spawn(replace_if_damaged(registry.clone(), id, index));
                }
                _ => {}
            }
        }
        found
    }
}

/// A panic may come from damaged bytes, or from the query: an index that is as it was written is not
/// made anew.
async fn replace_if_damaged(registry: Registry, id: ProjectId, index: Arc<ProjectIndex>) {
    let looked_at = Arc::clone(&index);
    if blocking(move || looked_at.is_damaged()).await {
        registry.replace_damaged(&id, &index);
    } else {
        tracing::error!(project = %id, "a search panicked over an index that is sound");
    }
}

/// Runs the search. Reading a damaged index may panic: then the others are searched without it.
fn run_guarded(audience: &dyn Audience, search: &Search, targets: &[Target]) -> Found {
    let guarded = |targets: &[Target]| {
        let run = || search.run_before(audience, targets);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
    };
    guarded(targets).unwrap_or_else(|_| {
        let (sound, damaged): (Vec<&Target>, Vec<&Target>) =
            targets.iter().partition(|target| guarded(std::slice::from_ref(target)).is_ok());
        let sound: Vec<Target> = sound.into_iter().cloned().collect();
        let mut found = guarded(&sound).unwrap_or_default();
        found.failed.extend(damaged.into_iter().map(|target| {
            (target.project.clone(), IndexError::Panicked { path: target.root.clone() })
        }));
        found
    })
}

/// One run of a search, before somebody who may have turned to another run.
struct Run<A> {
    audience: Arc<A>,
    hears: Arc<AtomicBool>,
}

impl<A: Audience + Send> Audience for Run<A> {
    fn hear(&self, found: &Found) {
        if self.hears.load(Ordering::Relaxed) {
            self.audience.hear(found);
        }
    }

    fn has_left(&self) -> bool {
        !self.hears.load(Ordering::Relaxed) || self.audience.has_left()
    }
}

fn target(searchable: &Searchable) -> Target {
    let Searchable { id, root, index, access, .. } = searchable;
    Target {
        project: id.to_string(),
        root: root.clone(),
        index: Arc::clone(index),
        reader: access.reader(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Options;
    use crate::search::{SearchAnswer, SearchRequest};
    use crate::status::LaneName;

    /// Two projects with the same file.
    async fn two(base: &std::path::Path) -> Engine {
        let engine = Engine::open(Options { home: None, ..Options::new(base.join("data")) });
        let engine = engine.unwrap();
        for name in ["dead", "well"] {
            let root = base.join(name);
            std::fs::create_dir(&root).unwrap();
            std::fs::write(root.join("a.rs"), "fn needle() { needle() }").unwrap();
            let added = engine.add(&root, None).await.unwrap();
            engine.wait(&added.project.id, LaneName::Regex).await.unwrap();
            engine.wait(&added.project.id, LaneName::Symbols).await.unwrap();
        }
        engine
    }

    async fn ask(engine: &Engine, query: &str) -> SearchAnswer {
        let request = SearchRequest { query: query.into(), limit: 10, ..SearchRequest::default() };
        engine.search(request).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_disk_that_does_not_answer_holds_one_search_and_none_after_it() {
        let base = tempfile::tempdir().unwrap();
        let engine = two(&base.path().canonicalize().unwrap()).await;
        let id = engine.find("dead").unwrap();
        let access = engine.shared.registry.access(&id).unwrap();
        let stall = access.stall();
        for query in ["needle", "/need.e/", "needle", "refs:needle", "/need.e/"] {
            let answer = ask(&engine, query).await;
            let of = |name| {
                let id = engine.find(name).unwrap();
                answer.results.iter().find(move |hit| hit.project == id.as_str())
            };
            let well = of("well").unwrap_or_else(|| panic!("{query}: {answer:?}"));
            assert!(well.snippet.is_some() && !well.stale, "{query}: {answer:?}");
            if let Some(dead) = of("dead") {
                assert!(dead.snippet.is_none() && dead.stale, "{query}: {answer:?}");
                let said = |note: &String| note.contains("does not answer");
                assert!(answer.lanes.iter().any(|lane| lane.note.as_ref().is_some_and(said)));
            } else {
                assert_ne!(query, "needle", "{answer:?}");
            }
            assert_eq!(answer.searched.hot, 2);
        }
        let preview = engine.preview("dead", "a.rs", 1, 3).await;
        assert!(preview.unwrap_err().to_string().contains("does not answer"));
        assert_eq!(access.count(), 1, "one read waits, however often it is searched");
        drop(stall);
        while access.count() > 0 {
            tokio::task::yield_now().await;
        }
        let answer = ask(&engine, "needle").await;
        assert!(answer.results.iter().all(|hit| hit.snippet.is_some() && !hit.stale));
        assert_eq!(answer.results.len(), 2);
        engine.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn retry_reads_a_folder_that_is_well_again_although_a_read_of_it_never_ends() {
        let base = tempfile::tempdir().unwrap();
        let engine = two(&base.path().canonicalize().unwrap()).await;
        let id = engine.find("dead").unwrap();
        let access = engine.shared.registry.access(&id).unwrap();
        let stall = access.stall();
        let answer = ask(&engine, "needle project:dead").await;
        assert!(answer.results.iter().all(|hit| hit.stale), "{answer:?}");
        engine.act("dead", crate::status::ProjectAction::Retry).await.unwrap();
        let answer = ask(&engine, "needle project:dead").await;
        assert_eq!(answer.results.len(), 1);
        assert!(answer.results[0].snippet.is_some() && !answer.results[0].stale, "{answer:?}");
        assert_eq!(access.count(), 1, "the first one is still held");
        drop(stall);
        engine.close().await;
    }

    /// Somebody whose search always ends in a panic.
    struct Unlucky;

    impl Audience for Unlucky {
        fn hear(&self, _found: &Found) {}

        fn has_left(&self) -> bool {
            panic!("unlucky")
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_index_that_is_sound_is_not_made_anew_after_a_panic() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let engine = two(&base).await;
        let registry = &engine.shared.registry;
        let ids = ["dead", "well"].map(|name| engine.find(name).unwrap());
        let searched: Vec<Searchable> =
            ids.iter().map(|id| registry.readable_now(id).unwrap()).collect();
        let search = Search::new("/need.e/", crate::search::Mode::Auto, 10).unwrap();
        let found = engine.run_before(Unlucky, &search, &searched).await;
        let panicked =
            |(_, error): &(String, IndexError)| matches!(error, IndexError::Panicked { .. });
        assert_eq!(found.failed.iter().filter(|failed| panicked(failed)).count(), 2);
        // Looked at once already, or now: it is the same answer.
        assert!(searched.iter().all(|one| !one.index.is_damaged()));
        drop(searched);
        assert_eq!(ask(&engine, "/need.e/").await.results.len(), 2);
        engine.close().await;
        let indexes = std::fs::read_dir(base.join("data/indexes")).unwrap();
        let names: Vec<String> =
            indexes.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(names.iter().all(|name| !name.contains("damaged")), "{names:?}");
    }
}
