//! The durable list of projects. Killed at any moment it holds the old state or the new one; a
//! file that cannot be read is refused and never overwritten.

pub mod roots;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::rel_path;

/// The layout of the tables, kept in SQLite's `user_version`.
const VERSION: i64 = 5;
/// What leads from each layout to the next, the first from an empty file.
const STEPS: [&str; VERSION as usize] = [
    "CREATE TABLE project (
         id TEXT PRIMARY KEY,
         name TEXT NOT NULL,
         root TEXT NOT NULL UNIQUE,
         pinned INTEGER NOT NULL DEFAULT 0,
         paused INTEGER NOT NULL DEFAULT 0,
         last_searched TEXT,
         last_indexed TEXT,
         files INTEGER NOT NULL DEFAULT 0,
         chunks INTEGER NOT NULL DEFAULT 0,
         skipped INTEGER NOT NULL DEFAULT 0,
         bytes INTEGER NOT NULL DEFAULT 0
     ) STRICT;",
    "ALTER TABLE project ADD COLUMN inode INTEGER;
     ALTER TABLE project ADD COLUMN git_birth TEXT;",
    "ALTER TABLE project ADD COLUMN symbols INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE project ADD COLUMN meaning INTEGER NOT NULL DEFAULT 1;",
    "ALTER TABLE project ADD COLUMN excludes TEXT NOT NULL DEFAULT '';
     ALTER TABLE project ADD COLUMN include_ignored INTEGER NOT NULL DEFAULT 0;",
];
/// How long to wait for another process to let go of the file.
const BUSY: Duration = Duration::from_secs(2);

/// Identifies a project for ever; survives renames of the folder and of the project.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ProjectId(String);

impl ProjectId {
    /// A new id; later ones sort behind earlier ones.
    pub fn generate() -> ProjectId {
        ProjectId(uuid::Uuid::now_v7().simple().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ProjectId {
    fn from(id: &str) -> ProjectId {
        ProjectId(id.to_owned())
    }
}

impl std::fmt::Display for ProjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered root folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    /// Absolute and without links.
    pub root: PathBuf,
    pub pinned: bool,
    pub paused: bool,
    /// What it holds is embedded, to be found by meaning.
    pub meaning: bool,
    /// Patterns of what is left out, in gitignore's syntax, one line each.
    pub excludes: Vec<String>,
    /// What ignore files leave out is kept.
    pub include_ignored: bool,
    pub last_searched: Option<Timestamp>,
    pub last_indexed: Option<Timestamp>,
    /// What the index held when it was last written.
    pub held: Held,
    pub identity: Identity,
}

impl Project {
    /// The later of the last search and the last change of the index.
    pub fn last_used(&self) -> Option<Timestamp> {
        self.last_searched.max(self.last_indexed)
    }
}

/// What tells a project's folder from others when it is not where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Where the file system has such numbers. Another folder may get it once this one is gone.
    pub inode: Option<u64>,
    /// How git's log of the checkout begins, as a hash.
    pub git_birth: Option<String>,
}

/// How much a project's index holds, as remembered while it is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub files: u64,
    pub chunks: u64,
    pub skipped: u64,
    pub symbols: u64,
    pub bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the catalogue {path} cannot be read and was left as it is: {source}")]
    Unreadable { path: PathBuf, source: rusqlite::Error },
    #[error("the catalogue {path} is damaged and was left as it is: {detail}")]
    Damaged { path: PathBuf, detail: String },
    #[error("the catalogue {path} was written by a newer Quarry (version {found})")]
    TooNew { path: PathBuf, found: i64 },
    #[error("the catalogue {path} could not be written: {source}")]
    Unwritable { path: PathBuf, source: rusqlite::Error },
}

pub struct Catalogue {
    path: PathBuf,
    is_new: bool,
    connection: Mutex<Connection>,
}

impl Catalogue {
    /// Opens the catalogue at `path`, or makes an empty one where there is no file.
    ///
    /// # Errors
    /// When there is a file that is not a sound catalogue of a known version.
    pub fn open(path: &Path) -> Result<Catalogue, CatalogueError> {
        let unreadable = |source| CatalogueError::Unreadable { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(unreadable)?;
        connection.busy_timeout(BUSY).map_err(unreadable)?;
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(unreadable)?;
        if version > VERSION {
            return Err(CatalogueError::TooNew { path: path.to_owned(), found: version });
        }
        let verdict: String = connection
            .pragma_query_value(None, "quick_check", |row| row.get(0))
            .map_err(unreadable)?;
        if verdict != "ok" {
            return Err(CatalogueError::Damaged { path: path.to_owned(), detail: verdict });
        }
        connection.pragma_update(None, "synchronous", "FULL").map_err(unreadable)?;
        // A disk that is full has room for the journal of a removal, which frees more.
        connection
            .pragma_update_and_check(None, "journal_mode", "PERSIST", |_| Ok(()))
            .map_err(unreadable)?;
        let connection = Mutex::new(connection);
        let catalogue = Catalogue { path: path.to_owned(), is_new: version == 0, connection };
        if version < VERSION {
            let steps: String =
                STEPS.iter().skip(usize::try_from(version).unwrap_or(0)).copied().collect();
            catalogue.write(|connection| {
                connection.execute_batch(&format!(
                    "BEGIN; {steps} PRAGMA user_version = {VERSION}; COMMIT;"
                ))
            })?;
        }
        Ok(catalogue)
    }

    /// Nothing was ever registered in it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Every project, oldest first.
    ///
    /// # Errors
    /// [`CatalogueError::Unreadable`].
    pub fn projects(&self) -> Result<Vec<Project>, CatalogueError> {
        let connection = self.lock();
        let list = || -> rusqlite::Result<Vec<Project>> {
            connection
                .prepare("SELECT * FROM project ORDER BY id")?
                .query_map([], project)?
                .collect()
        };
        list().map_err(|source| CatalogueError::Unreadable { path: self.path.clone(), source })
    }

    /// Adds a project with all that is known of it, unless its root is registered: then the one that has it is returned.
    ///
    /// # Errors
    /// [`CatalogueError::Unwritable`]; nothing is added then.
    pub fn insert(&self, added: &Project) -> Result<Option<ProjectId>, CatalogueError> {
        self.write(|connection| {
            let transaction = connection.transaction()?;
            let root = root_text(&added.root);
            let existing: Option<String> = transaction
                .query_row("SELECT id FROM project WHERE root = ?1", params![root], |row| {
                    row.get(0)
                })
                .optional()?;
            if existing.is_none() {
                let Project { held, identity, .. } = added;
                transaction.execute(
                    "INSERT INTO project
                         (id, name, root, pinned, paused, meaning, excludes, include_ignored,
                          last_searched, last_indexed, files, chunks, skipped, symbols, bytes,
                          inode, git_birth)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                             ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                    params![
                        added.id.0,
                        added.name,
                        root,
                        added.pinned,
                        added.paused,
                        added.meaning,
                        added.excludes.join("\n"),
                        added.include_ignored,
                        added.last_searched.map(|at| at.to_string()),
                        added.last_indexed.map(|at| at.to_string()),
                        number(held.files),
                        number(held.chunks),
                        number(held.skipped),
                        number(held.symbols),
                        number(held.bytes),
                        identity.inode.map(u64::cast_signed),
                        identity.git_birth
                    ],
                )?;
            }
            transaction.commit()?;
            Ok(existing.map(ProjectId))
        })
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`]; the project is still there then.
    pub fn remove(&self, id: &ProjectId) -> Result<(), CatalogueError> {
        self.execute("DELETE FROM project WHERE id = ?1", params![id.0])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_pinned(&self, id: &ProjectId, pinned: bool) -> Result<(), CatalogueError> {
        self.execute("UPDATE project SET pinned = ?2 WHERE id = ?1", params![id.0, pinned])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_paused(&self, id: &ProjectId, paused: bool) -> Result<(), CatalogueError> {
        self.execute("UPDATE project SET paused = ?2 WHERE id = ?1", params![id.0, paused])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_meaning(&self, id: &ProjectId, meaning: bool) -> Result<(), CatalogueError> {
        self.execute("UPDATE project SET meaning = ?2 WHERE id = ?1", params![id.0, meaning])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_excludes(&self, id: &ProjectId, excludes: &[String]) -> Result<(), CatalogueError> {
        let lines = excludes.join("\n");
        self.execute("UPDATE project SET excludes = ?2 WHERE id = ?1", params![id.0, lines])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_include_ignored(&self, id: &ProjectId, include: bool) -> Result<(), CatalogueError> {
        let sql = "UPDATE project SET include_ignored = ?2 WHERE id = ?1";
        self.execute(sql, params![id.0, include])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`], also where another project has this root.
    pub fn set_root(&self, id: &ProjectId, root: &Path) -> Result<(), CatalogueError> {
        let root = root_text(root);
        self.execute("UPDATE project SET root = ?2 WHERE id = ?1", params![id.0, root])
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn set_identity(&self, id: &ProjectId, identity: &Identity) -> Result<(), CatalogueError> {
        let Identity { inode, git_birth } = identity;
        self.execute(
            "UPDATE project SET inode = ?2, git_birth = ?3 WHERE id = ?1",
            params![id.0, inode.map(u64::cast_signed), git_birth],
        )
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn stamp_searched(&self, ids: &[ProjectId], at: Timestamp) -> Result<(), CatalogueError> {
        self.write(|connection| {
            let transaction = connection.transaction()?;
            for id in ids {
                transaction.execute(
                    "UPDATE project SET last_searched = ?2 WHERE id = ?1",
                    params![id.0, at.to_string()],
                )?;
            }
            transaction.commit()
        })
    }

    /// # Errors
    /// [`CatalogueError::Unwritable`].
    pub fn stamp_indexed(
        &self,
        id: &ProjectId,
        at: Timestamp,
        held: Held,
    ) -> Result<(), CatalogueError> {
        self.execute(
            "UPDATE project SET last_indexed = ?2, files = ?3, chunks = ?4, skipped = ?5, bytes = ?6,
                 symbols = ?7
             WHERE id = ?1",
            params![
                id.0,
                at.to_string(),
                number(held.files),
                number(held.chunks),
                number(held.skipped),
                number(held.bytes),
                number(held.symbols)
            ],
        )
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), CatalogueError> {
        self.write(|connection| connection.execute(sql, values).map(|_| ()))
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, CatalogueError> {
        change(&mut self.lock())
            .map_err(|source| CatalogueError::Unwritable { path: self.path.clone(), source })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As SQLite has numbers.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Roots are stored with [`rel_path`]'s escapes, which keep names that are not UTF-8.
fn root_text(root: &Path) -> String {
    rel_path::encode(root)
}

fn project(row: &Row<'_>) -> rusqlite::Result<Project> {
    let number = |name| row.get::<_, i64>(name).map(|n| u64::try_from(n).unwrap_or(0));
    let time = |name| {
        let text: Option<String> = row.get(name)?;
        Ok::<_, rusqlite::Error>(text.and_then(|text| text.parse().ok()))
    };
    Ok(Project {
        id: ProjectId(row.get("id")?),
        name: row.get("name")?,
        root: rel_path::decode(&row.get::<_, String>("root")?),
        pinned: row.get("pinned")?,
        paused: row.get("paused")?,
        meaning: row.get("meaning")?,
        excludes: row.get::<_, String>("excludes")?.lines().map(str::to_owned).collect(),
        include_ignored: row.get("include_ignored")?,
        last_searched: time("last_searched")?,
        last_indexed: time("last_indexed")?,
        held: Held {
            files: number("files")?,
            chunks: number("chunks")?,
            skipped: number("skipped")?,
            symbols: number("symbols")?,
            bytes: number("bytes")?,
        },
        identity: Identity {
            inode: row.get::<_, Option<i64>>("inode")?.map(i64::cast_unsigned),
            git_birth: row.get("git_birth")?,
        },
    })
}

#[cfg(test)]
mod tests;
