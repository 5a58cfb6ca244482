//! A data directory, folders to register, and an engine over them.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quarry_engine::engine::{Engine, Options};
use quarry_engine::search::{Hit, Mode, SearchAnswer, SearchRequest};
use quarry_engine::status::{Freshness, LaneName, ProjectStatus, Residency};

/// Generous: what is waited for comes in milliseconds, on a machine that has time.
pub const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(15);

pub struct World {
    directory: tempfile::TempDir,
    pub options: Options,
    /// `None` while it is closed.
    engine: Option<Engine>,
}

impl World {
    pub fn new() -> World {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Options)) -> World {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().canonicalize().unwrap();
        let mut options = Options { home: None, ..Options::new(base.join("data")) };
        change(&mut options);
        let engine = Some(Engine::open(options.clone()).unwrap());
        World { directory, options, engine }
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    /// A path beside the data directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    /// Makes a folder with these files.
    pub fn folder(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.path(name);
        std::fs::create_dir_all(&root).unwrap();
        for (file, text) in files {
            write(&root.join(file), text);
        }
        root
    }

    /// Makes a folder, registers it, and waits until it is indexed.
    pub async fn project(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.folder(name, files);
        self.add(&root).await;
        root
    }

    pub async fn add(&self, root: &Path) -> ProjectStatus {
        let added = self.engine().add(root, None).await.unwrap();
        self.engine().wait(&added.project.id, LaneName::Text).await.unwrap()
    }

    pub async fn close(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.close().await;
        }
    }

    pub async fn reopen(&mut self) {
        self.close().await;
        // The tasks of the last engine let go of the data directory a moment after it is closed.
        let options = self.options.clone();
        let engine = until("the data directory is free", || {
            let options = options.clone();
            async move { Engine::open(options).ok() }
        });
        self.engine = Some(engine.await);
    }

    /// As somebody who types it.
    pub async fn search(&self, query: &str) -> SearchAnswer {
        self.ask(query, Mode::Auto).await
    }

    pub async fn ask(&self, query: &str, mode: Mode) -> SearchAnswer {
        let request =
            SearchRequest { query: query.into(), mode, limit: 100, ..SearchRequest::default() };
        self.engine().search(request).await.unwrap()
    }

    /// The paths of the files with these words, each once, sorted.
    pub async fn found(&self, query: &str) -> Vec<String> {
        paths(&self.ask(query, Mode::Text).await.results)
    }

    /// Waits until a search finds exactly these files.
    pub async fn until_found(&self, query: &str, files: &[&str]) {
        let mut last = Vec::new();
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            last = self.found(query).await;
            if last == files {
                return;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("{query} finds {last:?} instead of {files:?}; {:?}", self.engine().snapshot());
    }

    pub fn status(&self, project: &str) -> ProjectStatus {
        self.engine().status(project).unwrap()
    }

    pub async fn until_status(
        &self,
        project: &str,
        what: &str,
        mut fits: impl FnMut(&ProjectStatus) -> bool,
    ) -> ProjectStatus {
        let started = Instant::now();
        loop {
            let status = self.status(project);
            if fits(&status) {
                return status;
            }
            assert!(started.elapsed() < DEADLINE, "{project} never became {what}: {status:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    pub async fn until_fresh(&self, project: &str) -> ProjectStatus {
        self.until_status(project, "fresh", |status| {
            status.residency == Residency::Hot && status.freshness == Freshness::Fresh
        })
        .await
    }

    /// The only directory with an index.
    pub fn index_directory(&self) -> PathBuf {
        let indexes = std::fs::read_dir(self.options.data_dir.join("indexes")).unwrap();
        let mut directories: Vec<PathBuf> = indexes
            .map(|entry| entry.unwrap().path())
            .filter(|p| p.extension().is_none())
            .collect();
        assert_eq!(directories.len(), 1);
        directories.remove(0)
    }
}

/// Polls until there is an answer.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < DEADLINE, "{what}: never");
        tokio::time::sleep(POLL).await;
    }
}

pub fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A word for a number, of letters alone: it has no parts that other words share.
pub fn word(number: usize) -> String {
    format!("{number:07}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

pub fn paths(hits: &[Hit]) -> Vec<String> {
    let mut paths: Vec<String> = hits.iter().map(|hit| hit.path.clone()).collect();
    paths.sort();
    paths.dedup();
    paths
}

pub fn git(root: &Path, arguments: &[&str]) {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["-c", "user.name=Quarry", "-c", "user.email=quarry@localhost"])
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
