//! Vectors by the hash of the text they stand for: a cache that all projects share. What is lost
//! or damaged is embedded again; nothing else depends on it.

pub mod places;
pub mod segment;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

use places::{Marks, Place, Places};
use segment::{CAPACITY, Record, Segment};

use super::rows::Rows;

const FOLDER: &str = "vectors";
const EXTENSION: &str = "vectors";
/// A full segment with fewer living vectors than this is written anew, so that all of them together
/// take at most 1.5 times what lives in them.
const LEAST_LIVING: usize = CAPACITY.div_ceil(3) * 2;

/// Of a text as it is embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u128);

impl Key {
    pub fn of(text: &str) -> Key {
        Key(xxh3_128(text.as_bytes()))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the vectors in {} cannot be written: {source}", path.display())]
pub struct StoreError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// The vectors of one model. One process at a time may have it open.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By number, oldest first; the last one is written to.
    segments: Vec<Arc<Segment>>,
    /// Slots of the last one that are taken.
    taken: usize,
    places: Places,
}

impl Store {
    /// The vectors of `model` below `data`, which is made if it is not there. Files that are cut
    /// are removed and entries that have changed left out: they count as never embedded. Reads
    /// everything once; call it where blocking is allowed.
    pub fn open(data: &Path, model: &str) -> Result<Store, StoreError> {
        let directory = data.join(FOLDER).join(model);
        let failed = |source| StoreError { path: directory.clone(), source };
        fs::create_dir_all(&directory).map_err(failed)?;
        let mut numbers: Vec<(u32, PathBuf)> = fs::read_dir(&directory)
            .map_err(failed)?
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let own = path.extension().is_some_and(|extension| extension == EXTENSION);
                own.then(|| Some((path.file_stem()?.to_str()?.parse().ok()?, path.clone())))?
            })
            .collect();
        numbers.sort_unstable();
        let mut state = State::default();
        for (number, path) in numbers {
            match Segment::open(&path, number).and_then(|segment| state.take_in(segment)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(path = %path.display(), "vectors were damaged and are made anew");
                    fs::remove_file(&path).map_err(failed)?;
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(Store { directory, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the model whose vectors these are.
    pub fn model(&self) -> &str {
        self.directory.file_name().and_then(OsStr::to_str).unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.state().places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, key: Key) -> bool {
        self.state().places.get(key).is_some()
    }

    /// Keeps a vector of length 1. All vectors of a store have the same number of dimensions.
    pub fn put(&self, key: Key, vector: &[f32]) -> Result<(), StoreError> {
        let failed = |source| StoreError { path: self.directory.clone(), source };
        let mut state = self.state();
        if state.places.get(key).is_some() {
            return Ok(());
        }
        state.append(&self.directory, &Record::new(key, vector)).map_err(failed)?;
        Ok(())
    }

    /// The vectors of a project's chunks, in the order of `keys`, to be searched.
    pub fn rows(&self, keys: &[Key]) -> Rows {
        let state = self.state();
        let index = |number| state.segments.binary_search_by_key(&number, |it| it.number).ok();
        let places = keys.iter().map(|key| {
            let place = state.places.get(*key)?;
            Place::new(u32::try_from(index(place.segment())?).ok()?, place.slot())
        });
        Rows::new(places.collect(), state.segments.clone())
    }

    /// The vector of a text, if there is one.
    pub fn vector(&self, key: Key) -> Option<Vec<f32>> {
        let state = self.state();
        let place = state.places.get(key)?;
        let at = state.segments.binary_search_by_key(&place.segment(), |it| it.number).ok()?;
        let segment = Arc::clone(&state.segments[at]);
        drop(state);
        segment.is_whole().then(|| segment.vector(place.slot()))
    }

    /// Marks the vector of a text. Whether it had no mark before; `None` where there is no vector.
    pub fn mark(&self, key: Key, marks: &mut Marks) -> Option<bool> {
        self.state().places.get(key).map(|place| marks.insert(place))
    }

    /// Forgets the vectors in files that were cut or taken away since they were opened; how many
    /// those are.
    pub fn drop_damaged(&self) -> usize {
        let mut state = self.state();
        let before = state.places.len();
        let gone = |segment: &Arc<Segment>| !segment.is_whole() || !segment.is_linked();
        let damaged: Vec<Arc<Segment>> = state.segments.extract_if(.., |it| gone(it)).collect();
        for segment in &damaged {
            state.places.forget_segment(segment.number);
            tracing::warn!(number = segment.number, "vectors were damaged and are made anew");
            if let Err(error) = segment.remove() {
                tracing::debug!(%error, "the damaged file is gone already");
            }
        }
        if !damaged.is_empty() {
            // What is written next begins a file of its own.
            state.taken = CAPACITY;
        }
        before - state.places.len()
    }

    /// Frees what is not among the `living`, a segment at most, so that it can be called between
    /// other work; the segment that is written to is left alone as long as anything in it lives.
    /// Whether there may be more to do.
    pub fn compact(&self, living: &mut Marks) -> Result<bool, StoreError> {
        let failed = |source| StoreError { path: self.directory.clone(), source };
        let mut state = self.state();
        let Some((last, full)) = state.segments.split_last() else { return Ok(false) };
        let sparse = |segment: &&Arc<Segment>| living.count(segment.number) < LEAST_LIVING;
        let dead = Some(last).filter(|last| living.count(last.number) == 0);
        let Some(old) = full.iter().find(sparse).or(dead).cloned() else { return Ok(false) };
        if old.number == last.number {
            // What is written next begins a file of its own.
            state.taken = CAPACITY;
        }
        for slot in living.take(old.number) {
            if let Some(record) = old.record(slot) {
                living.insert(state.append(&self.directory, &record).map_err(failed)?);
            }
        }
        state.places.forget_segment(old.number);
        state.segments.retain(|segment| segment.number != old.number);
        old.remove().map_err(failed)?;
        Ok(true)
    }

    /// Deletes the vectors of all other models; how many models those are.
    pub fn delete_others(&self) -> Result<usize, StoreError> {
        let Some(all) = self.directory.parent() else { return Ok(0) };
        let failed = |source| StoreError { path: all.to_owned(), source };
        let mut deleted = 0;
        for entry in fs::read_dir(all).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path != self.directory && path.is_dir() {
                fs::remove_dir_all(&path).map_err(failed)?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

impl State {
    fn take_in(&mut self, segment: Segment) -> io::Result<()> {
        if self.segments.first().is_some_and(|first| first.dimensions != segment.dimensions) {
            return Ok(());
        }
        let (entries, taken) = segment.entries()?;
        for (slot, key) in entries {
            // A file of a name that no store gives is as good as empty.
            if let Some(place) = Place::new(segment.number, slot) {
                self.places.insert(key, place);
            }
        }
        self.taken = taken;
        self.segments.push(Arc::new(segment));
        Ok(())
    }

    fn append(&mut self, directory: &Path, record: &Record) -> io::Result<Place> {
        let dimensions = record.coarse.len();
        let segment = match self.segments.last() {
            Some(last) if last.dimensions != dimensions => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            Some(last) if self.taken < CAPACITY => last.clone(),
            last => {
                let number = last.map_or(0, |last| last.number + 1);
                let path = directory.join(format!("{number:06}.{EXTENSION}"));
                // Somebody may have deleted it meanwhile.
                fs::create_dir_all(directory)?;
                let segment = Arc::new(Segment::create(&path, number, dimensions)?);
                self.segments.push(segment.clone());
                self.taken = 0;
                segment
            }
        };
        let place = Place::new(segment.number, self.taken).ok_or(io::ErrorKind::QuotaExceeded)?;
        segment.write(self.taken, record)?;
        self.places.insert(record.key, place);
        self.taken += 1;
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
