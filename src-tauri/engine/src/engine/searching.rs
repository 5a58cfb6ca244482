//! Searching over projects that are open, being opened, closed or failed.

mod run;

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::{Engine, EngineError};
use crate::catalogue::{Project, ProjectId};
use crate::registry::{Cause, ResolveError, Searchable};
use crate::search::habits::Habits;
use crate::search::query::Query;
use crate::search::{
    Audience, FailedProject, Found, Search, SearchAnswer, SearchRequest, Searched,
};

/// Closed projects that one search opens at the same time.
const OPENED_AT_ONCE: usize = 32;
/// Closed projects that one search opens for good although others have to be closed for it: those
/// whose hits come first.
const WOKEN: usize = 3;
/// Projects that come open while a search waits are merged at most this often …
const MERGE_EVERY: Duration = Duration::from_millis(30);
/// … and not before so many times has passed what searching those before them took: the search
/// over all of them would take the time that opening the rest needs.
const MERGE_PAUSE: u32 = 4;
/// What a search without updates waits for the comparison by meaning; what was not compared by then
/// keeps its place.
const COMPARED_WITHIN: Duration = Duration::from_secs(2);

impl Engine {
    /// Searches the projects asked for; waits for those that have to be opened first.
    ///
    /// # Errors
    /// [`EngineError::Query`] for a query that cannot be run, [`EngineError::NotFound`] for a
    /// project that does not exist. A project that fails is named in the answer.
    pub async fn search(&self, request: SearchRequest) -> Result<SearchAnswer, EngineError> {
        self.search_until(request, None).await
    }

    /// As [`Engine::search`], and sends what is found so far each time there is more; each of these
    /// answers is complete in itself. Dropping the receiver ends it.
    ///
    /// # Errors
    /// As for [`Engine::search`].
    pub async fn search_streaming(
        &self,
        request: SearchRequest,
        updates: mpsc::Sender<SearchAnswer>,
    ) -> Result<SearchAnswer, EngineError> {
        self.search_until(request, Some(&updates)).await
    }

    /// Somebody is about to search: what the first search after a start would have to read is read
    /// now, in the background, of the projects that are open.
    pub fn expect_search(&self) {
        let registry = &self.shared.registry;
        let projects = registry.projects().into_iter();
        let open: Vec<Searchable> =
            projects.filter_map(|project| registry.readable_now(&project.id)).collect();
        tokio::task::spawn_blocking(move || {
            for searchable in open {
                // Whoever searches a damaged index sees to it.
                if let Err(error) = searchable.index.warm() {
                    tracing::debug!(project = %searchable.id, %error, "not read beforehand");
                }
            }
        });
    }

    async fn search_until(
        &self,
        request: SearchRequest,
        updates: Option<&mpsc::Sender<SearchAnswer>>,
    ) -> Result<SearchAnswer, EngineError> {
        let started = Instant::now();
        let search =
            Search::new(&request.query, request.mode, request.limit).map_err(EngineError::Query)?;
        let search = search.minding(Habits::new(request.opened.clone(), SystemTime::now()));
        let scope = self.scope(&request.projects, &search.query)?;
        let registry = &self.shared.registry;
        let mut gathered = Gathered { total: scope.len(), ..Gathered::default() };
        let mut cold = Vec::new();
        for id in scope {
            match registry.readable_now(&id) {
                Some(searchable) => gathered.searched.push(searchable),
                None => cold.push(id),
            }
        }
        gathered.loading = cold.len();
        let mut opened = self.read_all(cold);
        let mut found;
        if let Some(updates) = updates {
            loop {
                let begun = Instant::now();
                let listener = gathered.listener(&request, updates, started);
                found = self.run_before(listener, &search, &gathered.searched).await;
                let pause = MERGE_EVERY.max(begun.elapsed() * MERGE_PAUSE);
                let partial = gathered.answer(&request, &found, started);
                let whole = opened.is_closed() && opened.is_empty();
                if whole || updates.send(partial).await.is_err() {
                    break;
                }
                let Some(first) = opened.recv().await else { break };
                gathered.take(first);
                let all = async {
                    while let Some(next) = opened.recv().await {
                        gathered.take(next);
                    }
                };
                let _ = tokio::time::timeout(pause, all).await;
            }
        } else {
            while let Some(next) = opened.recv().await {
                gathered.take(next);
            }
            found = self.run(&search, &gathered.searched).await;
        }
        if search.asks_for_meaning() && !gathered.searched.is_empty() {
            if let Some(updates) = updates {
                let lexical = gathered.answer(&request, &found, started);
                if updates.send(lexical).await.is_err() {
                    return Ok(gathered.answer(&request, &found, started));
                }
            }
            found = self.rerank(&search, found, &gathered.searched, updates).await;
        }
        let asked = !request.projects.is_empty() || !search.query.projects.is_empty();
        self.follow_up(&gathered.searched, &found, asked);
        Ok(gathered.answer(&request, &found, started))
    }

    /// Compares the best of what was found with the question by meaning. Where somebody gets
    /// updates, it takes as long as it takes, until nobody listens any more.
    async fn rerank(
        &self,
        search: &Search,
        mut found: Found,
        searched: &[Searchable],
        updates: Option<&mpsc::Sender<SearchAnswer>>,
    ) -> Found {
        let comparer = &self.shared.comparer;
        let shortlist = std::mem::take(&mut found.shortlist);
        let patience = updates.is_none().then_some(COMPARED_WITHIN);
        let nobody_listens = async {
            match updates {
                Some(updates) => updates.closed().await,
                None => std::future::pending().await,
            }
        };
        let compared = tokio::select! {
            compared = comparer.compare(search, shortlist, searched, patience) => compared,
            () = nobody_listens => return found,
        };
        if !compared.likeness.is_empty() {
            found = self.run(&search.reranked(compared.likeness), searched).await;
        }
        found.lanes.push(compared.report);
        found
    }

    /// Sees to it that the projects which were of use are open and fresh for the next search, and
    /// others as far as there is room. `asked`: the search was for certain projects.
    fn follow_up(&self, searched: &[Searchable], found: &Found, asked: bool) {
        let registry = &self.shared.registry;
        let mut seen = BTreeSet::new();
        let mut useful: Vec<ProjectId> = found
            .hits
            .iter()
            .filter(|hit| seen.insert(hit.project.as_str()))
            .map(|hit| ProjectId::from(hit.project.as_str()))
            .collect();
        let mut others = Vec::new();
        for searchable in searched.iter().filter(|searchable| !searchable.is_hot()) {
            let rank = useful.iter().position(|id| *id == searchable.id);
            if asked || rank.is_some_and(|rank| rank < WOKEN) {
                let _ = registry.wake(&searchable.id);
            } else {
                others.push(searchable.id.clone());
            }
        }
        registry.wake_while_room(&others);
        if asked {
            let others = searched.iter().filter(|one| !seen.contains(one.id.as_str()));
            useful.extend(others.map(|searchable| searchable.id.clone()));
        }
        registry.note_search(&useful);
    }

    /// Opens the projects to read them, several at a time, also while the caller searches those
    /// that have come. Ends when nobody takes them any more.
    fn read_all(
        &self,
        ids: Vec<ProjectId>,
    ) -> mpsc::UnboundedReceiver<(ProjectId, Result<Searchable, ResolveError>)> {
        let (sender, opened) = mpsc::unbounded_channel();
        let (registry, patience) = (self.shared.registry.clone(), self.shared.options.patience);
        let read = move |id: ProjectId| {
            let registry = registry.clone();
            async move {
                let read = registry.read(&id, patience).await;
                (id, read)
            }
        };
        tokio::spawn(async move {
            let mut reading = stream::iter(ids).map(read).buffer_unordered(OPENED_AT_ONCE);
            while let Some(read) = reading.next().await {
                if sender.send(read).is_err() {
                    break;
                }
            }
        });
        opened
    }

    /// The projects to search: those asked for by id or name and by `project:`, or all, without
    /// those of `-project:`.
    pub(super) fn scope(
        &self,
        requested: &[String],
        query: &Query,
    ) -> Result<Vec<ProjectId>, EngineError> {
        let mut ids = Vec::new();
        for project in requested {
            ids.push(self.find(project)?);
        }
        let projects = self.shared.registry.projects();
        let Query { projects: filters, excluded_projects: excluded, .. } = query;
        let asked = |project: &Project| {
            (requested.is_empty() || ids.contains(&project.id))
                && (filters.is_empty()
                    || filters.iter().any(|filter| names_project(filter, project, &projects)))
                && !excluded.iter().any(|filter| names_project(filter, project, &projects))
        };
        let scope: Vec<ProjectId> =
            projects.iter().filter(|p| asked(p)).map(|p| p.id.clone()).collect();
        let unknown = |filter: &&String| {
            !projects.iter().any(|project| names_project(filter, project, &projects))
        };
        match filters.iter().find(unknown) {
            Some(filter) if scope.is_empty() => Err(EngineError::NotFound(filter.clone())),
            _ => Ok(scope),
        }
    }
}

/// Who gets the updates of one search.
struct Listener {
    updates: mpsc::Sender<SearchAnswer>,
    request: SearchRequest,
    searched: Searched,
    started: Instant,
}

impl Audience for Listener {
    fn hear(&self, found: &Found) {
        if !found.hits.is_empty() {
            let answer = answer(self.searched.clone(), &self.request, found, self.started);
            // Who has not taken the last update yet waits for the next.
            let _ = self.updates.try_send(answer);
        }
    }

    fn has_left(&self) -> bool {
        self.updates.is_closed()
    }
}

/// The projects of one search, as they come open.
#[derive(Default)]
pub(super) struct Gathered {
    pub total: usize,
    pub loading: usize,
    /// Not closed as long as the search goes on.
    pub searched: Vec<Searchable>,
    failed: Vec<FailedProject>,
}

impl Gathered {
    fn take(&mut self, (id, read): (ProjectId, Result<Searchable, ResolveError>)) {
        match read {
            Ok(searchable) => {
                self.loading -= 1;
                self.searched.push(searchable);
            }
            // Longer than the caller's patience: still loading, and said so.
            Err(ResolveError::Loading { .. }) => {}
            Err(ResolveError::Failed(failure)) => {
                self.loading -= 1;
                self.fail(&id, failure.cause.word());
            }
            // Removed while the search waited.
            Err(ResolveError::NotFound(_)) => {
                self.loading -= 1;
                self.total -= 1;
            }
        }
    }

    pub fn fail(&mut self, id: &ProjectId, cause: &str) {
        self.failed.push(FailedProject { project: id.to_string(), cause: cause.to_owned() });
    }

    fn listener(
        &self,
        request: &SearchRequest,
        updates: &mpsc::Sender<SearchAnswer>,
        started: Instant,
    ) -> Listener {
        let (updates, request) = (updates.clone(), request.clone());
        Listener { updates, request, searched: self.searched(), started }
    }

    pub fn answer(&self, request: &SearchRequest, found: &Found, started: Instant) -> SearchAnswer {
        answer(self.searched(), request, found, started)
    }

    fn searched(&self) -> Searched {
        Searched {
            total: self.total,
            hot: self.searched.len(),
            loading: self.loading,
            stale: self.searched.iter().filter(|one| !one.compared).count(),
            failed: self.failed.clone(),
        }
    }
}

/// What was found in those that were `searched`; some of them may have failed meanwhile.
fn answer(
    mut searched: Searched,
    request: &SearchRequest,
    found: &Found,
    started: Instant,
) -> SearchAnswer {
    searched.hot = searched.hot.saturating_sub(found.failed.len());
    searched.failed.extend(found.failed.iter().map(|(project, error)| FailedProject {
        project: project.clone(),
        cause: Cause::of(error).word().to_owned(),
    }));
    SearchAnswer {
        query: request.query.clone(),
        mode: request.mode,
        took_ms: started.elapsed().as_secs_f64() * 1000.0,
        searched,
        lanes: found.lanes.clone(),
        results: found.hits.clone(),
    }
}

/// Whether `filter` means the project: its id or name, or part of a name where none is the whole.
fn names_project(filter: &str, project: &Project, all: &[Project]) -> bool {
    let is_name = |candidate: &Project| candidate.name.eq_ignore_ascii_case(filter);
    if all.iter().any(is_name) {
        return is_name(project);
    }
    let name = project.name.to_lowercase();
    project.id.as_str() == filter || name.contains(&filter.to_lowercase())
}
