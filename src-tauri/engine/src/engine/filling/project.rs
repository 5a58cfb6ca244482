//! What of one project is still to be embedded.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tantivy::SearcherGeneration;

use crate::catalogue::ProjectId;
use crate::embed::inventory::{ChunkTexts, FileStamp, FileTexts, Inventory, InventoryError};
use crate::embed::store::places::Marks;
use crate::embed::store::{Key, Store};
use crate::index::manifest::{Entry, Manifest};
use crate::registry::{Embedding, Registry, Searchable};
use crate::root_access::unless_held;
use crate::search::meaning::{Tier, texts_of_file};

use super::super::blocking;

/// Files that are listed in one step, in the time that they may take.
const FILES_AT_ONCE: usize = 32;
/// A survey of a large project lets others have their turn after so long.
const SURVEY: Duration = Duration::from_secs(2);
/// A survey comes at most once in this many times what the last one took.
const SURVEY_SHARE: u32 = 50;
const SOONEST_SURVEY: Duration = Duration::from_secs(1);
/// How long a disk that does not answer is left alone.
const SILENCE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    #[error("the index cannot be read: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error("the disk of its folder does not answer")]
    Unanswered,
    /// What reads a damaged index may panic.
    #[error("reading the index failed")]
    Panicked,
}

/// Runs `work` where blocking is allowed; it may panic.
async fn reading<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SurveyError> + Send + 'static,
) -> Result<T, SurveyError> {
    let caught = blocking(move || catch_unwind(AssertUnwindSafe(work))).await;
    caught.unwrap_or(Err(SurveyError::Panicked))
}

#[derive(Default)]
pub struct Work {
    /// The commit whose files are all listed.
    surveyed: Option<Arc<SearcherGeneration>>,
    not_before: Option<Instant>,
    /// Its disk did not answer; it is left alone until then.
    silent_until: Option<Instant>,
    /// Files with something to embed, the first ones first.
    files: VecDeque<(Tier, String)>,
    /// Of the file at hand.
    texts: VecDeque<(Key, String)>,
    /// Given out and not heard of again.
    ahead: usize,
    counts: Counts,
}

/// Texts that differ from each other.
#[derive(Clone, Copy, Default)]
struct Counts {
    wanted: u64,
    done: u64,
}

/// What the index and the list of texts say differently.
struct Difference {
    generation: Arc<SearcherGeneration>,
    changed: Vec<(String, Entry)>,
    gone: Vec<String>,
}

impl Work {
    /// Whether what is to be done is known for the last commit of the index.
    pub fn is_current(&self, project: &Searchable) -> bool {
        let now = project.index.searcher();
        self.surveyed.as_deref().is_some_and(|surveyed| *surveyed == *now.generation())
    }

    pub fn is_done(&self) -> bool {
        self.files.is_empty() && self.texts.is_empty() && self.ahead == 0
    }

    /// How long it is too soon for a survey.
    pub fn wait(&self) -> Option<Duration> {
        let wait = self.not_before.max(self.silent_until)?;
        let wait = wait.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Whether its disk did not answer a moment ago.
    pub fn is_silent(&self) -> bool {
        self.silent_until.is_some_and(|until| Instant::now() < until)
    }

    fn fall_silent(&mut self) {
        self.silent_until = Some(Instant::now() + SILENCE);
    }

    /// What was to be embedded was not: it is looked for again.
    pub fn look_again(&mut self) {
        self.surveyed = None;
        self.texts.clear();
    }

    /// Lists the texts of files that changed, for a while; is current when it came to the end.
    pub async fn survey(
        &mut self,
        project: &Searchable,
        inventory: &Arc<Inventory>,
        store: &Arc<Store>,
        refused: &HashSet<Key>,
    ) -> Result<(), SurveyError> {
        let begun = Instant::now();
        let id = project.id.to_string();
        let index = Arc::clone(&project.index);
        let (list, of) = (Arc::clone(inventory), id.clone());
        let difference = reading(move || {
            let searcher = index.searcher();
            difference(&searcher, index.fields(), &of, &list)
        });
        let Difference { generation, changed, gone } = difference.await?;
        if !gone.is_empty() {
            let (list, of) = (Arc::clone(inventory), id.clone());
            blocking(move || list.remove(&of, &gone)).await?;
        }
        let mut changed = changed.into_iter().peekable();
        let mut all_read = true;
        while changed.peek().is_some() {
            let step = Instant::now();
            let files: Vec<(String, Entry)> = changed.by_ref().take(FILES_AT_ONCE).collect();
            let (root, index) = (project.root.clone(), Arc::clone(&project.index));
            let (list, of) = (Arc::clone(inventory), id.clone());
            let reader = project.access.reader();
            let reads = reader.clone();
            let listed = reading(move || {
                let searcher = index.searcher();
                let mut reader = index.documents(&searcher);
                let mut listed = Vec::with_capacity(files.len());
                let asked = files.len();
                for (path, entry) in files {
                    let Some(stamp) = stamp(&entry) else { continue };
                    let _read = reads.begin().ok_or(SurveyError::Unanswered)?;
                    let Some(texts) = texts_of_file(&root, &path, &entry, &mut reader)? else {
                        continue;
                    };
                    let chunks = texts.into_iter().filter_map(|chunk| {
                        let line_start = u32::try_from(chunk.line_start).ok()?;
                        let keys = chunk.texts.iter().map(|text| Key::of(text)).collect();
                        let defines = chunk.tier? != Tier::Window;
                        Some(ChunkTexts { line_start, defines, keys })
                    });
                    listed.push((path, FileTexts { stamp, chunks: chunks.collect() }));
                }
                list.put(&of, &listed)?;
                Ok(listed.len() == asked)
            });
            let listed = unless_held(&[reader], listed).await;
            let listed = listed.unwrap_or(Err(SurveyError::Unanswered));
            if let Err(SurveyError::Unanswered) = listed {
                self.fall_silent();
            }
            all_read &= listed?;
            if begun.elapsed() > SURVEY && changed.peek().is_some() {
                return Ok(());
            }
            // Half of the time is for others.
            tokio::time::sleep(step.elapsed()).await;
        }
        let (list, vectors, refused) = (Arc::clone(inventory), Arc::clone(store), refused.clone());
        let found = blocking(move || {
            list.note_listed(&id)?;
            missing(&id, &list, &vectors, &refused)
        });
        let (counts, files) = found.await?;
        self.counts = counts;
        self.files = files.into();
        self.texts.clear();
        // A file that could not be read, or is another one just now, may be there again later.
        self.surveyed = all_read.then_some(generation);
        let pause = (begun.elapsed() * SURVEY_SHARE).max(SOONEST_SURVEY);
        self.not_before = Some(Instant::now() + pause);
        Ok(())
    }

    /// Up to `most` texts to embed; fewer, or none, where they are not what they were any more.
    pub async fn next_texts(
        &mut self,
        project: &Searchable,
        store: &Arc<Store>,
        refused: &HashSet<Key>,
        most: usize,
    ) -> Vec<(Key, String)> {
        while self.texts.len() < most {
            let Some((tier, path)) = self.files.pop_front() else { break };
            let (root, index) = (project.root.clone(), Arc::clone(&project.index));
            let reader = project.access.reader();
            let (reads, file) = (reader.clone(), path.clone());
            let of_file = reading(move || {
                let searcher = index.searcher();
                let mut reader = index.documents(&searcher);
                let entry = reader.file(&path)?;
                let Some(_read) = reads.begin() else { return Ok(None) };
                let texts = match entry {
                    Some(entry) => texts_of_file(&root, &path, &entry, &mut reader)?,
                    None => None,
                };
                Ok(Some(texts))
            });
            let chunks = match unless_held(&[reader], of_file).await.unwrap_or(Ok(None)) {
                Ok(Some(Some(chunks))) => chunks,
                // Whoever searches a damaged index sees to it.
                Ok(Some(None)) | Err(_) => {
                    self.surveyed = None;
                    continue;
                }
                Ok(None) => {
                    self.files.push_front((tier, file));
                    self.fall_silent();
                    break;
                }
            };
            let of_tier = chunks.into_iter().filter(|chunk| chunk.tier == Some(tier));
            for text in of_tier.flat_map(|chunk| chunk.texts) {
                let key = Key::of(&text);
                let waits = self.texts.iter().any(|(other, _)| *other == key);
                if !waits && !store.contains(key) && !refused.contains(&key) {
                    self.texts.push_back((key, text));
                }
            }
        }
        let texts: Vec<_> = self.texts.drain(..most.min(self.texts.len())).collect();
        self.ahead += texts.len();
        texts
    }

    /// Of `given` texts so many have vectors now.
    pub fn embedded(&mut self, given: usize, count: usize) {
        self.ahead = self.ahead.saturating_sub(given);
        self.counts.done = (self.counts.done + count as u64).min(self.counts.wanted);
        if self.is_done() && self.surveyed.is_some() {
            self.counts.done = self.counts.wanted;
        }
    }

    pub fn report(&self, registry: &Registry, id: &ProjectId) {
        let Counts { wanted, done } = self.counts;
        let complete = self.surveyed.clone().filter(|_| self.is_done());
        registry.set_embedding(id, Embedding { wanted, done, complete });
    }
}

fn stamp(entry: &Entry) -> Option<FileStamp> {
    Some(FileStamp { hash: entry.hash?, deep: entry.symbols.is_some() })
}

fn difference(
    searcher: &tantivy::Searcher,
    fields: crate::index::schema::Fields,
    project: &str,
    inventory: &Inventory,
) -> Result<Difference, SurveyError> {
    let entries = Manifest::new(searcher, fields).all()?;
    let mut listed = inventory.stamps(project)?;
    let mut changed = Vec::new();
    for (path, entry) in entries {
        // Before its definitions are known it would have to be embedded twice.
        let deep = entry.symbols.is_some();
        let Some(stamp) = stamp(&entry).filter(|_| deep && Tier::of(&path, true).is_some()) else {
            continue;
        };
        if listed.remove(&path) != Some(stamp) {
            changed.push((path, entry));
        }
    }
    let gone = listed.into_keys().collect();
    Ok(Difference { generation: Arc::new(searcher.generation().clone()), changed, gone })
}

/// The texts that there are and that have vectors, and the files with others.
fn missing(
    project: &str,
    inventory: &Inventory,
    store: &Store,
    refused: &HashSet<Key>,
) -> Result<(Counts, Vec<(Tier, String)>), InventoryError> {
    let mut counts = Counts::default();
    // Of what there is a bit a text, as it may be a million; of what is missing the key.
    let (mut seen, mut absent) = (Marks::default(), HashSet::new());
    let mut files = BTreeSet::new();
    inventory.each(project, |path, texts| {
        for chunk in texts.chunks {
            let Some(tier) = Tier::of(path, chunk.defines) else { continue };
            for key in chunk.keys {
                match store.mark(key, &mut seen) {
                    Some(new) => counts.done += u64::from(new),
                    None => {
                        if !refused.contains(&key) && absent.insert(key) {
                            files.insert((tier, path.to_owned()));
                        }
                    }
                }
            }
        }
    })?;
    counts.wanted = counts.done + absent.len() as u64;
    Ok((counts, files.into_iter().collect()))
}
