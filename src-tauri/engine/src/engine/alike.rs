//! "More like this": the chunks of all projects that are nearest in meaning to a place in one.

use std::sync::Arc;
use std::time::Instant;

use super::nearest::{Nearest, Sought, nearest};
use super::searching::Gathered;
use super::{Engine, EngineError, blocking};
use crate::catalogue::ProjectId;
use crate::embed::embedder::EmbedError;
use crate::embed::store::Key;
use crate::registry::{ResolveError, Searchable};
use crate::rel_path;
use crate::root_access::unless_held;
use crate::search::meaning::texts_of_file;
use crate::search::query::Query;
use crate::search::{LaneReport, Mode, Search, SearchAnswer, SearchRequest};
use crate::status::LaneName;

/// A place in a project, and where what is like it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LikeRequest {
    /// Id or unique name of the project that holds it.
    pub project: String,
    /// Relative to the project's root, with `/`.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// Ids or unique names of the projects to search; all where there is none.
    pub projects: Vec<String>,
    pub limit: usize,
}

/// A chunk as it is embedded.
struct Chunk {
    line_start: u64,
    texts: Vec<String>,
}

impl Engine {
    /// The chunks nearest in meaning to the one at a place, best first, and not that one. Searches
    /// what is embedded already.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], and [`EngineError::Failed`] where the file is not in the index,
    /// there is nothing to compare on that line, or no model.
    pub async fn more_like(&self, request: LikeRequest) -> Result<SearchAnswer, EngineError> {
        let started = Instant::now();
        let LikeRequest { project, path, line, projects, limit } = request;
        let id = self.find(&project)?;
        let own = self.readable(&id).await?;
        let chunk = chunk_at(&own, path.clone(), line).await?;
        let vector = self.vector_of(chunk.texts).await?;
        let mut gathered = Gathered::default();
        for id in self.scope(&projects, &Query::default())? {
            gathered.total += 1;
            match self.readable(&id).await {
                Ok(searchable) => gathered.searched.push(searchable),
                Err(EngineError::Loading) => gathered.loading += 1,
                Err(error) => gathered.fail(&id, error.code()),
            }
        }
        let (vectors, registry) = (&self.shared.vectors, &self.shared.registry);
        // Itself may be found too, once for each of the projects that hold it.
        let most = limit.saturating_add(gathered.searched.len());
        let filters = Query::default();
        let sought = Sought { vector, filters, most, asked: Vec::new() };
        let Nearest { mut near, coverage, .. } =
            nearest(vectors, registry, &gathered.searched, sought).await;
        let this = own.root.join(rel_path::decode(&path));
        near.retain(|(place, _)| {
            let root = gathered.searched.iter().find(|one| one.id.as_str() == place.project);
            let at = root.map(|one| one.root.join(rel_path::decode(&place.path)));
            at.as_ref() != Some(&this) || place.line != chunk.line_start
        });
        let mut found = self.run(&Search::alike(near, limit), &gathered.searched).await;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        found.lanes = vec![LaneReport { lane: LaneName::Meaning, took_ms, note: coverage.note() }];
        let query = format!("{path}:{line}");
        let request = SearchRequest {
            query,
            mode: Mode::Meaning,
            projects,
            limit,
            ..SearchRequest::default()
        };
        Ok(gathered.answer(&request, &found, started))
    }

    async fn readable(&self, id: &ProjectId) -> Result<Searchable, EngineError> {
        let read = self.shared.registry.read(id, self.shared.options.patience).await;
        read.map_err(|error| match error {
            ResolveError::NotFound(id) => EngineError::NotFound(id.to_string()),
            ResolveError::Loading { .. } => EngineError::Loading,
            ResolveError::Failed(failure) => EngineError::Failed {
                cause: failure.cause.word(),
                message: failure.message.clone(),
            },
        })
    }

    /// The mean of the vectors of these texts, of length 1: from the store, or made now.
    async fn vector_of(&self, texts: Vec<String>) -> Result<Arc<[f32]>, EngineError> {
        let vectors = &self.shared.vectors;
        let store = vectors.store().await;
        let mut sum: Vec<f32> = Vec::new();
        for text in texts {
            let stored = store.as_ref().and_then(|store| store.vector(Key::of(&text)));
            let vector = match stored {
                Some(vector) => vector,
                None => vectors.embedder.embed_query(text).await.map_err(unavailable)?,
            };
            sum.resize(vector.len(), 0.0);
            sum.iter_mut().zip(&vector).for_each(|(sum, value)| *sum += value);
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        sum.iter_mut().for_each(|value| *value /= length.max(f32::MIN_POSITIVE));
        Ok(sum.into())
    }
}

async fn chunk_at(project: &Searchable, path: String, line: u64) -> Result<Chunk, EngineError> {
    let (root, index) = (project.root.clone(), Arc::clone(&project.index));
    let unknown = EngineError::Failed {
        cause: "NotIndexed",
        message: format!("{path} is not in the index of its project, or has changed since."),
    };
    let files = project.access.reader();
    let reads = files.clone();
    let chunks = blocking(move || {
        let searcher = index.searcher();
        let mut reader = index.documents(&searcher);
        let entry = reader.file(&path).ok().flatten()?;
        let _read = reads.begin()?;
        texts_of_file(&root, &path, &entry, &mut reader).ok().flatten()
    });
    let chunks = unless_held(&[files], chunks).await.flatten().ok_or(unknown)?;
    let chunk = chunks.into_iter().rfind(|chunk| chunk.line_start <= line);
    chunk
        .filter(|chunk| !chunk.texts.is_empty())
        .map(|chunk| Chunk { line_start: chunk.line_start, texts: chunk.texts })
        .ok_or_else(|| EngineError::Failed {
            cause: "NothingThere",
            message: "There is nothing on that line to compare with.".to_owned(),
        })
}

fn unavailable(error: EmbedError) -> EngineError {
    let message = match &error {
        EmbedError::Unavailable(state) => state.sentence(),
        EmbedError::Rejected(_) | EmbedError::Closed => None,
    };
    let message = message.unwrap_or_else(|| format!("It cannot be compared: {error}."));
    EngineError::Failed { cause: "NoModel", message }
}
