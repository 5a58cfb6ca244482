//! Reads files for lines, the most wanted files first, on several threads and within bounds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{Audience, rank};

/// Threads that read files.
const READERS: usize = 8;

/// A file that has grown beyond this since it was indexed is not read; in bytes.
pub const LARGEST_FILE: u64 = 64 << 20;

/// A line that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchingLine {
    /// From 1.
    pub number: u64,
    pub text: String,
    /// Byte ranges of `text`.
    pub ranges: Vec<(usize, usize)>,
}

/// A file with such lines.
#[derive(Clone, Debug)]
pub struct MatchingFile {
    pub path: String,
    pub lines: Vec<MatchingLine>,
}

/// How much is looked for, and for how long.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    pub lines: usize,
    pub lines_of_one_file: usize,
    pub until: Instant,
    pub audience: &'a dyn Audience,
}

impl Bounds<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until || self.audience.has_left()
    }
}

/// What one index gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files that people look for first come first, equal ones by path.
    pub files: Vec<MatchingFile>,
    /// Files that may match, and those of them that were read.
    pub candidates: usize,
    pub read: usize,
    /// Of these, the ones that could not be read although they were tried.
    pub unreadable: usize,
}

/// The paths in the order in which they are read: those that people look for first, equal ones by
/// name, each once.
pub fn in_order(paths: Vec<String>) -> Vec<String> {
    let mut rated: Vec<(f32, String)> =
        paths.into_iter().map(|path| (rank::share(&path), path)).collect();
    rated.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    rated.dedup();
    rated.into_iter().map(|(_, path)| path).collect()
}

/// Reads `paths` with the readers that `reader` makes, one a thread. A reader says `None` of a file
/// that cannot be read.
pub fn read<R>(paths: &[String], bounds: Bounds<'_>, reader: impl Fn() -> R + Sync) -> Outcome
where
    R: FnMut(&str) -> Option<Vec<MatchingLine>>,
{
    let next = AtomicUsize::new(0);
    let lines_found = AtomicUsize::new(0);
    let unreadable = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(READERS);
    let read_files = || {
        let mut lines_of = reader();
        while lines_found.load(Ordering::Relaxed) < bounds.lines && !bounds.is_over() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(at) else { break };
            let Some(mut lines) = lines_of(path) else {
                unreadable.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            lines.truncate(bounds.lines_of_one_file);
            if !lines.is_empty() {
                lines_found.fetch_add(lines.len(), Ordering::Relaxed);
                let file = (at, MatchingFile { path: path.clone(), lines });
                found.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            }
        }
    };
    if paths.len() < READERS {
        read_files();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(read_files);
            }
        });
    }
    let mut files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_by_key(|(at, _)| *at);
    let complete = lines_found.into_inner() < bounds.lines;
    let read = if complete { next.into_inner().min(paths.len()) } else { paths.len() };
    let files = files.into_iter().map(|(_, file)| file).collect();
    Outcome { files, candidates: paths.len(), read, unreadable: unreadable.into_inner() }
}
