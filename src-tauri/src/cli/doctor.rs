//! `quarry doctor`: what is there, what is missing, what to do.

use std::path::Path;

use quarry_engine::embed::model::{Model, ModelError};
use quarry_engine::embed::state::State;

use super::output::{self, Failure};
use crate::desktop::editor::{Editor, Surroundings};
use crate::desktop::{display, hotkey, tray};
use crate::embedding;
use crate::owner::address::Address;
use crate::owner::session;
use crate::place::Place;
use crate::settings::{Meaning, Settings};
use crate::words::{bytes, count};

struct Finding {
    what: &'static str,
    verdict: Verdict,
    sentence: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    /// Quarry works, with less.
    Lacking,
    /// Quarry does not work.
    Broken,
}

type Outcome = Result<String, (Verdict, String)>;

pub async fn run(place: &Place) -> Result<(), Failure> {
    let findings = [
        finding("data", data(&place.data_dir)),
        finding("settings", settings(place)),
        finding("owner", owner(place).await),
        finding("changes", changes()),
        finding("display", display()),
        finding("tray", tray()),
        finding("hotkey", hotkey(place)),
        finding("editor", editor(place)),
        finding("meaning", meaning(place)),
    ];
    for Finding { what, verdict, sentence } in &findings {
        let mark = match verdict {
            Verdict::Well => "ok",
            Verdict::Lacking => "lacking",
            Verdict::Broken => "broken",
        };
        output::print(&format!("{mark:<8} {what:<9} {sentence}\n"))?;
    }
    if findings.iter().any(|finding| finding.verdict == Verdict::Broken) {
        return Err(Failure::Said);
    }
    Ok(())
}

fn finding(what: &'static str, outcome: Outcome) -> Finding {
    match outcome {
        Ok(sentence) => Finding { what, verdict: Verdict::Well, sentence },
        Err((verdict, sentence)) => Finding { what, verdict, sentence },
    }
}

fn lacking(error: &impl ToString) -> (Verdict, String) {
    (Verdict::Lacking, error.to_string())
}

fn data(folder: &Path) -> Outcome {
    // The folder itself comes with the first start.
    let existing = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
    let shown = folder.display();
    let free = free_space(existing)
        .map_err(|error| (Verdict::Broken, format!("{shown} cannot be used: {error}.")))?;
    let sentence = format!("{shown}, {} free", bytes(free));
    // Indexes of a few large projects.
    const PLENTY: u64 = 2_000_000_000;
    if free < PLENTY {
        let remedy = "Make room, or name another folder with --data-dir.";
        return Err((Verdict::Lacking, format!("{sentence}, which is little. {remedy}")));
    }
    Ok(sentence)
}

/// Of a folder that this user may write to.
#[cfg(unix)]
fn free_space(folder: &Path) -> std::io::Result<u64> {
    use rustix::fs::{Access, access, statvfs};
    access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    let found = statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The system has no simple answer: only what keeps Quarry from working is looked for.
#[cfg(not(unix))]
fn free_space(folder: &Path) -> std::io::Result<u64> {
    folder.metadata().map(|_| u64::MAX)
}

fn settings(place: &Place) -> Outcome {
    let shown = place.settings_file.display();
    match Settings::read(&place.settings_file) {
        (_, Some(problem)) => Err(lacking(&problem)),
        _ if place.settings_file.exists() => Ok(shown.to_string()),
        _ => Ok(format!(
            "the defaults; {shown} may set hotkey = \"Alt+Space\", editor = \"code -g \
             {{file}}:{{line}}\", start_at_login = true and meaning = false"
        )),
    }
}

async fn owner(place: &Place) -> Outcome {
    let address = Address::of(&place.data_dir);
    match session::is_there(&address).await {
        Ok(true) => Ok("Quarry is running".to_owned()),
        Ok(false) => Ok("Quarry is not running; commands do their work themselves".to_owned()),
        Err(problem) => Err((Verdict::Broken, problem.to_string())),
    }
}

/// Linux gives every user so many watches on folders.
fn changes() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok("the system says what changes".to_owned());
    }
    const PLENTY: u64 = 100_000;
    let limit = |name: &str| -> Option<u64> {
        let path = format!("/proc/sys/fs/inotify/{name}");
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    let (Some(watches), Some(instances)) = (limit("max_user_watches"), limit("max_user_instances"))
    else {
        return Err(lacking(
            &"the system does not say what changes (no inotify), so that Quarry \
                             looks from time to time",
        ));
    };
    let sentence =
        format!("{} folders and {} projects can be watched", count(watches), count(instances));
    if watches < PLENTY {
        return Err(lacking(&format!(
            "{sentence}; what is beyond is looked at from time to time. More: sudo sysctl \
             fs.inotify.max_user_watches=524288"
        )));
    }
    Ok(sentence)
}

fn display() -> Outcome {
    display::check().map(|()| "windows can be shown".to_owned()).map_err(|error| lacking(&error))
}

fn tray() -> Outcome {
    tray::find_library().map(|()| "its library is there".to_owned()).map_err(|library| {
        lacking(&format!(
            "{library} is not installed, so that there is no icon in the tray. Debian, Ubuntu: \
             libayatana-appindicator3-1; Fedora, Arch: libayatana-appindicator. GNOME also needs \
             the extension AppIndicator"
        ))
    })
}

fn hotkey(place: &Place) -> Outcome {
    let hotkey = Settings::read(&place.settings_file).0.hotkey;
    match hotkey::possible() {
        Ok(()) => Ok(format!("{hotkey}, if no other program has it")),
        Err(error) => Err(lacking(&error)),
    }
}

fn editor(place: &Place) -> Outcome {
    let (settings, _) = Settings::read(&place.settings_file);
    let around = Surroundings::of_this_process();
    match Editor::choose(&settings, &place.settings_file, &around) {
        Ok(Editor::Command { name, program, .. }) => Ok(format!("{name} ({})", program.display())),
        Ok(Editor::System) => Err(lacking(&format!(
            "none that Quarry knows was found; the system opens files, without the line. Name one \
             in {}: editor = \"code -g {{file}}:{{line}}\"",
            place.settings_file.display()
        ))),
        Err(error) => Err(lacking(&error)),
    }
}

fn meaning(place: &Place) -> Outcome {
    let (settings, _) = Settings::read(&place.settings_file);
    if settings.meaning == Meaning::Off {
        return Ok("switched off".to_owned());
    }
    let Some(options) = embedding::options(&settings, &place.data_dir) else {
        return Err(lacking(&"no search by meaning: this program does not know where it is"));
    };
    let found = Model::locate(options.model.as_deref(), &options.program);
    match found.and_then(|model| model.verify().map(|()| model)) {
        Ok(model) => Ok(format!("{} ({})", model.name, model.directory.display())),
        Err(ModelError::Missing { path }) => {
            let what = path.display().to_string();
            let missing = State::Missing { what, name: options.published };
            Err(lacking(&missing.sentence().unwrap_or_default()))
        }
        Err(error) => Err(lacking(&format!("no search by meaning: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_does_not_exist_yet_is_judged_by_where_it_will_be() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = data(&folder.path().join("not/there/yet"));
        assert!(!matches!(outcome, Err((Verdict::Broken, _))));
        assert!(!folder.path().join("not").exists());
    }

    #[test]
    fn broken_settings_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::named(folder.path()).unwrap();
        assert!(settings(&place).is_ok());
        std::fs::write(&place.settings_file, "hotkey =").unwrap();
        assert!(settings(&place).is_err());
    }
}
