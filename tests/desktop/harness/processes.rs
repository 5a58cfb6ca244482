//! Processes as the kernel sees them: who belongs to a test, who listens on a socket, signals.

use std::collections::HashSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rustix::process::{Pid, Signal};

/// `SO_ACCEPTCON` in `/proc/net/unix`: a socket that waits for connections.
const LISTENING: &str = "00010000";

/// A command that dies with the test's thread, even when the test program is killed.
/// Its environment is empty.
pub fn tied(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program.as_ref());
    command.env_clear().process_group(0);
    command
}

/// The full path of a tool, or a panic that names the Debian package it is in.
pub fn tool(program: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match std::env::split_paths(&path).map(|folder| folder.join(program)).find(|p| p.is_file()) {
        Some(found) => found,
        None => panic!("`{program}` is missing: install the package `{package}`"),
    }
}

#[track_caller]
pub fn start(command: &mut Command, package: &str) -> Child {
    match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("{command:?}: {error}; is the package `{package}` installed?"),
    }
}

/// The processes that have `name=value` in the environment they were started with.
pub fn with_environment(name: &str, value: &str) -> Vec<u32> {
    let wanted = format!("{name}={value}").into_bytes();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == wanted)
        })
        .collect()
}

/// Its arguments, for a message.
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&bytes).replace('\0', " ");
    format!("{pid} {}", words.trim())
}

pub fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // One that is gone needs no signal.
    let _ = pid.map(|pid| rustix::process::kill_process(pid, signal));
}

/// The paths of the Unix sockets on which a process accepts connections.
pub fn listening(pid: u32) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let own: HashSet<String> = entries
        .filter_map(|entry| {
            let target = fs::read_link(entry.ok()?.path()).ok()?;
            Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let table = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    table
        .lines()
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [_, _, _, flags, _, _, inode, path] = columns.as_slice() else { return None };
            (*flags == LISTENING && own.contains(*inode)).then(|| PathBuf::from(path))
        })
        .collect()
}
