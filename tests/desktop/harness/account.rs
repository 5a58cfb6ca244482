//! A user account of its own: home, XDG directories, Quarry's data directory, and the processes
//! started for it. All of it is gone when it is dropped, after a panic too.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use super::processes::{self, tied};
use super::turn::Turn;
use super::wait::{PATIENCE, poll, until, within};

/// In the environment of everything that belongs to one account.
const OWNER: &str = "QUARRY_TEST_ACCOUNT";
/// In the environment of Quarry itself and of what it starts.
const PROGRAM: &str = "QUARRY_TEST_PROGRAM";
const LOG_TAIL: usize = 3000;
/// A command may have a large folder to index.
const LONGEST_RUN: Duration = Duration::from_secs(120);

static NEXT: AtomicU32 = AtomicU32::new(1);

pub struct Account {
    name: String,
    home: TempDir,
    environment: RefCell<Vec<(OsString, OsString)>>,
    children: RefCell<Vec<Child>>,
    logs: RefCell<Vec<PathBuf>>,
    _turn: Turn,
}

/// A process of the account; it is ended with the account at the latest.
#[derive(Clone, Debug)]
pub struct Started {
    pub pid: u32,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Account {
    pub fn new() -> Self {
        let turn = Turn::take();
        let home = tempfile::Builder::new().prefix("quarry-test-").tempdir().unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let account = Self {
            name: format!("{}-{number}", std::process::id()),
            home,
            environment: RefCell::default(),
            children: RefCell::default(),
            logs: RefCell::default(),
            _turn: turn,
        };
        for (variable, folder) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "share"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
            ("QUARRY_DATA_DIR", "data"),
        ] {
            let path = account.home().join(folder);
            fs::create_dir_all(&path).unwrap();
            account.set(variable, path);
        }
        fs::create_dir_all(account.home().join("logs")).unwrap();
        fs::set_permissions(account.home().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        for variable in ["PATH", "QUARRY_LOG", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(variable) {
                account.set(variable, value);
            }
        }
        account.set("LANG", "C.UTF-8");
        account.set(OWNER, &account.name);
        account
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home().join("data")
    }

    /// For every process started from now on.
    pub fn set(&self, variable: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        let pair = (variable.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.borrow_mut().push(pair);
    }

    /// Writes a file of the home folder, with the folders above it.
    pub fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A command with the account's environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = tied(program);
        command.envs(self.environment.borrow().iter().map(|(name, value)| (name, value)));
        command.current_dir(self.home()).stdin(Stdio::null());
        command
    }

    /// What marks Quarry and its children, for a command that starts it by way of another program.
    pub fn mark_program(&self, command: &mut Command) {
        command.env(PROGRAM, &self.name);
    }

    /// Its output goes to files, so that no pipe has to be emptied meanwhile.
    pub fn start(&self, command: &mut Command, name: &str) -> Started {
        self.start_with(command, name, |command, stdout| {
            command.stdout(fs::File::create(stdout).unwrap());
        })
    }

    /// As [`Account::start`], with pipes for whoever talks to it.
    pub fn start_piped(
        &self,
        command: &mut Command,
        name: &str,
    ) -> (Started, ChildStdin, ChildStdout) {
        let started = self.start_with(command, name, |command, stdout| {
            fs::write(stdout, "").unwrap();
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
        });
        let mut children = self.children.borrow_mut();
        let child = children.last_mut().unwrap();
        (started, child.stdin.take().unwrap(), child.stdout.take().unwrap())
    }

    fn start_with(
        &self,
        command: &mut Command,
        name: &str,
        connect: impl FnOnce(&mut Command, &Path),
    ) -> Started {
        let number = self.children.borrow().len();
        let log = |stream| self.home().join(format!("logs/{number:03}-{name}.{stream}"));
        let (stdout, stderr) = (log("out"), log("err"));
        connect(command, &stdout);
        command.stderr(fs::File::create(&stderr).unwrap());
        let child = processes::start(command, "util-linux");
        let started = Started { pid: child.id(), stdout, stderr };
        self.children.borrow_mut().push(child);
        started
    }

    /// Shows what it says on standard error if the test fails.
    pub fn tell_about(&self, started: &Started) {
        self.logs.borrow_mut().push(started.stderr.clone());
    }

    /// How it ended; `None` while it runs.
    pub fn exit(&self, started: &Started) -> Option<ExitStatus> {
        let mut children = self.children.borrow_mut();
        let child = children.iter_mut().find(|child| child.id() == started.pid).unwrap();
        child.try_wait().unwrap()
    }

    pub fn runs(&self, started: &Started) -> bool {
        self.exit(started).is_none()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(&self, started: &Started) -> (ExitStatus, String, String) {
        let what = format!("the end of {}", processes::command_line(started.pid));
        let status = within(LONGEST_RUN, &what, || self.exit(started));
        (status, self.stdout(started), text(&started.stderr))
    }

    /// What it wrote so far.
    pub fn stdout(&self, started: &Started) -> String {
        text(&started.stdout)
    }

    #[allow(dead_code, reason = "for the bench of the window")]
    pub fn stderr(&self, started: &Started) -> String {
        text(&started.stderr)
    }

    /// What a variable of the account's environment holds.
    #[allow(dead_code, reason = "for the bench of the window")]
    pub fn variable(&self, name: &str) -> Option<String> {
        let environment = self.environment.borrow();
        let (_, value) = environment.iter().rfind(|(known, _)| known == name)?;
        value.to_str().map(str::to_owned)
    }

    pub fn kill(&self, started: &Started) {
        processes::signal(started.pid, Signal::KILL);
        let status = until("a killed process ends", || self.exit(started));
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "it ended before it was killed");
    }

    /// Quarry and whatever it started, as far as it still runs.
    pub fn program_processes(&self) -> Vec<u32> {
        processes::with_environment(PROGRAM, &self.name)
    }

    fn end_everything(&self) {
        let gone = poll(PATIENCE, || {
            let left = processes::with_environment(OWNER, &self.name);
            for &pid in &left {
                processes::signal(pid, Signal::KILL);
            }
            for child in self.children.borrow_mut().iter_mut() {
                let _ = child.try_wait();
            }
            left.is_empty()
        });
        if gone.is_none() {
            eprintln!("processes of {} could not be ended", self.name);
        }
    }

    fn tell_logs(&self) {
        for path in self.logs.borrow().iter() {
            let log = fs::read(path).unwrap_or_default();
            if !log.is_empty() {
                let tail = &log[log.len().saturating_sub(LOG_TAIL)..];
                let name = path.file_name().unwrap_or_default().display();
                eprintln!("--- {name}\n{}", String::from_utf8_lossy(tail).trim_end());
            }
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.end_everything();
        if thread::panicking() {
            self.tell_logs();
        }
    }
}

fn text(path: &Path) -> String {
    String::from_utf8(fs::read(path).unwrap()).unwrap()
}
