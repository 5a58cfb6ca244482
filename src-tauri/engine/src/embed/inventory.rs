//! Which texts the chunks of every project's files have: what leads from a vector back to its
//! place. Derived from indexes and files, so that losing it costs reading the files once more.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};
use xxhash_rust::xxh3::xxh3_64;

use super::store::Key;

/// Kept in SQLite's `user_version`. Goes up with the layout, and with what [`super::text`] makes of
/// the same file: the texts of another version have other keys.
const VERSION: i64 = 2;
const LAYOUT: &str = "
    CREATE TABLE file (
        project TEXT NOT NULL,
        path TEXT NOT NULL,
        hash INTEGER NOT NULL,
        deep INTEGER NOT NULL,
        chunks BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (project, path)
    ) STRICT, WITHOUT ROWID;";
/// The projects that were listed to the end once: one may have no texts.
const LISTED: &str = "
    CREATE TABLE IF NOT EXISTS listed (project TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;";
/// Nobody but a backup program ever holds it.
const BUSY: Duration = Duration::from_secs(1);
/// In kibibytes; negative as SQLite wants it.
const CACHE: i64 = -1024;

/// One chunk of a file, and the texts that stand for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkTexts {
    /// From 1.
    pub line_start: u32,
    /// It holds a definition or a part of one.
    pub defines: bool,
    pub keys: Vec<Key>,
}

/// What a file was when its texts were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Of its bytes.
    pub hash: u64,
    /// It was cut along its definitions.
    pub deep: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTexts {
    pub stamp: FileStamp,
    pub chunks: Vec<ChunkTexts>,
}

#[derive(Debug, thiserror::Error)]
#[error("the list of embedded texts {} cannot be used: {source}", path.display())]
pub struct InventoryError {
    path: PathBuf,
    source: rusqlite::Error,
}

#[derive(Debug)]
pub struct Inventory {
    path: PathBuf,
    /// `None` after an error: it is opened anew for whoever comes next.
    connection: Mutex<Option<Connection>>,
}

impl Inventory {
    /// The file at `path`; made anew where it is damaged or of another version.
    ///
    /// # Errors
    /// Where there can be no file, or somebody else holds it; what is in it stays.
    pub fn open(path: &Path) -> Result<Inventory, InventoryError> {
        let inventory = Inventory { path: path.to_owned(), connection: Mutex::default() };
        match inventory.with(|_| Ok(())) {
            Err(error) if error.is_damage() => inventory.with(|_| Ok(()))?,
            other => other?,
        }
        Ok(inventory)
    }

    /// The files of a project and what they were when they were listed.
    ///
    /// # Errors
    /// [`InventoryError`]; after damage the list is empty.
    pub fn stamps(&self, project: &str) -> Result<HashMap<String, FileStamp>, InventoryError> {
        self.with(|connection| {
            let mut rows = connection
                .prepare_cached("SELECT path, hash, deep FROM file WHERE project = ?1")?;
            let stamp = |row: &rusqlite::Row<'_>| {
                let hash = row.get::<_, i64>(1)?.cast_unsigned();
                Ok((row.get(0)?, FileStamp { hash, deep: row.get(2)? }))
            };
            rows.query_map([project], stamp)?.collect()
        })
    }

    /// What is known of one file.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn get(&self, project: &str, path: &str) -> Result<Option<FileTexts>, InventoryError> {
        let mut found = None;
        self.select("project = ?1 AND path = ?2", &[project, path], |_, texts| {
            found = Some(texts);
        })?;
        Ok(found)
    }

    /// Replaces what is known of these files, in one step.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn put(&self, project: &str, files: &[(String, FileTexts)]) -> Result<(), InventoryError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT OR REPLACE INTO file (project, path, hash, deep, chunks, checksum)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                for (path, FileTexts { stamp, chunks }) in files {
                    let chunks = encode(chunks);
                    let hash = stamp.hash.cast_signed();
                    let sum = xxh3_64(&chunks).cast_signed();
                    insert.execute(params![project, path, hash, stamp.deep, chunks, sum])?;
                }
            }
            transaction.commit()
        })
    }

    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn remove(&self, project: &str, paths: &[String]) -> Result<(), InventoryError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            for path in paths {
                transaction
                    .prepare_cached("DELETE FROM file WHERE project = ?1 AND path = ?2")?
                    .execute([project, path])?;
            }
            transaction.commit()
        })
    }

    /// The project is listed to the end.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn note_listed(&self, project: &str) -> Result<(), InventoryError> {
        self.with(|connection| {
            let note = "INSERT OR IGNORE INTO listed (project) VALUES (?1)";
            connection.prepare_cached(note)?.execute([project]).map(drop)
        })
    }

    /// Forgets one project.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn forget(&self, project: &str) -> Result<(), InventoryError> {
        self.with(|connection| forget(connection, project))
    }

    /// Forgets all projects but these; the ones among them of which anything is known.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn keep(&self, projects: &[String]) -> Result<Vec<String>, InventoryError> {
        self.with(|connection| {
            let mut known: Vec<String> = connection
                .prepare("SELECT project FROM listed UNION SELECT project FROM file")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for gone in known.iter().filter(|known| !projects.contains(known)) {
                forget(connection, gone)?;
            }
            known.retain(|known| projects.contains(known));
            Ok(known)
        })
    }

    /// Shows every file of a project, in the order of their paths. One whose row has changed on the disk is left out, and
    /// forgotten, so that it is listed again.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn each(
        &self,
        project: &str,
        show: impl FnMut(&str, FileTexts),
    ) -> Result<(), InventoryError> {
        self.select("project = ?1", &[project], show)
    }

    /// As [`Inventory::each`], of all projects.
    ///
    /// # Errors
    /// As for [`Inventory::stamps`].
    pub fn every(&self, show: impl FnMut(&str, FileTexts)) -> Result<(), InventoryError> {
        self.select("TRUE", &[], show)
    }

    fn select(
        &self,
        which: &str,
        values: &[&str],
        mut show: impl FnMut(&str, FileTexts),
    ) -> Result<(), InventoryError> {
        let damaged = self.with(|connection| {
            let mut rows = connection.prepare_cached(&format!(
                "SELECT project, path, hash, deep, chunks, checksum FROM file WHERE {which}
                 ORDER BY project, path"
            ))?;
            let mut rows = rows.query(rusqlite::params_from_iter(values))?;
            let mut damaged = Vec::new();
            while let Some(row) = rows.next()? {
                let (of, path): (String, String) = (row.get(0)?, row.get(1)?);
                let blob = row.get_ref(4)?.as_blob()?;
                let sound = xxh3_64(blob).cast_signed() == row.get::<_, i64>(5)?;
                match decode(blob).filter(|_| sound) {
                    Some(chunks) => {
                        let hash = row.get::<_, i64>(2)?.cast_unsigned();
                        let stamp = FileStamp { hash, deep: row.get(3)? };
                        show(&path, FileTexts { stamp, chunks });
                    }
                    None => damaged.push((of, path)),
                }
            }
            Ok(damaged)
        })?;
        for (project, path) in damaged {
            self.remove(&project, &[path])?;
        }
        Ok(())
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, InventoryError> {
        let mut slot = self.lock();
        let done = match &mut *slot {
            Some(connection) => work(connection),
            closed => connect(&self.path).and_then(|open| work(closed.insert(open))),
        };
        done.map_err(|source| {
            let error = InventoryError { path: self.path.clone(), source };
            *slot = None;
            if error.is_damage() {
                tracing::warn!(%error, "it is made anew");
                discard(&self.path);
            }
            error
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InventoryError {
    /// Whether the file holds nothing that can be read: it is discarded then.
    fn is_damage(&self) -> bool {
        let damage = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase];
        self.source.sqlite_error_code().is_some_and(|code| damage.contains(&code))
    }
}

fn forget(connection: &mut Connection, project: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM file WHERE project = ?1", [project])?;
    transaction.execute("DELETE FROM listed WHERE project = ?1", [project])?;
    transaction.commit()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        connection.execute_batch(&format!(
            "BEGIN; DROP TABLE IF EXISTS file; DROP TABLE IF EXISTS listed; {LAYOUT}
             PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    connection.execute_batch(LISTED)?;
    Ok(connection)
}

fn discard(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        if let Err(error) = fs::remove_file(PathBuf::from(name))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a damaged file stays");
        }
    }
}

type Encoded = Vec<(u32, bool, Vec<[u8; 16]>)>;

fn encode(chunks: &[ChunkTexts]) -> Vec<u8> {
    let chunks: Encoded = chunks
        .iter()
        .map(|chunk| {
            let keys = chunk.keys.iter().map(|key| key.0.to_le_bytes());
            (chunk.line_start, chunk.defines, keys.collect())
        })
        .collect();
    // Nothing in it can fail to be written; what is not there is listed again.
    postcard::to_allocvec(&chunks).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Option<Vec<ChunkTexts>> {
    let chunks: Encoded = postcard::from_bytes(bytes).ok()?;
    let texts = |(line_start, defines, keys): (u32, bool, Vec<[u8; 16]>)| {
        let keys = keys.into_iter().map(|key| Key(u128::from_le_bytes(key))).collect();
        ChunkTexts { line_start, defines, keys }
    };
    Some(chunks.into_iter().map(texts).collect())
}

#[cfg(test)]
mod tests;
