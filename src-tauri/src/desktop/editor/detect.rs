//! Which editor to use where the settings name none.

use std::env;
use std::path::{Path, PathBuf};

use serde::Serialize;
use ts_rs::TS;

use super::{Editor, Template};

/// Where programs are, and which editor the user's shell would start.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    folders: Vec<PathBuf>,
    /// `$VISUAL` and `$EDITOR`, in this order.
    preferred: Vec<String>,
}

struct Known {
    program: &'static str,
    arguments: &'static [&'static str],
}

const fn known(program: &'static str, arguments: &'static [&'static str]) -> Known {
    Known { program, arguments }
}

const AFTER_COLON: &[&str] = &["{file}:{line}"];
const GOTO: &[&str] = &["-g", "{file}:{line}"];
const LINE_OPTION: &[&str] = &["--line", "{line}", "{file}"];
const PLUS: &[&str] = &["+{line}", "{file}"];

/// An editor that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DetectedEditor {
    pub name: String,
    /// As the settings take it.
    pub command: String,
}

/// Editors with a window of their own, those first that people install for code.
const WINDOWED: &[Known] = &[
    known("code", GOTO),
    known("codium", GOTO),
    known("cursor", GOTO),
    known("windsurf", GOTO),
    known("code-insiders", GOTO),
    known("zed", AFTER_COLON),
    known("zeditor", AFTER_COLON),
    known("subl", AFTER_COLON),
    known("idea", LINE_OPTION),
    known("rustrover", LINE_OPTION),
    known("clion", LINE_OPTION),
    known("goland", LINE_OPTION),
    known("pycharm", LINE_OPTION),
    known("webstorm", LINE_OPTION),
    known("phpstorm", LINE_OPTION),
    known("neovide", &["{file}", "--", "+{line}"]),
    known("gvim", PLUS),
    known("emacs", PLUS),
    known("kate", &["--line", "{line}", "{file}"]),
    known("geany", PLUS),
    known("gedit", PLUS),
    known("xed", PLUS),
    known("pluma", PLUS),
    known("mousepad", &["--line={line}", "{file}"]),
];

/// Editors that need a terminal.
const IN_TERMINAL: &[Known] = &[
    known("nvim", PLUS),
    known("vim", PLUS),
    known("hx", AFTER_COLON),
    known("helix", AFTER_COLON),
];

/// Terminals, with what comes between them and the command.
const TERMINALS: &[Known] = &[
    known("x-terminal-emulator", &["-e"]),
    known("ghostty", &["-e"]),
    known("kitty", &[]),
    known("alacritty", &["-e"]),
    known("wezterm", &["start", "--"]),
    known("foot", &[]),
    known("gnome-terminal", &["--"]),
    known("konsole", &["-e"]),
    known("xfce4-terminal", &["-x"]),
    known("xterm", &["-e"]),
];

impl Surroundings {
    /// Those of this process. A program started from a desktop may lack the folders that a shell
    /// adds to the path.
    pub fn of_this_process() -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let home = env::home_dir();
        let at_home = [".local/bin", "bin", ".cargo/bin", ".local/share/JetBrains/Toolbox/scripts"];
        folders.extend(home.iter().flat_map(|home| at_home.map(|folder| home.join(folder))));
        let usual = [
            "/usr/local/bin",
            "/usr/bin",
            "/bin",
            "/snap/bin",
            "/var/lib/flatpak/exports/bin",
            "/opt/homebrew/bin",
            "/Applications/Visual Studio Code.app/Contents/Resources/app/bin",
            "/Applications/Cursor.app/Contents/Resources/app/bin",
            "/Applications/Sublime Text.app/Contents/SharedSupport/bin",
            "/Applications/Zed.app/Contents/MacOS",
        ];
        folders.extend(usual.map(PathBuf::from));
        let preferred =
            ["VISUAL", "EDITOR"].into_iter().filter_map(|name| env::var(name).ok()).collect();
        Self { folders, preferred }
    }

    /// The program's path, if it can be run. A path is taken as it is.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        if Path::new(program).is_absolute() {
            return can_run(Path::new(program)).then(|| PathBuf::from(program));
        }
        let candidates = self.folders.iter().filter(|folder| folder.is_absolute());
        candidates.flat_map(|folder| spellings(folder, program)).find(|path| can_run(path))
    }
}

#[cfg(not(windows))]
fn spellings(folder: &Path, program: &str) -> Vec<PathBuf> {
    vec![folder.join(program)]
}

/// A file without an ending may be there too, and is a script that Windows does not run.
#[cfg(windows)]
fn spellings(folder: &Path, program: &str) -> Vec<PathBuf> {
    if Path::new(program).extension().is_some() {
        return vec![folder.join(program)];
    }
    ["exe", "cmd", "bat"].map(|end| folder.join(format!("{program}.{end}"))).into()
}

#[cfg(unix)]
fn can_run(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn can_run(path: &Path) -> bool {
    path.is_file()
}

/// The user's preference if it has a window, then what is installed: with a window, or in a
/// terminal.
pub fn first(around: &Surroundings) -> Option<Editor> {
    let preferred = around.preferred.iter().filter_map(|command| preferred(command, around));
    preferred
        .chain(WINDOWED.iter().filter_map(|editor| windowed(editor, around)))
        .next()
        .or_else(|| in_terminal(around))
}

/// Every editor that is installed, those with a window first, each with the command that the
/// settings may name.
pub fn all(around: &Surroundings) -> Vec<DetectedEditor> {
    let windowed = WINDOWED.iter().filter(|editor| around.find(editor.program).is_some());
    let windowed = windowed.map(|editor| DetectedEditor {
        name: editor.program.to_owned(),
        command: [&[editor.program][..], editor.arguments].concat().join(" "),
    });
    let terminal = TERMINALS.iter().find(|terminal| around.find(terminal.program).is_some());
    let in_terminal = terminal.into_iter().flat_map(|terminal| {
        let editors = IN_TERMINAL.iter().filter(|editor| around.find(editor.program).is_some());
        editors.map(|editor| DetectedEditor {
            name: format!("{} in {}", editor.program, terminal.program),
            command: [
                &[terminal.program][..],
                terminal.arguments,
                &[editor.program],
                editor.arguments,
            ]
            .concat()
            .join(" "),
        })
    });
    windowed.chain(in_terminal).collect()
}

fn in_terminal(around: &Surroundings) -> Option<Editor> {
    let (known, editor) =
        IN_TERMINAL.iter().find_map(|known| Some((known, around.find(known.program)?)))?;
    let (terminal, between) = TERMINALS
        .iter()
        .find_map(|terminal| Some((around.find(terminal.program)?, terminal.arguments)))?;
    let before = between.iter().map(|&argument| argument.to_owned());
    let before = before.chain([editor.to_str()?.to_owned()]);
    Some(Editor::Command {
        name: known.program.to_owned(),
        program: terminal,
        arguments: Template::new(known.arguments).after(before),
    })
}

fn windowed(editor: &Known, around: &Surroundings) -> Option<Editor> {
    let program = around.find(editor.program)?;
    Some(Editor::named(program, Template::new(editor.arguments)))
}

/// Its own options (`code --wait`) are for programs that wait for it.
fn preferred(command: &str, around: &Surroundings) -> Option<Editor> {
    let (program, _) = Template::parse_command(command).ok()?;
    let stem = Path::new(&program).file_stem()?.to_str()?;
    let editor = WINDOWED.iter().find(|editor| editor.program == stem)?;
    let program = around.find(&program)?;
    Some(Editor::named(program, Template::new(editor.arguments)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn installed(programs: &[&str]) -> (tempfile::TempDir, Surroundings) {
        let folder = tempfile::tempdir().unwrap();
        for program in programs {
            let path = folder.path().join(program);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let around = Surroundings { folders: vec![folder.path().to_owned()], preferred: vec![] };
        (folder, around)
    }

    fn command_line(around: &Surroundings) -> Vec<String> {
        let Some(Editor::Command { program, arguments, .. }) = first(around) else { return vec![] };
        std::iter::once(program.into_os_string())
            .chain(arguments.fill(Path::new("/f"), 9))
            .map(|word| Path::new(&word).file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn an_editor_with_a_window_comes_before_one_in_a_terminal() {
        let (_folder, around) = installed(&["nvim", "xterm", "zed"]);
        assert_eq!(command_line(&around), ["zed", "f:9"]);
    }

    #[test]
    fn the_preference_counts_only_if_it_has_a_window() {
        let (_folder, mut around) = installed(&["code", "subl", "vim", "xterm"]);
        around.preferred = vec!["vim".to_owned(), "subl --wait".to_owned()];
        assert_eq!(command_line(&around), ["subl", "f:9"]);
    }

    #[test]
    fn without_a_window_it_runs_in_a_terminal() {
        let (_folder, around) = installed(&["vim", "wezterm"]);
        assert_eq!(command_line(&around), ["wezterm", "start", "--", "vim", "+9", "f"]);
        let (_folder, around) = installed(&["vim"]);
        assert_eq!(first(&around), None);
    }

    #[test]
    fn every_editor_is_listed_with_a_command_that_opens_a_line() {
        let (_folder, around) = installed(&["zed", "vim", "xterm", "code"]);
        let commands: Vec<String> = all(&around).into_iter().map(|one| one.command).collect();
        assert_eq!(
            commands,
            ["code -g {file}:{line}", "zed {file}:{line}", "xterm -e vim +{line} {file}"]
        );
    }

    #[test]
    fn what_cannot_be_run_is_no_program() {
        let (folder, around) = installed(&[]);
        std::fs::write(folder.path().join("code"), "").unwrap();
        assert_eq!(around.find("code"), None);
    }
}
