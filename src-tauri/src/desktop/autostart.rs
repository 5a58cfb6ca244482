//! Starting at login: an entry of the session's own, which starts this program with its data.

use auto_launch::{AutoLaunch, AutoLaunchBuilder, Error, MacOSLaunchMode};
use tauri::{AppHandle, Wry};

use super::hotkey;
use crate::place::{Place, fingerprint};

/// The entry for this place. A place that was named has one of its own, so that two Quarrys with
/// different data can both be started.
///
/// # Errors
/// Where this program does not know its own path.
pub fn entry(app: &AppHandle<Wry>, place: &Place) -> Result<AutoLaunch, Error> {
    let program = hotkey::program()?.display().to_string();
    let arguments: Vec<String> = arguments(place).iter().map(|argument| word(argument)).collect();
    AutoLaunchBuilder::new()
        .set_app_name(&name(&app.package_info().name, place))
        .set_app_path(&word(&program))
        .set_args(&arguments)
        .set_macos_launch_mode(MacOSLaunchMode::LaunchAgent)
        .build()
}

fn name(program: &str, place: &Place) -> String {
    if place.named {
        format!("{program}-{:016x}", fingerprint(&place.data_dir))
    } else {
        program.to_owned()
    }
}

/// What the session has to start with the program to come to the same data.
fn arguments(place: &Place) -> Vec<String> {
    match place.data_dir.to_str() {
        Some(data_dir) if place.named => vec!["--data-dir".to_owned(), data_dir.to_owned()],
        _ => Vec::new(),
    }
}

/// The word as it stands in a command of a desktop entry: quoted, with the characters that mean
/// something in quotes, in an entry's values and in a command. See "The Exec key" in the Desktop
/// Entry Specification.
#[cfg(target_os = "linux")]
fn word(text: &str) -> String {
    let mut word = String::from('"');
    for letter in text.chars() {
        match letter {
            '\\' => word.push_str(r"\\\\"),
            '"' | '`' | '$' => word.extend([r"\\", letter.encode_utf8(&mut [0; 4])]),
            '%' => word.push_str("%%"),
            '\n' => word.push_str(r"\n"),
            '\r' => word.push_str(r"\r"),
            '\t' => word.push_str(r"\t"),
            plain => word.push(plain),
        }
    }
    word.push('"');
    word
}

/// The word as a program takes its command line apart. No path holds a quote.
#[cfg(windows)]
fn word(text: &str) -> String {
    // A backslash before a quote would be taken with it.
    let end = text.len() - text.trim_end_matches('\\').len();
    format!("\"{text}{}\"", "\\".repeat(end))
}

/// The entry lists the words one by one.
#[cfg(target_os = "macos")]
fn word(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_desktop_takes_the_command_apart_as_it_was_meant() {
        use gtk::glib::{KeyFile, KeyFileFlags, shell_parse_argv};

        let words = ["/opt/my apps/quarry", "--data-dir", "/d/a \"b\" `c` $d \\e 100% 'f'\tg\nh/ü"];
        let command: Vec<String> = words.iter().map(|text| word(text)).collect();
        let entry = KeyFile::new();
        let text = format!("[Desktop Entry]\nExec={}\n", command.join(" "));
        entry.load_from_data(&text, KeyFileFlags::NONE).unwrap();
        let command = entry.string("Desktop Entry", "Exec").unwrap();
        // What stands for files and the like is replaced before that.
        let parsed = shell_parse_argv(command.replace("%%", "%")).unwrap();
        assert_eq!(parsed, words);
    }

    #[test]
    fn two_places_have_two_entries() {
        let place = |path: &str| Place::named(Path::new(path)).unwrap();
        let (one, two) = (place("/data/one"), place("/data/two"));
        let usual = Place { named: false, ..one.clone() };
        let names = [&one, &two, &usual].map(|place| name("Quarry", place));
        assert!(names[0] != names[1] && names[0].starts_with("Quarry-"), "{names:?}");
        assert_eq!(names[2], "Quarry");
        assert_eq!(arguments(&one), ["--data-dir", "/data/one"]);
        assert!(arguments(&usual).is_empty());
    }
}
