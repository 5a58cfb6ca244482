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

/// A file of one of the targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFile {
    pub target: usize,
    pub path: String,
}

/// A file with such lines.
#[derive(Clone, Debug)]
pub struct MatchingFile {
    pub file: TargetFile,
    pub lines: Vec<MatchingLine>,
}

/// How much is looked for, and for how long.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Lines that become hits; see [`super::line_filter`].
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

/// What reading gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In the order of [`in_order`].
    pub files: Vec<MatchingFile>,
    /// Files that may match, and those of them that were read.
    pub candidates: usize,
    pub read: usize,
    /// Of these, the ones that could not be read although they were tried.
    pub unreadable: usize,
}

/// The files of all targets in the order in which they are read, each once: those that people look
/// for first, and of equal ones those of each target in turn, by path.
pub fn in_order(paths: Vec<Vec<String>>) -> Vec<TargetFile> {
    let mut placed: Vec<(f32, usize, TargetFile)> = Vec::new();
    for (target, paths) in paths.into_iter().enumerate() {
        let mut rated: Vec<(f32, String)> =
            paths.into_iter().map(|path| (rank::share(&path), path)).collect();
        rated.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
        rated.dedup();
        let mut turn = 0;
        let mut before = f32::INFINITY;
        for (share, path) in rated {
            turn = if share < before { 0 } else { turn + 1 };
            before = share;
            placed.push((share, turn, TargetFile { target, path }));
        }
    }
    placed.sort_by(|(a, x, of_x), (b, y, of_y)| {
        b.total_cmp(a).then_with(|| (x, of_x.target).cmp(&(y, of_y.target)))
    });
    placed.into_iter().map(|(.., file)| file).collect()
}

/// Reads `all` with the readers that `reader` makes, one a thread. A reader says `None` of a file
/// that cannot be read.
pub fn read<R>(all: &[TargetFile], bounds: Bounds<'_>, reader: impl Fn() -> R + Sync) -> Outcome
where
    R: FnMut(&TargetFile) -> Option<Vec<MatchingLine>>,
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
            let Some(file) = all.get(at) else { break };
            let Some(mut lines) = lines_of(file) else {
                unreadable.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            lines.truncate(bounds.lines_of_one_file);
            if !lines.is_empty() {
                lines_found.fetch_add(lines.len(), Ordering::Relaxed);
                let file = MatchingFile { file: file.clone(), lines };
                found.lock().unwrap_or_else(PoisonError::into_inner).push((at, file));
            }
        }
    };
    if all.len() < READERS {
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
    let read = if complete { next.into_inner().min(all.len()) } else { all.len() };
    let files = files.into_iter().map(|(_, file)| file).collect();
    Outcome { files, candidates: all.len(), read, unreadable: unreadable.into_inner() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_of_all_targets_take_turns_and_tests_come_last() {
        let paths = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect();
        let first = paths(&["src/b.rs", "src/a.rs", "tests/a.rs", "src/c.rs", "src/a.rs"]);
        let ordered = in_order(vec![first, paths(&["tests/z.rs", "src/z.rs"])]);
        let ordered: Vec<_> = ordered.iter().map(|it| (it.target, it.path.as_str())).collect();
        assert_eq!(
            ordered,
            [
                (0, "src/a.rs"),
                (1, "src/z.rs"),
                (0, "src/b.rs"),
                (0, "src/c.rs"),
                (0, "tests/a.rs"),
                (1, "tests/z.rs"),
            ]
        );
    }
}
