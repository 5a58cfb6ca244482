//! Twenty open projects in which nothing happens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::harness::account::Account;
use crate::harness::wait::within;

const PROJECTS: usize = 20;
/// The share of one core, in percent.
const MOST_CPU: f64 = 0.5;

/// What a process has used since it began.
#[derive(Debug)]
struct Used {
    cpu: Duration,
    /// Bytes sent to a disk.
    written: u64,
}

fn used(pid: u32) -> Used {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name before the last parenthesis may hold blanks; user and system time follow as the
    // 12th and 13th field behind it, in hundredths of a second: proc_pid_stat(5).
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap();
    Used { cpu: Duration::from_millis(ticks * 10), written: written.parse().unwrap() }
}

/// Every file of the data directory with its size and the time of its last change.
fn files(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path(), (metadata.len(), metadata.modified().unwrap()));
            }
        }
    }
    found
}

#[test]
fn open_projects_without_edits_run_nothing_write_nothing_and_use_no_processor() {
    let long = std::env::var_os("QUARRY_LONG").is_some();
    let span = Duration::from_secs(if long { 120 } else { 20 });
    let account = Account::new();
    let owner = account.start_headless();
    let mut add = vec!["add".to_owned(), "--wait".to_owned(), "text".to_owned()];
    for project in 0..PROJECTS {
        for file in 0..20 {
            account.write(&format!("code/p{project}/src/f{file}.rs"), "fn needle() {}\n");
        }
        add.push(format!("code/p{project}"));
    }
    account.quarry(add).done();
    let at_rest = |project: &serde_json::Value| {
        let embedded =
            !project["vectors"].is_null() && project["vectors"] == project["vectors_wanted"];
        project["residency"] == "Hot" && project["freshness"] == "Fresh" && embedded
    };
    within(Duration::from_secs(180), "all are open, fresh and embedded", || {
        let projects = account.projects();
        projects.len() == PROJECTS && projects.iter().all(at_rest)
    });
    let watch = account.start_quarry(["status", "--json", "--watch"]);
    within(Duration::from_secs(60), "nothing is written any more", || {
        let before = (files(&account.data_dir()), used(owner.pid).written);
        thread::sleep(Duration::from_secs(2));
        let said = !account.stdout(&watch).is_empty();
        said && (files(&account.data_dir()), used(owner.pid).written) == before
    });

    let (kept, before) = (files(&account.data_dir()), used(owner.pid));
    let said = account.stdout(&watch).lines().count();
    thread::sleep(span);
    let after = used(owner.pid);
    let changes = account.stdout(&watch).lines().count() - said;
    let written = after.written - before.written;
    let cpu = (after.cpu - before.cpu).as_secs_f64() / span.as_secs_f64() * 100.0;
    println!(
        "{PROJECTS} open projects, {} s: {changes} changes of state, {written} bytes written, \
         {cpu:.2} % of a core",
        span.as_secs()
    );
    assert_eq!((changes, written), (0, 0));
    assert_eq!(files(&account.data_dir()), kept);
    assert!(cpu < MOST_CPU, "{cpu:.2} %");
}

#[test]
fn the_program_may_open_as_many_files_as_the_system_lets_it() {
    let account = Account::new();
    let mut limited = account.command("prlimit");
    limited.args(["--nofile=256:4096", "--"]).arg(crate::harness::quarry::binary());
    account.mark_program(&mut limited);
    let owner = account.start(limited.arg("--headless"), "limited");
    account.wait_until_it_serves(&owner);
    let limits = fs::read_to_string(format!("/proc/{}/limits", owner.pid)).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let figures: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(figures, ["4096", "4096"]);
}
