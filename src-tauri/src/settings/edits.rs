//! Hears of edits of the settings by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// An editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// Calls `changed` after every change of the file from now on, where blocking is allowed, for as
/// long as the future is polled. It ends only where changes cannot be heard.
pub fn follow(
    file: PathBuf,
    changed: impl Fn() + Send + Sync + 'static,
) -> impl Future<Output = ()> + Send {
    let changed = Arc::new(changed);
    let mut edits = Edits::of(&file);
    async move {
        loop {
            let Edits { heard, _watcher } = match &edits {
                Ok(edits) => edits,
                Err(error) => {
                    tracing::warn!(%error, "edits of the settings are seen at the next start only");
                    return;
                }
            };
            heard.notified().await;
            tokio::time::sleep(QUIET).await;
            // A link may lead elsewhere now. What comes from here on is heard by the new one.
            edits = Edits::of(&file);
            let changed = Arc::clone(&changed);
            let _ = tokio::task::spawn_blocking(move || changed()).await;
        }
    }
}

struct Edits {
    heard: Arc<Notify>,
    _watcher: RecommendedWatcher,
}

impl Edits {
    /// Of the file, and of what it leads to, where it is a link. Their folders are watched, as
    /// editors put a new file in the old one's place.
    fn of(file: &Path) -> notify::Result<Self> {
        let mut files = vec![file.to_owned()];
        files.extend(file.canonicalize().ok().filter(|real| real != file));
        let folders: Vec<PathBuf> =
            files.iter().filter_map(|file| file.parent().map(Path::to_owned)).collect();
        let heard = Arc::new(Notify::new());
        let hears = Arc::clone(&heard);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_ours = |event: &Event| {
                !event.kind.is_access() && event.paths.iter().any(|path| files.contains(path))
            };
            if event.as_ref().map_or(true, is_ours) {
                hears.notify_one();
            }
        })?;
        for folder in folders {
            std::fs::create_dir_all(&folder).map_err(notify::Error::io)?;
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { heard, _watcher: watcher })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::Mutex;
    use std::time::Instant;

    /// Generous: it comes in milliseconds on a machine that has time.
    const DEADLINE: Duration = Duration::from_secs(60);

    #[tokio::test(flavor = "multi_thread")]
    async fn an_edit_is_heard_through_a_link_and_after_the_link_leads_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let place = |name: &str| base.join(name);
        for name in ["config", "dotfiles", "others"] {
            fs::create_dir(place(name)).unwrap();
        }
        fs::write(place("dotfiles/mine.toml"), "0").unwrap();
        fs::write(place("others/mine.toml"), "3").unwrap();
        let file = place("config/settings.toml");
        symlink(place("dotfiles/mine.toml"), &file).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (told, read) = (Arc::clone(&seen), file.clone());
        let changed = move || told.lock().unwrap().push(fs::read_to_string(&read).unwrap());
        let following = tokio::spawn(follow(file.clone(), changed));
        let until = async |text: &str, edit: &dyn Fn()| {
            let begun = Instant::now();
            while seen.lock().unwrap().last().is_none_or(|last| last != text) {
                assert!(begun.elapsed() < DEADLINE, "{text} was not seen");
                // The first one may come before anything is watched.
                edit();
                tokio::time::sleep(QUIET * 3).await;
            }
        };
        until("1", &|| fs::write(place("dotfiles/mine.toml"), "1").unwrap()).await;
        until("2", &|| {
            // As editors do it.
            fs::write(place("dotfiles/new"), "2").unwrap();
            fs::rename(place("dotfiles/new"), place("dotfiles/mine.toml")).unwrap();
        })
        .await;
        until("3", &|| {
            symlink(place("others/mine.toml"), place("config/new")).unwrap();
            fs::rename(place("config/new"), &file).unwrap();
        })
        .await;
        until("4", &|| fs::write(place("others/mine.toml"), "4").unwrap()).await;
        following.abort();
    }
}
