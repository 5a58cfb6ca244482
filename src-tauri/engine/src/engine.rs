//! The façade: what the shell, the command line and the tests use.

mod alike;
mod embedding;
mod error;
mod excerpt;
mod excluding;
mod filling;
mod keeping;
mod locating;
mod lock;
mod meaning;
mod nearest;
mod power;
mod preview;
mod reaching;
mod searching;
mod undo;
mod vectors;
mod waiting;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

pub use alike::LikeRequest;
pub use error::EngineError;
pub use excerpt::{Excerpt, ExcerptRequest};
pub use filling::{Pacing, Rest};
pub use preview::Preview;

use crate::catalogue::{Catalogue, Held, Identity, Project, ProjectId, roots};
use crate::embed::embedder;
use crate::index::{Limits, SkippedFile};
use crate::registry::{Lease, RealDisk, Registry, ResolveError, Room, Settings, delete_leftovers};
use crate::status::{Activity, LogLine, ProjectAction, ProjectStatus, Snapshot};
use crate::watch::Tuning;
use filling::Filler;
use lock::OwnerLock;
use meaning::Comparer;
use preview::Previews;
use reaching::Reaching;
use undo::SetAside;
use vectors::Vectors;

/// How long a caller waits for a project to be opened.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a removal waits for what is still open; a disk that does not answer may take for ever.
const REMOVAL: Duration = Duration::from_secs(3);
/// Longer than programs take to swap one folder for another.
const MOVED_AFTER: Duration = Duration::from_secs(10);

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Holds everything that Quarry stores; made where it is not there.
    pub data_dir: PathBuf,
    /// Refused as a project, with all that contains it.
    pub home: Option<PathBuf>,
    /// How long a search waits for projects that are being opened.
    pub patience: Duration,
    /// At first; see [`Engine::set_limits`].
    pub limits: Limits,
    pub tuning: Tuning,
    /// From here on the least recently used projects are closed; at first, see
    /// [`Engine::set_room`].
    pub room: Room,
    /// A folder that is missing for this long is looked for under another name beside its place.
    pub moved_after: Duration,
    /// Starts what embeds texts; `None` for a search without meaning.
    pub embedder: Option<embedder::Options>,
    /// When and how fast it embeds what nobody asked for yet.
    pub pacing: Pacing,
    /// Whether the machine runs on its battery; asked before every batch.
    pub on_battery: fn() -> bool,
}

impl Options {
    /// The defaults, with everything stored in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Options {
        Options {
            data_dir: data_dir.into(),
            home: std::env::home_dir(),
            patience: PATIENCE,
            limits: Limits::default(),
            tuning: Tuning::default(),
            room: Room::default(),
            moved_after: MOVED_AFTER,
            embedder: None,
            pacing: Pacing::default(),
            on_battery: power::on_battery,
        }
    }
}

/// The outcome of [`Engine::add`].
#[derive(Clone, Debug)]
pub struct Added {
    pub project: ProjectStatus,
    /// Its root was registered before.
    pub already: bool,
}

/// Everything Quarry does, without a window. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    catalogue: Arc<Catalogue>,
    registry: Registry,
    vectors: Arc<Vectors>,
    comparer: Comparer,
    previews: Previews,
    reaching: Reaching,
    aside: Arc<SetAside>,
    filler: Filler,
    /// Patterns are changed one at a time, each from what the last one left.
    excluding: tokio::sync::Mutex<()>,
    /// Let go of when the last clone is dropped.
    _owner: OwnerLock,
}

impl Engine {
    /// Opens the engine over a data directory; needs a tokio runtime. The projects used last are
    /// opened in the background.
    ///
    /// # Errors
    /// [`EngineError::AlreadyOwned`], [`EngineError::DataDir`] or [`EngineError::Catalogue`].
    pub fn open(options: Options) -> Result<Engine, EngineError> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::DataDir { path, source }
        };
        lock::create_private(&options.data_dir).map_err(unusable(&options.data_dir))?;
        let data_dir = options.data_dir.canonicalize().map_err(unusable(&options.data_dir))?;
        let owner = OwnerLock::take(&data_dir)
            .map_err(unusable(&data_dir))?
            .ok_or_else(|| EngineError::AlreadyOwned(data_dir.clone()))?;
        let home = options.home.as_ref().and_then(|home| home.canonicalize().ok());
        let options = Options { data_dir, home, ..options };
        let indexes = options.data_dir.join("indexes");
        lock::create_private(&indexes).map_err(unusable(&indexes))?;
        let catalogue = Arc::new(Catalogue::open(&options.data_dir.join("catalogue.sqlite"))?);
        let projects = catalogue.projects()?;
        // Indexes beside a new catalogue belong to one that was lost, and may come back.
        if !catalogue.is_new() {
            delete_leftovers(&indexes, &projects, SystemTime::now());
        }
        let settings = Settings {
            indexes,
            excluded: vec![options.data_dir.clone()],
            limits: options.limits,
            tuning: options.tuning,
            room: options.room,
            moved_after: options.moved_after,
        };
        let disk = Arc::new(RealDisk);
        let registry = Registry::new(settings, disk, Arc::clone(&catalogue), projects);
        registry.warm();
        let vectors = Arc::new(Vectors::new(options.embedder.clone(), options.data_dir.clone()));
        let comparer = Comparer::new(Arc::clone(&vectors), registry.clone());
        let aside = Arc::new(SetAside::default());
        let filler = Filler::start(
            registry.clone(),
            Arc::clone(&vectors),
            Arc::clone(&aside),
            options.pacing,
            options.on_battery,
        );
        let previews = Previews::default();
        let _owner = owner;
        let shared = Shared {
            options,
            catalogue,
            registry,
            vectors,
            comparer,
            previews,
            reaching: Reaching::default(),
            aside,
            filler,
            excluding: tokio::sync::Mutex::default(),
            _owner,
        };
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// Registers a folder and starts to index it.
    ///
    /// # Errors
    /// [`EngineError::Refused`] or [`EngineError::Catalogue`]; nothing is registered then.
    pub async fn add(&self, path: &Path, name: Option<String>) -> Result<Added, EngineError> {
        let engine = self.clone();
        let path = path.to_owned();
        let (id, already) = blocking(move || engine.register(&path, name)).await?;
        Ok(Added { project: self.status(id.as_str())?, already })
    }

    fn register(
        &self,
        path: &Path,
        name: Option<String>,
    ) -> Result<(ProjectId, bool), EngineError> {
        let Options { home, data_dir, .. } = &self.shared.options;
        let root = roots::check(path, home.as_deref(), data_dir)?;
        let names: Vec<String> =
            self.shared.registry.projects().into_iter().map(|project| project.name).collect();
        let taken = |name: &str| names.iter().any(|other| other == name);
        let project = Project {
            id: ProjectId::generate(),
            name: name
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| roots::name_for(&root, &taken)),
            root,
            pinned: false,
            paused: false,
            meaning: true,
            excludes: Vec::new(),
            include_ignored: false,
            last_searched: None,
            last_indexed: None,
            held: Held::default(),
            identity: Identity::default(),
        };
        match self.shared.catalogue.insert(&project)? {
            Some(existing) => Ok((existing, true)),
            None => {
                let id = project.id.clone();
                self.shared.registry.insert(project);
                Ok((id, false))
            }
        }
    }

    /// Does `action` to the project with this id or unique name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Ambiguous`] or [`EngineError::Catalogue`].
    pub async fn act(&self, project: &str, action: ProjectAction) -> Result<(), EngineError> {
        let id = self.find(project)?;
        let Shared { registry, catalogue, .. } = &*self.shared;
        // Said twice, a removal must not take a project whose name differs in case alone.
        let is_named = |it: &Project| it.name == project || it.id.as_str() == project;
        if action == ProjectAction::Remove && !registry.project(&id).as_ref().is_some_and(is_named)
        {
            return Err(EngineError::NotFound(project.to_owned()));
        }
        match action {
            ProjectAction::Remove => self.remove(&id).await?,
            ProjectAction::Retry => registry.retry(&id),
            ProjectAction::Reindex => {
                self.resolve(&id).await?.tell(crate::registry::Control::Reindex);
            }
            ProjectAction::Pause | ProjectAction::Resume => {
                let paused = action == ProjectAction::Pause;
                let (catalogue, key) = (Arc::clone(catalogue), id.clone());
                blocking(move || catalogue.set_paused(&key, paused)).await?;
                registry.set_paused(&id, paused);
            }
            ProjectAction::Pin | ProjectAction::Unpin => {
                let pinned = action == ProjectAction::Pin;
                let (catalogue, key) = (Arc::clone(catalogue), id.clone());
                blocking(move || catalogue.set_pinned(&key, pinned)).await?;
                registry.set_pinned(&id, pinned);
            }
            ProjectAction::MeaningOn => self.set_meaning(&id, true).await?,
            ProjectAction::MeaningOff => self.set_meaning(&id, false).await?,
            ProjectAction::IgnoredOn => self.include_ignored(&id, true).await?,
            ProjectAction::IgnoredOff => self.include_ignored(&id, false).await?,
        }
        registry.publish();
        Ok(())
    }

    async fn remove(&self, id: &ProjectId) -> Result<(), EngineError> {
        let Shared { registry, catalogue, vectors, .. } = &*self.shared;
        // First where it lasts: killed in between, the start finds an index without a project.
        let (catalogue, key) = (Arc::clone(catalogue), id.clone());
        blocking(move || catalogue.remove(&key)).await?;
        let (registry, vectors, id) = (registry.clone(), Arc::clone(vectors), id.clone());
        let deleting = tokio::spawn(async move {
            registry.remove(&id).await;
            delete(registry, &vectors, id).await;
        });
        if tokio::time::timeout(REMOVAL, deleting).await.is_err() {
            tracing::warn!("the index of a removed project is deleted once its disk answers");
        }
        Ok(())
    }

    /// The state of all projects; never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.registry.snapshot()
    }

    /// The state of all projects at this moment, which the next snapshot will have: for whoever has
    /// just changed something.
    pub fn statuses(&self) -> Vec<ProjectStatus> {
        self.shared.registry.statuses()
    }

    /// Gets every further snapshot, at most ten a second.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.registry.subscribe()
    }

    /// One project's state at this moment.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] or [`EngineError::Ambiguous`].
    pub fn status(&self, project: &str) -> Result<ProjectStatus, EngineError> {
        let id = self.find(project)?;
        self.shared.registry.status(&id).ok_or_else(|| EngineError::NotFound(project.to_owned()))
    }

    /// What was done to keep the project fresh since it was opened; all 0 of one that is not.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] or [`EngineError::Ambiguous`].
    pub fn activity(&self, project: &str) -> Result<Activity, EngineError> {
        let id = self.find(project)?;
        let upkeep = self.shared.registry.upkeep(&id);
        Ok(upkeep.map(|upkeep| upkeep.activity).unwrap_or_default())
    }

    /// What happened to the project's state since the engine was opened: the last changes, the
    /// oldest first, each with its cause.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] or [`EngineError::Ambiguous`].
    pub fn log(&self, project: &str) -> Result<Vec<LogLine>, EngineError> {
        let id = self.find(project)?;
        self.shared.registry.history(&id).ok_or_else(|| EngineError::NotFound(project.to_owned()))
    }

    /// The files of the project that are known and not searched, with the reason.
    ///
    /// # Errors
    /// As for a search in that project.
    pub async fn skipped(&self, project: &str) -> Result<Vec<SkippedFile>, EngineError> {
        let hot = self.resolve(&self.find(project)?).await?;
        blocking(move || {
            hot.index.skipped().map_err(|error| EngineError::Failed {
                cause: crate::registry::Cause::of(&error).word(),
                message: error.to_string(),
            })
        })
        .await
    }

    /// Stops every watcher and run, and what embeds texts. What is committed stays; the engine is of
    /// no use afterwards.
    pub async fn close(&self) {
        let Shared { registry, vectors, filler, .. } = &*self.shared;
        tokio::join!(registry.close(), filler.close(), vectors.embedder.close());
    }

    /// The id of the project with this id or unique name.
    fn find(&self, project: &str) -> Result<ProjectId, EngineError> {
        let projects = self.shared.registry.projects();
        if let Some(found) = projects.iter().find(|candidate| candidate.id.as_str() == project) {
            return Ok(found.id.clone());
        }
        let mut named: Vec<&Project> =
            projects.iter().filter(|candidate| candidate.name == project).collect();
        if named.is_empty() {
            let in_any_case = |candidate: &&Project| candidate.name.eq_ignore_ascii_case(project);
            named = projects.iter().filter(in_any_case).collect();
        }
        match named.as_slice() {
            [] => Err(EngineError::NotFound(project.to_owned())),
            [one] => Ok(one.id.clone()),
            several => Err(EngineError::Ambiguous {
                name: project.to_owned(),
                ids: several.iter().map(|p| p.id.to_string()).collect(),
            }),
        }
    }

    async fn resolve(&self, id: &ProjectId) -> Result<Lease, EngineError> {
        let resolved = self.shared.registry.resolve(id, self.shared.options.patience).await;
        resolved.map_err(|error| match error {
            ResolveError::NotFound(id) => EngineError::NotFound(id.to_string()),
            ResolveError::Loading { .. } => EngineError::Loading,
            ResolveError::Failed(failure) => EngineError::Failed {
                cause: failure.cause.word(),
                message: failure.message.clone(),
            },
        })
    }
}

/// Deletes what is stored of a project that is not registered any more.
async fn delete(registry: Registry, vectors: &Vectors, id: ProjectId) {
    let key = id.clone();
    blocking(move || registry.delete_index(&key)).await;
    vectors.forget(&id).await;
}

/// Runs `work` where blocking is allowed; its panic is the caller's.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            // Only a runtime that is being shut down cancels blocking work, and with it the task
            // that waits here.
            Err(_) => std::future::pending().await,
        },
    }
}
