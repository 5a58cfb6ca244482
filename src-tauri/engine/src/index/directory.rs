//! The directory of an index that is written to: as tantivy's own, and it can be told that nothing
//! may be written any more. That ends a merge in its middle, which tantivy has no word for.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory,
    TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

use super::precedence::Precedence;

/// Whether an index may be written to, and how much was.
#[derive(Clone, Debug, Default)]
pub(super) struct Valve(Arc<State>);

#[derive(Debug, Default)]
struct State {
    shut: AtomicBool,
    /// Bytes.
    passed: AtomicU64,
    /// Who goes before whoever writes …
    precedence: OnceLock<Precedence>,
    /// … unless somebody waits for what is written.
    in_haste: AtomicBool,
    /// What a test makes of the next locks that are taken.
    #[cfg(test)]
    fault: std::sync::Mutex<Option<fn()>>,
}

impl Valve {
    /// From now on every write fails.
    pub fn shut(&self) {
        self.0.shut.store(true, Ordering::Relaxed);
    }

    pub fn yield_to(&self, precedence: &Precedence) {
        let _ = self.0.precedence.set(precedence.clone());
    }

    /// From now on nobody goes before whoever writes, or again somebody does.
    pub fn make_haste(&self, haste: bool) {
        self.0.in_haste.store(haste, Ordering::Relaxed);
    }

    /// Waits while those who go first are at it.
    pub fn give(&self) {
        if let Some(precedence) = self.0.precedence.get()
            && !self.0.in_haste.load(Ordering::Relaxed)
        {
            precedence.give();
        }
    }

    pub fn passed(&self) -> u64 {
        self.0.passed.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub fn set_fault(&self, fault: Option<fn()>) {
        *self.0.fault.lock().unwrap() = fault;
    }

    #[cfg(test)]
    fn fail(&self) {
        let fault = *self.0.fault.lock().unwrap();
        if let Some(fault) = fault {
            fault();
        }
    }

    fn pass(&self) -> io::Result<()> {
        match self.0.shut.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the index is closed")),
            false => Ok(()),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct IndexDirectory {
    files: MmapDirectory,
    valve: Valve,
}

impl IndexDirectory {
    pub fn new(files: MmapDirectory, valve: Valve) -> IndexDirectory {
        IndexDirectory { files, valve }
    }
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn open_read(&self, path: &Path) -> Result<FileSlice, OpenReadError> {
        self.files.open_read(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.valve.pass().map_err(|error| DeleteError::IoError {
            io_error: Arc::new(error),
            filepath: path.to_owned(),
        })?;
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.valve.pass().map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        let failed = |error: io::IntoInnerError<WritePtr>| {
            OpenWriteError::wrap_io_error(error.into_error(), path.to_owned())
        };
        let file = self.files.open_write(path)?.into_inner().map_err(failed)?;
        let valve = self.valve.clone();
        Ok(WritePtr::new(Box::new(ValvedFile { file, valve })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.valve.pass()?;
        self.files.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        #[cfg(test)]
        self.valve.fail();
        self.files.acquire_lock(lock)
    }

    fn watch(&self, watch_callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(watch_callback)
    }
}

struct ValvedFile {
    file: Box<dyn TerminatingWrite + Send + Sync>,
    valve: Valve,
}

impl Write for ValvedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.valve.pass()?;
        self.valve.give();
        let written = self.file.write(bytes)?;
        self.valve.0.passed.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl TerminatingWrite for ValvedFile {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.valve.pass()?;
        self.file.terminate_ref(token)
    }
}
