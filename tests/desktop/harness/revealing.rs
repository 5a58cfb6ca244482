//! A file manager as programs reach it: over the session bus, to show files in their folder.

use std::sync::{Arc, Mutex, PoisonError};

use zbus::blocking::{Connection, connection};

use super::desktop::Desktop;

const NAME: &str = "org.freedesktop.FileManager1";
const PATH: &str = "/org/freedesktop/FileManager1";

type Shown = Arc<Mutex<Vec<String>>>;

struct FileManager1 {
    shown: Shown,
}

#[zbus::interface(name = "org.freedesktop.FileManager1")]
impl FileManager1 {
    fn show_items(&self, uris: Vec<String>, _startup_id: &str) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).extend(uris);
    }
}

/// It writes down what it is asked to show.
pub struct Revealing {
    _connection: Connection,
    shown: Shown,
}

impl Revealing {
    pub fn start(desktop: &Desktop) -> Self {
        let shown = Shown::default();
        let connection = connection::Builder::address(desktop.bus())
            .and_then(|builder| builder.serve_at(PATH, FileManager1 { shown: Arc::clone(&shown) }))
            .and_then(|builder| builder.name(NAME))
            .and_then(connection::Builder::build)
            .unwrap();
        Self { _connection: connection, shown }
    }

    /// The addresses of the files, `file://…`.
    pub fn shown(&self) -> Vec<String> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
