//! The desktop's portal as programs reach it: over the session bus, to ask whether the desktop is
//! dark, and to be told when that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zbus::blocking::{Connection, connection};
use zbus::zvariant::{OwnedValue, Value};

use super::desktop::Desktop;

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// What the desktop prefers, as the portal says it.
#[derive(Clone, Copy)]
pub enum Scheme {
    Dark = 1,
    Light = 2,
}

struct Settings {
    scheme: Arc<AtomicU32>,
}

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    fn read(&self, namespace: &str, key: &str) -> zbus::fdo::Result<OwnedValue> {
        if (namespace, key) != (NAMESPACE, KEY) {
            return Err(zbus::fdo::Error::Failed("there is no such setting".to_owned()));
        }
        // The portal wraps its answer twice.
        let scheme = Value::new(Value::from(self.scheme.load(Ordering::SeqCst)));
        OwnedValue::try_from(scheme).map_err(|error| zbus::fdo::Error::Failed(error.to_string()))
    }
}

pub struct Portal {
    connection: Connection,
    scheme: Arc<AtomicU32>,
}

impl Portal {
    pub fn start(desktop: &Desktop, scheme: Scheme) -> Self {
        let scheme = Arc::new(AtomicU32::new(scheme as u32));
        let settings = Settings { scheme: Arc::clone(&scheme) };
        let connection = connection::Builder::address(desktop.bus())
            .and_then(|builder| builder.serve_at(PATH, settings))
            .and_then(|builder| builder.name(NAME))
            .and_then(connection::Builder::build)
            .unwrap();
        Self { connection, scheme }
    }

    /// The desktop becomes this, and says so.
    pub fn change(&self, scheme: Scheme) {
        self.scheme.store(scheme as u32, Ordering::SeqCst);
        let changed = (NAMESPACE, KEY, Value::from(scheme as u32));
        let none: Option<&str> = None;
        self.connection.emit_signal(none, PATH, INTERFACE, "SettingChanged", &changed).unwrap();
    }
}
