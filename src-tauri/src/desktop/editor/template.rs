//! A command with places for the file and the line, such as `code -g {file}:{line}`.

use std::ffi::OsString;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    arguments: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("it names no program")]
    Empty,
    #[error("a quotation mark is never closed")]
    OpenQuote,
    #[error("it ends with a backslash")]
    OpenEscape,
}

const FILE: &str = "{file}";
const LINE: &str = "{line}";

impl Template {
    pub fn new(arguments: &[&str]) -> Self {
        Self { arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }

    /// The program and its arguments. Quotes and backslashes keep blanks, as in a shell; nothing
    /// else is special. Without a place for the file, it comes last.
    pub fn parse_command(text: &str) -> Result<(String, Self), TemplateError> {
        let mut words = split(text)?.into_iter();
        let program = words.next().filter(|word| !word.is_empty()).ok_or(TemplateError::Empty)?;
        let mut arguments: Vec<String> = words.collect();
        if !arguments.iter().any(|argument| argument.contains(FILE)) {
            arguments.push(FILE.to_owned());
        }
        Ok((program, Self { arguments }))
    }

    /// The arguments that come before, as those of a terminal before the editor's own.
    pub fn after(self, before: impl IntoIterator<Item = String>) -> Self {
        Self { arguments: before.into_iter().chain(self.arguments).collect() }
    }

    /// The arguments for a file, one for each of the template whatever the file is called.
    pub fn fill(&self, file: &Path, line: u64) -> Vec<OsString> {
        self.arguments.iter().map(|argument| fill(argument, file, line)).collect()
    }

    /// The arguments for a folder: what is about a line is left out.
    pub fn fill_folder(&self, folder: &Path) -> Vec<OsString> {
        let mut filled: Vec<OsString> = Vec::new();
        for argument in &self.arguments {
            if argument.contains(FILE) {
                filled.push(folder.into());
            } else if !argument.contains(LINE) {
                filled.push(argument.into());
            } else if argument == LINE {
                // The name of an option goes with its value.
                filled.pop_if(|last| last.to_string_lossy().starts_with('-'));
            }
        }
        filled
    }
}

/// What was put in is not looked through again: a file may be called `{line}`.
fn fill(argument: &str, file: &Path, line: u64) -> OsString {
    let mut filled = OsString::new();
    let mut rest = argument;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push(before);
        rest = if let Some(after) = from.strip_prefix(FILE) {
            filled.push(file);
            after
        } else if let Some(after) = from.strip_prefix(LINE) {
            filled.push(line.to_string());
            after
        } else {
            filled.push("{");
            &from[1..]
        };
    }
    filled.push(rest);
    filled
}

fn split(text: &str) -> Result<Vec<String>, TemplateError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            // Windows' paths are full of them.
            (None | Some('"'), '\\') if !cfg!(windows) => {
                let escaped = characters.next().ok_or(TemplateError::OpenEscape)?;
                word.get_or_insert_default().push(escaped);
            }
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err(TemplateError::OpenQuote);
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, file: &str, line: u64) -> Vec<String> {
        let (program, arguments) = Template::parse_command(template).unwrap();
        let arguments = arguments.fill(Path::new(file), line);
        std::iter::once(program)
            .chain(arguments.into_iter().map(|argument| argument.into_string().unwrap()))
            .collect()
    }

    #[test]
    fn file_and_line_are_put_in_their_places() {
        assert_eq!(filled("code -g {file}:{line}", "/a/b.rs", 7), ["code", "-g", "/a/b.rs:7"]);
        assert_eq!(filled("vi +{line} {file}", "/a", 1), ["vi", "+1", "/a"]);
        assert_eq!(filled("gedit", "/a", 1), ["gedit", "/a"]);
    }

    #[test]
    fn a_hostile_name_stays_one_argument() {
        let name = "/a/$(rm -rf ~) \"; {line} 'x' `y`\n.rs";
        assert_eq!(filled("e -g {file}:{line}", name, 3), ["e", "-g", &format!("{name}:3")]);
    }

    #[test]
    fn quotes_keep_blanks_together() {
        assert_eq!(
            filled("'/opt/my editor/bin' \"a b\"c '' {file}", "/f", 1),
            ["/opt/my editor/bin", "a bc", "", "/f"]
        );
        #[cfg(not(windows))]
        assert_eq!(filled(r"my\ editor {file}", "/f", 1), ["my editor", "/f"]);
    }

    #[test]
    fn other_braces_are_text() {
        assert_eq!(filled("e {x} {{file} {", "/f", 1), ["e", "{x}", "{/f", "{"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_need_not_be_text() {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let name = OsString::from_vec(b"/a/\xff.c".to_vec());
        let (_, template) = Template::parse_command("e {file}:{line}").unwrap();
        let arguments = template.fill(Path::new(&name), 2);
        assert_eq!(arguments[0].as_bytes(), b"/a/\xff.c:2");
    }

    #[test]
    fn what_is_no_command_is_said() {
        assert_eq!(Template::parse_command("  ").unwrap_err(), TemplateError::Empty);
        assert_eq!(Template::parse_command("'' {file}").unwrap_err(), TemplateError::Empty);
        assert_eq!(Template::parse_command("e 'x").unwrap_err(), TemplateError::OpenQuote);
    }

    #[test]
    fn a_folder_has_no_line() {
        let opened = |template: &str| -> Vec<String> {
            let (_, arguments) = Template::parse_command(template).unwrap();
            let filled = arguments.fill_folder(Path::new("/a b"));
            filled.into_iter().map(|argument| argument.into_string().unwrap()).collect()
        };
        assert_eq!(opened("code -g {file}:{line}"), ["-g", "/a b"]);
        assert_eq!(opened("idea --line {line} {file}"), ["/a b"]);
        assert_eq!(opened("mousepad --line={line} {file}"), ["/a b"]);
        assert_eq!(opened("xterm -e vim +{line} {file}"), ["-e", "vim", "/a b"]);
        assert_eq!(opened("gedit"), ["/a b"]);
    }
}
