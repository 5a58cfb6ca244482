//! Finds out which files a run has to read and which to drop, without reading any.

use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::PathBuf;

use super::manifest::{Entry, Stamp};
use super::scan::{Found, Scan, Seen, UnreadableDirectory};
use super::update::{Limits, Run, Scope};
use super::{IndexError, ProjectIndex, SkipReason};
use crate::rel_path;

/// Trees smaller than this may lose more than half of their files unsuspected.
const FEW_FILES: usize = 40;

/// A file to look into.
#[derive(Debug)]
pub(super) struct Candidate {
    pub found: Found,
    pub known: Option<Entry>,
    /// It is a directory that could not be listed, with the system's words.
    pub unlisted: Option<String>,
}

/// What a run has to do, as far as names and stamps tell.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) candidates: Vec<Candidate>,
    pub(super) removals: Vec<String>,
}

/// Files that lack a layer, by path.
#[derive(Debug, Default)]
pub(super) struct MissingLayers {
    pub grams: Vec<(String, Entry)>,
    pub symbols: Vec<(String, Entry)>,
}

impl ProjectIndex {
    /// The files whose text is in the index and one of whose other layers is not.
    pub(super) fn missing_layers(&self) -> Result<MissingLayers, IndexError> {
        let with_grams = self.manifest(|manifest| manifest.with_grams())?;
        let mut files: Vec<(String, Entry)> =
            self.manifest(|manifest| manifest.all())?.into_iter().collect();
        files.retain(|(_, entry)| entry.skipped.is_none());
        files.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let lacking = |lacks: &dyn Fn(&(String, Entry)) -> bool| {
            files.iter().filter(|file| lacks(file)).cloned().collect()
        };
        Ok(MissingLayers {
            grams: lacking(&|(path, _)| !with_grams.contains(path)),
            symbols: lacking(&|(_, entry)| entry.symbols.is_none()),
        })
    }

    /// Compares names and stamps; nothing is read or written yet.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn plan(&self, run: &Run<'_>) -> Result<Plan, IndexError> {
        match &run.scope {
            Scope::Everything { expect_loss, removed } => {
                self.plan_everything(run, (!expect_loss).then_some(removed))
            }
            Scope::Paths { paths, removed } => self.plan_paths(run, paths, removed),
            Scope::Layers => Ok(Plan::default()),
        }
    }

    /// `removed`: what may be missing of a tree that must not shrink otherwise; `None`: it may.
    fn plan_everything(
        &self,
        run: &Run<'_>,
        removed: Option<&BTreeSet<PathBuf>>,
    ) -> Result<Plan, IndexError> {
        let root = run.rules.root();
        let scan = walk(run, "")?;
        let mut known = self.manifest(|manifest| manifest.all())?;
        run.progress.beat();
        let (found, before) = (scan.files.len(), known.len());
        let mut plan = Plan::default();
        for found in scan.files {
            let entry = known.remove(&found.path);
            self.consider(found, entry, run.force, run.limits, &mut plan);
        }
        for directory in &scan.unreadable {
            let entry = known.remove(&directory.path);
            plan.candidates.push(unlisted(directory, entry));
        }
        plan.removals =
            known.into_keys().filter(|path| !below_any(path, &scan.unreadable)).collect();
        if !root.is_dir() {
            return Err(IndexError::RootMissing { root: root.to_owned() });
        }
        // An empty folder may be the place of a volume that is not mounted.
        let has_shrunk = |before: usize| found == 0 || (before > FEW_FILES && found < before / 2);
        if let Some(removed) = removed
            && has_shrunk(before)
            && !plan.removals.is_empty()
        {
            let lost = lost(run, &plan.removals, removed);
            let before = before - (plan.removals.len() - lost);
            if lost > 0 && has_shrunk(before) {
                return Err(IndexError::Shrunk { root: root.to_owned(), found, known: before });
            }
        }
        Ok(plan)
    }

    fn plan_paths(
        &self,
        run: &Run<'_>,
        paths: &BTreeSet<PathBuf>,
        removed: &BTreeSet<PathBuf>,
    ) -> Result<Plan, IndexError> {
        let root = run.rules.root();
        let missing = || IndexError::RootMissing { root: root.to_owned() };
        if !root.is_dir() {
            return Err(missing());
        }
        let mut plan = Plan::default();
        let mut matcher =
            run.rules.matcher().map_err(|source| IndexError::from_io(root, source))?;
        let mut removals = BTreeSet::new();
        let mut found = HashMap::new();
        let mut unlisted_ones = Vec::new();
        for path in paths {
            if run.cancel.is_cancelled() {
                return Err(IndexError::Cancelled);
            }
            let Ok(relative) = path.strip_prefix(root) else {
                continue;
            };
            let key = rel_path::encode(relative);
            match matcher.look(path) {
                Ok(Seen::File(file)) => {
                    // A file where a directory was: what it held is gone.
                    removals.extend(self.manifest(|manifest| manifest.below(&key))?);
                    found.insert(key, Named { file, by_itself: true });
                }
                Ok(Seen::Directory) => {
                    // Another directory than before may hold files of the same names, times and sizes.
                    let by_itself = path.ancestors().any(|above| removed.contains(above));
                    let scan = walk(run, &key)?;
                    let before = self.manifest(|manifest| manifest.below(&key))?;
                    let kept = before.into_iter().filter(|old| !below_any(old, &scan.unreadable));
                    removals.extend(kept);
                    for file in scan.files {
                        let key = file.path.clone();
                        found.entry(key).or_insert(Named { file, by_itself });
                    }
                    unlisted_ones.extend(scan.unreadable);
                    removals.insert(key);
                }
                Ok(Seen::Nothing) => {
                    removals.extend(self.manifest(|manifest| manifest.below(&key))?);
                    removals.insert(key);
                }
                Err(error) => {
                    tracing::debug!(path = %path.display(), %error, "cannot look at a changed path");
                }
            }
            run.progress.beat();
        }
        if !root.is_dir() {
            return Err(missing());
        }
        for directory in &unlisted_ones {
            let entry = self.file(&directory.path)?;
            removals.remove(&directory.path);
            plan.candidates.push(unlisted(directory, entry));
        }
        for path in removals {
            if !found.contains_key(&path) && self.file(&path)?.is_some() {
                plan.removals.push(path);
            }
        }
        for (path, Named { file, by_itself }) in found {
            let entry = self.file(&path)?;
            // A file that was named may have changed within one tick of the file system's clock,
            // or keep its old time on purpose: its stamp proves nothing.
            self.consider(file, entry, run.force || by_itself, run.limits, &mut plan);
        }
        plan.candidates.sort_unstable_by(|a, b| a.found.path.cmp(&b.found.path));
        Ok(plan)
    }

    /// Puts the file on the plan unless the index holds it with the same stamp.
    fn consider(
        &self,
        found: Found,
        known: Option<Entry>,
        force: bool,
        limits: Limits,
        plan: &mut Plan,
    ) {
        let unchanged = known.is_some_and(|entry| {
            entry.stamp == found.stamp || self.same_bytes().get(&found.path) == Some(&found.stamp)
        });
        // A file that could not be read is tried again when its stamp or its rights change; the
        // latter shows in no stamp, so that every run asks once more, at the price of one open.
        let unreadable = known.is_some_and(|e| e.skipped == Some(SkipReason::Unreadable));
        // The limit may be another one than when it was last looked at.
        let is_large = found.stamp.size > limits.file_bytes;
        let sized_otherwise = known.is_some_and(|entry| match entry.skipped {
            Some(SkipReason::TooLarge) => !is_large,
            None => is_large,
            Some(_) => false,
        });
        if force || !unchanged || unreadable || sized_otherwise {
            plan.candidates.push(Candidate { found, known, unlisted: None });
        }
    }
}

/// How many of the files that were not found are gone without a word of it: neither left out by a
/// rule nor `removed`, themselves or a directory above them.
fn lost(run: &Run<'_>, removals: &[String], removed: &BTreeSet<PathBuf>) -> usize {
    let Ok(mut matcher) = run.rules.matcher() else { return removals.len() };
    let root = run.rules.root();
    let paths = removals.iter().map(|path| root.join(rel_path::decode(path)));
    let untold = paths.filter(|path| !path.ancestors().any(|above| removed.contains(above)));
    untold.filter(|path| matcher.keeps(path, false)).count()
}

/// A file that a run for single paths found.
struct Named {
    file: Found,
    /// An event named the file, or a directory above it that was not there for a while.
    by_itself: bool,
}

/// The record of a directory that could not be listed; it has no stamp.
fn unlisted(directory: &UnreadableDirectory, known: Option<Entry>) -> Candidate {
    let stamp = Stamp { mtime: 0, size: 0 };
    let found = Found { path: directory.path.clone(), stamp, is_file: false };
    Candidate { found, known, unlisted: Some(directory.reason.clone()) }
}

fn walk(run: &Run<'_>, below: &str) -> Result<Scan, IndexError> {
    run.progress.beat();
    let root = run.rules.root();
    let scan = match run.rules.walk(below, run.cancel, &run.on_directory) {
        Ok(scan) => scan,
        Err(source) if below.is_empty() => {
            return Err(match source.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory if !root.is_dir() => {
                    IndexError::RootMissing { root: root.to_owned() }
                }
                _ => IndexError::from_io(root, source),
            });
        }
        // Gone since it was looked at: that is an event of its own.
        Err(source) if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Scan::default()
        }
        Err(source) => {
            let (path, reason) = (below.to_owned(), source.to_string());
            Scan { unreadable: vec![UnreadableDirectory { path, reason }], ..Scan::default() }
        }
    };
    if scan.cancelled { Err(IndexError::Cancelled) } else { Ok(scan) }
}

/// Whether the file at `path` is somewhere below one of the directories.
fn below_any(path: &str, directories: &[UnreadableDirectory]) -> bool {
    directories.iter().any(|directory| {
        let below = path.strip_prefix(directory.path.as_str());
        below.is_some_and(|rest| directory.path.is_empty() || rest.starts_with('/'))
    })
}
