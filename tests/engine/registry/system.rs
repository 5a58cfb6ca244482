//! What this process has hold of, as the kernel sees it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The inodes of all directories that this process watches.
pub fn watched_inodes() -> Vec<u64> {
    let files = fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let inode = |line: &str| {
        let word =
            line.strip_prefix("inotify ")?.split(' ').find_map(|w| w.strip_prefix("ino:"))?;
        u64::from_str_radix(word, 16).ok()
    };
    texts.flat_map(|text| text.lines().filter_map(inode).collect::<Vec<_>>()).collect()
}

/// How many directories below `root` (itself included) are watched.
pub fn watched_below(root: &Path) -> usize {
    let mut inodes = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        inodes.insert(fs::metadata(&folder).unwrap().ino());
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    watched_inodes().iter().filter(|inode| inodes.contains(inode)).count()
}

/// Open files and mapped files below `folder`.
pub fn open_below(folder: &Path) -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let links = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let shown = folder.to_str().unwrap();
    links.filter(|target| target.starts_with(folder)).count()
        + maps.lines().filter(|line| line.contains(shown)).count()
}

pub fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn status(field: &str) -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

pub fn threads() -> usize {
    status("Threads")
}

/// Resident memory that belongs to no file, in kilobytes.
pub fn own_memory() -> usize {
    status("RssAnon")
}
