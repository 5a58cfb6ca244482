//! Runs a test once more in a process of its own: with other rights, other limits, mounts that
//! nobody else sees, or just alone, so that what it counts is its own.

use std::process::Command;

/// Tells the inner run of a test from the outer one.
const INSIDE: &str = "QUARRY_TEST_CONFINED";

/// What the calling test has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Show what it is to show.
    Inside,
    /// Nothing any more: the inner run has passed, or the machine does not permit it.
    Over,
}

/// Alone in its process.
pub const ALONE: &[&str] = &["env"];
/// As a user that may not read everything.
pub const NOBODY: &[&str] = &["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
/// With mounts of its own.
pub const MOUNTS: &[&str] = &["unshare", "--mount", "--propagation", "private"];
/// With the limits of a user namespace of its own.
pub const LIMITS: &[&str] = &["unshare", "--user", "--map-root-user"];

/// Runs the test of this name (as `cargo test` prints it) by way of `wrapper`. What the inner run
/// prints is printed.
#[track_caller]
pub fn confined(test: &str, wrapper: &[&str]) -> Turn {
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return Turn::Inside;
    }
    let (program, arguments) = wrapper.split_first().unwrap();
    let permitted = Command::new(program).args(arguments).arg("true").output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        println!("{test}: not shown, `{}` is not permitted here", wrapper.join(" "));
        return Turn::Over;
    }
    let output = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, test)
        .output()
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    print!("{said}");
    assert!(said.contains("1 passed"), "{test}: {said}\n{complained}");
    Turn::Over
}

/// Runs a command that prepares what a test needs.
#[track_caller]
pub fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
}

/// How many directories this process watches.
pub fn watches() -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let texts = descriptors.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    texts.map(|text| text.lines().filter(|line| line.starts_with("inotify ")).count()).sum()
}
