//! Writing to an index, merging it and checking it, over real files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::*;

struct Folder {
    base: tempfile::TempDir,
    cancel: CancellationToken,
    gate: WriteGate,
}

impl Folder {
    /// With files `f0.rs` to `f3.rs`.
    fn new() -> Folder {
        let base = tempfile::tempdir().unwrap();
        let folder = Folder { base, cancel: CancellationToken::new(), gate: WriteGate::default() };
        std::fs::create_dir(folder.root()).unwrap();
        (0..4).for_each(|at| folder.write(at, "one"));
        folder
    }

    fn root(&self) -> PathBuf {
        self.base.path().join("root")
    }

    fn file(&self, at: usize) -> PathBuf {
        self.root().join(format!("f{at}.rs"))
    }

    fn write(&self, at: usize, word: &str) {
        std::fs::write(self.file(at), format!("fn {word}_{at}() {{}}\n")).unwrap();
    }

    fn open(&self) -> ProjectIndex {
        ProjectIndex::open(&self.base.path().join("index")).unwrap()
    }

    fn run(&self, index: &ProjectIndex, scope: Scope) -> Result<Report, IndexError> {
        let rules = Rules::new(&self.root(), Vec::new());
        let run = Run {
            rules: &rules,
            scope,
            force: false,
            limits: Limits::default(),
            cancel: &self.cancel,
            progress: &Progress::default(),
            gate: &self.gate,
            on_directory: Arc::new(|_: &Path| {}),
        };
        index.update(&run, &index.plan(&run)?)
    }

    fn compare(&self, index: &ProjectIndex) -> Report {
        let removed = BTreeSet::new();
        self.run(index, Scope::Everything { expect_loss: false, removed }).unwrap()
    }

    fn save(&self, index: &ProjectIndex, at: usize, word: &str) {
        self.write(at, word);
        self.run(
            index,
            Scope::Paths { paths: BTreeSet::from([self.file(at)]), removed: BTreeSet::new() },
        )
        .unwrap();
    }

    /// Saves files one by one until their segments are to be merged; how many files there are.
    fn scatter(&self, index: &ProjectIndex) -> usize {
        self.compare(index);
        let saved = (4..40).take_while(|at| {
            self.save(index, *at, "more");
            index.is_tidy()
        });
        4 + saved.count() + 1
    }
}

fn end(index: ProjectIndex) {
    index.close();
    index.leave_note();
}

fn verify(index: &ProjectIndex, now: Timestamp) -> Result<usize, IndexError> {
    index.verify(now, &CancellationToken::new(), &Progress::default())
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000 + hours)
}

#[test]
fn indexing_many_files_waits_for_searches_and_neither_a_first_look_nor_a_save_does() {
    let folder = Folder::new();
    let index = folder.open();
    let searches = Precedence::default();
    index.yield_to(&searches);
    let _searching = searches.search();
    let many = 4..2 * writing::BULK_FILES;
    many.clone().for_each(|at| folder.write(at, "one"));
    folder.compare(&index);
    assert!(!searches.was_given(), "people wait for a first look");
    folder.save(&index, 0, "other");
    assert!(!searches.was_given(), "people wait for what they saved");
    many.for_each(|at| folder.write(at, "other"));
    folder.compare(&index);
    assert!(searches.was_given());
}

#[test]
fn after_a_clean_end_only_new_files_of_the_index_are_read() {
    let folder = Folder::new();
    let index = folder.open();
    folder.compare(&index);
    let all = verify(&index, hours(0)).unwrap();
    assert!(all > 3, "{all}");
    assert_eq!(verify(&index, hours(1)).unwrap(), 0);
    end(index);
    let index = folder.open();
    assert_eq!(verify(&index, hours(2)).unwrap(), 0);
    folder.save(&index, 9, "new");
    end(index);
    let index = folder.open();
    assert_eq!(verify(&index, hours(3)).unwrap(), all, "those of the new segment");
    assert_eq!(verify(&index, hours(3)).unwrap(), 0);
}

#[test]
fn everything_is_read_after_a_day_an_unclean_end_or_when_the_clock_was_set_back() {
    let folder = Folder::new();
    let index = folder.open();
    folder.compare(&index);
    let all = verify(&index, hours(0)).unwrap();
    assert_eq!(verify(&index, hours(23)).unwrap(), 0);
    assert_eq!(verify(&index, hours(24)).unwrap(), all);
    assert_eq!(verify(&index, hours(24)).unwrap(), 0);
    assert_eq!(verify(&index, hours(23)).unwrap(), all);
    end(index);
    // The note holds for one opening.
    drop(folder.open());
    assert_eq!(verify(&folder.open(), hours(23)).unwrap(), all);
}

#[test]
fn reading_a_large_index_shows_that_it_moves_and_ends_when_it_is_told_to() {
    let folder = Folder::new();
    let words: String = (0..400_000_u64).map(|at| format!("w{:x}\n", at * 0x9E37_79B9)).collect();
    std::fs::write(folder.file(0), words).unwrap();
    let index = folder.open();
    folder.compare(&index);
    let (cancel, progress) = (CancellationToken::new(), Progress::default());
    let sound = index.verify(hours(0), &cancel, &progress).unwrap();
    let directory = std::fs::read_dir(folder.base.path().join("index")).unwrap();
    let sizes = directory.map(|file| file.unwrap().metadata().unwrap().len());
    assert!(sizes.max().unwrap() > 3 << 20);
    let pulse = progress.pulse.load(Ordering::Relaxed);
    assert!(pulse > 2 * sound as u64 + 3, "{pulse} for {sound} files");
    cancel.cancel();
    let stopped = index.verify(hours(24), &cancel, &progress);
    assert!(matches!(stopped, Err(IndexError::Cancelled)), "{stopped:?}");
    assert_eq!(verify(&index, hours(24)).unwrap(), sound, "nothing is taken for looked at");
}

#[cfg(unix)]
#[test]
fn damage_is_found_although_the_file_has_its_size_and_time_again() {
    let folder = Folder::new();
    let index = folder.open();
    folder.compare(&index);
    verify(&index, hours(0)).unwrap();
    end(index);
    let files = std::fs::read_dir(folder.base.path().join("index")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let path = paths.find(|path| path.extension().is_some_and(|kind| kind == "idx")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let time = path.metadata().unwrap().modified().unwrap();
    bytes[3] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    let found = verify(&folder.open(), hours(1));
    assert!(matches!(found, Err(IndexError::Corrupt { .. })), "{found:?}");
}

#[test]
fn a_file_whose_time_alone_changed_is_read_once_even_over_a_clean_end() {
    let folder = Folder::new();
    let index = folder.open();
    folder.compare(&index);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    let file = std::fs::File::options().write(true).open(folder.file(0)).unwrap();
    file.set_modified(later).unwrap();
    let report = folder.compare(&index);
    assert_eq!((report.read, report.same, report.commits), (1, 1, 0));
    end(index);
    let index = folder.open();
    assert_eq!(folder.compare(&index).read, 0);
    // Its bytes are other ones now, and then those of the index once more.
    folder.save(&index, 0, "two");
    end(index);
    let index = folder.open();
    file.set_modified(later).unwrap();
    assert_eq!(folder.compare(&index).read, 1, "what was known of its time is over");
}

#[test]
fn a_file_is_saved_while_a_merge_goes_on_and_neither_is_lost() {
    let folder = Folder::new();
    let index = folder.open();
    let files = folder.scatter(&index);
    let before = index.segments();
    // Told to stop at once, the run leaves the merge to itself.
    folder.cancel.cancel();
    let left = folder.run(&index, Scope::Layers);
    assert!(matches!(left, Err(IndexError::Cancelled)), "{left:?}");
    let folder = Folder { cancel: CancellationToken::new(), ..folder };
    folder.save(&index, 0, "two");
    folder.save(&index, 50, "fifty");
    while !index.is_tidy() {
        folder.run(&index, Scope::Layers).unwrap();
    }
    assert!(index.segments() < before, "{} after {before}", index.segments());
    assert_eq!(index.counts().unwrap().files as usize, files + 1);
    let known = folder.compare(&index);
    assert_eq!((known.read, known.removed), (0, 0));
    drop(index);
    assert_eq!(folder.open().counts().unwrap().files as usize, files + 1, "on disk as well");
}

#[test]
fn a_closed_index_ends_its_merge_and_is_not_written_to() {
    let folder = Folder::new();
    let index = folder.open();
    let files = folder.scatter(&index);
    folder.cancel.cancel();
    let _ = folder.run(&index, Scope::Layers);
    let folder = Folder { cancel: CancellationToken::new(), ..folder };
    index.close();
    assert!(index.underway().is_none());
    folder.write(0, "two");
    let written = folder.run(
        &index,
        Scope::Paths { paths: BTreeSet::from([folder.file(0)]), removed: BTreeSet::new() },
    );
    assert!(written.is_err(), "{written:?}");
    drop(index);
    let index = folder.open();
    assert_eq!(index.counts().unwrap().files as usize, files);
    verify(&index, hours(0)).unwrap();
    while !index.is_tidy() {
        folder.run(&index, Scope::Layers).unwrap();
    }
    assert_eq!(index.counts().unwrap().files as usize, files);
}

#[test]
fn what_was_seen_to_go_explains_itself_and_what_was_below_it_and_nothing_else() {
    let folder = Folder::new();
    let below = folder.root().join("below");
    std::fs::create_dir(&below).unwrap();
    for at in 0..60 {
        std::fs::write(below.join(format!("g{at}.rs")), "fn g() {}").unwrap();
    }
    let index = folder.open();
    folder.compare(&index);
    std::fs::remove_dir_all(&below).unwrap();
    let compare = |gone: &[PathBuf]| {
        let removed = gone.iter().cloned().collect();
        folder.run(&index, Scope::Everything { expect_loss: false, removed })
    };
    for gone in [folder.file(0), below.join("g7.rs"), folder.root().join("belo")] {
        let result = compare(&[gone]);
        assert!(matches!(result, Err(IndexError::Shrunk { .. })), "{result:?}");
    }
    assert_eq!(compare(&[below]).unwrap().removed, 60);
}
