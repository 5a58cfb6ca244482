//! What a desktop's panel does with tray items: it owns the watcher's name, and shows and clicks
//! their menus, all over the session bus.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zbus::blocking::{Connection, Proxy, connection, fdo::DBusProxy};
use zbus::message::Header;
use zbus::names::BusName;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::desktop::Desktop;
use super::wait::until;

const WATCHER_NAME: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
/// In the name of the errors with which libdbusmenu refuses.
const MENU_ERROR: &str = "LIBDBUSMENU";

/// Bus name and object path.
type Items = Arc<Mutex<Vec<(String, String)>>>;
type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));

struct Watcher {
    items: Items,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// `service` is a bus name, or the path of an object of the caller.
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.iter().map(|(name, path)| format!("{name}{path}")).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// The panel of a desktop.
pub struct TrayHost {
    connection: Connection,
    items: Items,
}

impl TrayHost {
    /// Start it before the programs: they look for it once.
    pub fn start(desktop: &Desktop) -> Self {
        let items = Items::default();
        let connection = connection::Builder::address(desktop.bus())
            .and_then(|builder| {
                builder.serve_at(WATCHER_PATH, Watcher { items: Arc::clone(&items) })
            })
            .and_then(|builder| builder.name(WATCHER_NAME))
            .and_then(connection::Builder::build)
            .unwrap();
        Self { connection, items }
    }

    /// The tray item of a process, once there is one.
    #[track_caller]
    pub fn item(&self, pid: u32) -> TrayItem<'_> {
        until("the program has a tray item", || {
            let items = self.items.lock().unwrap_or_else(PoisonError::into_inner).clone();
            items
                .into_iter()
                .find(|(name, _)| self.owner(name) == Some(pid))
                .map(|(name, path)| TrayItem { host: self, name, path })
        })
    }

    fn owner(&self, name: &str) -> Option<u32> {
        let bus = DBusProxy::new(&self.connection).unwrap();
        bus.get_connection_unix_process_id(BusName::try_from(name).ok()?).ok()
    }
}

pub struct TrayItem<'h> {
    host: &'h TrayHost,
    name: String,
    path: String,
}

impl TrayItem<'_> {
    /// The icon's picture, which changes with the program's state.
    pub fn icon(&self) -> Option<Vec<u8>> {
        let item = self.proxy(&self.path, ITEM).ok()?;
        let file: String = item.get_property("IconName").ok()?;
        std::fs::read(file).ok()
    }

    /// The menu's entries from top to bottom, those of submenus behind their parent.
    pub fn menu(&self) -> Vec<Entry> {
        self.read_menu().unwrap_or_default()
    }

    /// The menu as text, a submenu's entries indented.
    pub fn text(&self) -> String {
        let line = |entry: &Entry| {
            let state = if entry.enabled { "" } else { " (disabled)" };
            format!("{}{}{state}\n", "    ".repeat(entry.depth), entry.label)
        };
        self.menu().iter().map(line).collect()
    }

    /// The first entry whose label begins so.
    #[track_caller]
    pub fn entry(&self, beginning: &str) -> Entry {
        let what = format!("the tray menu has an entry “{beginning}…”");
        until(&what, || self.menu().into_iter().find(|entry| entry.label.starts_with(beginning)))
    }

    /// Clicks the first entry whose label begins so, again when the menu was replaced meanwhile: an
    /// entry that is no longer there is refused.
    #[track_caller]
    pub fn click(&self, beginning: &str) {
        let what = format!("a click on “{beginning}…” is taken");
        until(&what, || {
            let id = self.entry(beginning).id;
            let path = self.menu_path().ok()?;
            let menu = self.proxy(&path, MENU).ok()?;
            let event = (id, "clicked", Value::I32(0), 0u32);
            match menu.call_method("Event", &event) {
                Err(zbus::Error::MethodError(name, ..)) if name.contains(MENU_ERROR) => None,
                // Whoever has clicked on Quit may be left without an answer.
                _ => Some(()),
            }
        });
    }

    fn read_menu(&self) -> zbus::Result<Vec<Entry>> {
        let path = self.menu_path()?;
        let menu = self.proxy(&path, MENU)?;
        let (_, (_, _, children)): Layout =
            menu.call("GetLayout", &(0i32, -1i32, Vec::<&str>::new()))?;
        let mut entries = Vec::new();
        for child in &children {
            Entry::read(child, 0, &mut entries);
        }
        Ok(entries)
    }

    fn menu_path(&self) -> zbus::Result<String> {
        let path: OwnedObjectPath = self.proxy(&self.path, ITEM)?.get_property("Menu")?;
        Ok(path.to_string())
    }

    fn proxy<'p>(&'p self, path: &'p str, interface: &'p str) -> zbus::Result<Proxy<'p>> {
        let builder = zbus::blocking::proxy::Builder::new(&self.host.connection);
        builder
            .destination(self.name.as_str())?
            .path(path)?
            .interface(interface)?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
    }
}

#[derive(Clone, Debug)]
pub struct Entry {
    id: i32,
    pub label: String,
    pub enabled: bool,
    pub depth: usize,
}

impl Entry {
    /// Takes the entry apart that the bus describes as `(ia{sv}av)`; separators have no label.
    fn read(value: &Value<'_>, depth: usize, into: &mut Vec<Self>) {
        let value = if let Value::Value(inner) = value { inner } else { value };
        let Value::Structure(structure) = value else { return };
        let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = structure.fields()
        else {
            return;
        };
        let label: Option<String> = properties.get(&"label").ok().flatten();
        let enabled: Option<bool> = properties.get(&"enabled").ok().flatten();
        if let Some(label) = label {
            let label = label.replace('_', "");
            into.push(Self { id: *id, label, enabled: enabled.unwrap_or(true), depth });
        }
        for child in children.inner() {
            Self::read(child, depth + 1, into);
        }
    }
}
