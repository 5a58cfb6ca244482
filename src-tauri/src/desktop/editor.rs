//! The user's editor: which one, and how it opens a file at a line. Never through a shell.

mod detect;
mod template;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tauri_plugin_opener::open_path;
use tokio::sync::oneshot;

use crate::settings::Settings;
pub use detect::{DetectedEditor, Surroundings, all as detected};
use template::{Template, TemplateError};

/// An editor that fails, fails at once; one that goes on is open.
const EARLY_END: Duration = Duration::from_millis(120);

#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    #[error("The editor in {settings} cannot be used: {source}")]
    Template { settings: PathBuf, source: TemplateError },
    #[error(
        "The editor `{program}` was not found. Name one in {settings}, such as \
         editor = \"code -g {{file}}:{{line}}\"."
    )]
    NotFound { program: String, settings: PathBuf },
    #[error("{0} does not exist any more.")]
    NoFile(PathBuf),
    #[error("The editor {program} could not be started: {source}")]
    Start { program: String, source: std::io::Error },
    #[error("The editor {program} ended at once ({status}).")]
    Ended { program: String, status: ExitStatus },
    #[error(
        "No editor was found, and the system has none for {file} ({cause}). Name one in {settings}."
    )]
    NoneAtAll { file: PathBuf, cause: String, settings: PathBuf },
}

/// What opens files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Editor {
    Command {
        /// What people call it.
        name: String,
        program: PathBuf,
        arguments: Template,
    },
    /// What the system opens folders and texts with; it knows no lines.
    System,
}

impl Editor {
    /// The one of the settings, or the first that is found.
    pub fn choose(
        settings: &Settings,
        settings_file: &Path,
        around: &Surroundings,
    ) -> Result<Self, EditorError> {
        let Some(chosen) = &settings.editor else {
            return Ok(detect::first(around).unwrap_or(Self::System));
        };
        let (program, arguments) = Template::parse_command(chosen).map_err(|source| {
            EditorError::Template { settings: settings_file.to_owned(), source }
        })?;
        match around.find(&program) {
            Some(program) => Ok(Self::named(program, arguments)),
            None => Err(EditorError::NotFound { program, settings: settings_file.to_owned() }),
        }
    }

    fn named(program: PathBuf, arguments: Template) -> Self {
        let name =
            program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
        Self::Command { name, program, arguments }
    }

    /// None where the system chooses.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Command { name, .. } => Some(name),
            Self::System => None,
        }
    }

    /// Opens the file at the line, counted from 1.
    pub async fn open(&self, file: &Path, line: u64, settings: &Path) -> Result<(), EditorError> {
        self.open_with(file, settings, |arguments| arguments.fill(file, line)).await
    }

    /// Opens a folder, as editors do with the whole of a project.
    pub async fn open_folder(&self, folder: &Path, settings: &Path) -> Result<(), EditorError> {
        self.open_with(folder, settings, |arguments| arguments.fill_folder(folder)).await
    }

    async fn open_with(
        &self,
        file: &Path,
        settings: &Path,
        fill: impl FnOnce(&Template) -> Vec<OsString>,
    ) -> Result<(), EditorError> {
        let looked_for = file.to_owned();
        // A disk may take its time to answer.
        let found = tokio::task::spawn_blocking(move || looked_for.metadata()).await;
        let Ok(Ok(found)) = found else { return Err(EditorError::NoFile(file.to_owned())) };
        match self {
            Self::Command { program, arguments, .. } => start(program, fill(arguments)).await,
            Self::System => match text_opener(env::consts::OS) {
                Some((program, options)) if !found.is_dir() => {
                    let options = options.iter().map(OsString::from);
                    start(&program, options.chain([file.into()]).collect()).await
                }
                _ => open_path(file, None::<&str>).map_err(|error| EditorError::NoneAtAll {
                    file: file.to_owned(),
                    cause: error.to_string(),
                    settings: settings.to_owned(),
                }),
            },
        }
    }
}

/// What shows a file as a text, where the system runs some files when it opens them: whose they are
/// is not known. With its options.
fn text_opener(system: &str) -> Option<(PathBuf, &'static [&'static str])> {
    match system {
        "macos" => Some((PathBuf::from("/usr/bin/open"), &["-t"])),
        "windows" => {
            let root = env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
            Some((PathBuf::from(root).join("System32").join("notepad.exe"), &[]))
        }
        _ => None,
    }
}

async fn start(program: &Path, arguments: Vec<OsString>) -> Result<(), EditorError> {
    let shown = program.display().to_string();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for variable in crate::renderer::OURS {
        command.env_remove(variable);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // What ends Quarry's group does not end the editor.
        command.process_group(0);
    }
    let mut child =
        command.spawn().map_err(|source| EditorError::Start { program: shown.clone(), source })?;
    let (ended, end) = oneshot::channel();
    // Waits for as long as the editor is open, so that nothing is left of it.
    std::thread::spawn(move || {
        if let Ok(status) = child.wait() {
            let _ = ended.send(status);
        }
    });
    match tokio::time::timeout(EARLY_END, end).await {
        Ok(Ok(status)) if !status.success() => Err(EditorError::Ended { program: shown, status }),
        _ => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The path of a script, to be read by `sh`: a program that was written a moment ago may not
    /// be started while a process that another test forked still has it open for writing.
    fn stub(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("stub");
        std::fs::write(&path, script).unwrap();
        path
    }

    fn chosen(editor: &str) -> Result<Editor, EditorError> {
        let settings = Settings { editor: Some(editor.to_owned()), ..Settings::default() };
        Editor::choose(&settings, Path::new("/settings.toml"), &Surroundings::default())
    }

    #[tokio::test]
    async fn the_editor_gets_file_and_line_whatever_the_file_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let stub = stub(folder.path(), &format!("printf '%s\\n' \"$@\" > '{}'", out.display()));
        let file = folder.path().join("a b; touch $(pwned) {line} 'x\".rs");
        std::fs::write(&file, "x").unwrap();
        let editor = chosen(&format!("/bin/sh {} -g {{file}}:{{line}}", stub.display())).unwrap();
        editor.open(&file, 42, Path::new("/s")).await.unwrap();
        let expected = format!("-g\n{}:42\n", file.display());
        for _ in 0..100 {
            if std::fs::read_to_string(&out).is_ok_and(|text| text == expected) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?}", std::fs::read_to_string(&out));
    }

    #[tokio::test]
    async fn an_editor_that_fails_at_once_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let stub = stub(folder.path(), "exit 3");
        let editor = chosen(&format!("/bin/sh {} {{file}}", stub.display())).unwrap();
        let outcome = editor.open(&stub, 1, Path::new("/s")).await;
        assert!(matches!(outcome, Err(EditorError::Ended { .. })));
        let gone = editor.open(&folder.path().join("gone"), 1, Path::new("/s")).await;
        assert!(matches!(gone, Err(EditorError::NoFile(_))));
    }

    #[test]
    fn no_file_is_run_where_the_system_would_do_so() {
        let opener = |system| {
            text_opener(system)
                .map(|(program, options)| (program.file_name().unwrap().to_owned(), options))
        };
        assert_eq!(opener("macos"), Some(("open".into(), &["-t"][..])));
        assert_eq!(opener("windows"), Some(("notepad.exe".into(), &[][..])));
        assert_eq!(opener("linux"), None);
    }

    #[test]
    fn an_editor_that_is_not_there_is_said_with_a_remedy() {
        let error = chosen("no-such-editor {file}").unwrap_err().to_string();
        assert!(error.contains("no-such-editor") && error.contains("/settings.toml"), "{error}");
    }
}
