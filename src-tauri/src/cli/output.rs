//! What a command prints, and how it ends.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::owner::protocol::Problem;

/// Why a command ends without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("The output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// Each of several problems has been said when it came up.
    #[error("")]
    Said,
}

impl Failure {
    /// Says what is left to say. A reader that has seen enough is no failure.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Said => {}
            other => complain(&other),
        }
        ExitCode::FAILURE
    }
}

/// One sentence on standard error, which may be closed.
pub fn complain(sentence: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "quarry: {sentence}");
}

/// A remark on standard error that is no failure.
pub fn remark(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}

pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_string(value).map_err(io::Error::from)?;
    line.push('\n');
    print(&line)
}

/// At once, for readers that wait for every line.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Whether standard output shows colours.
pub fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns as wide as their widest cell. Of these, `right` are aligned to the right.
pub fn table(head: &[&str], right: &[usize], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let all = || std::iter::once(&heading).chain(rows);
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            all()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let width = *width;
            if right.contains(&column) {
                line.push_str(&format!("{cell:>width$}"));
            } else {
                line.push_str(&format!("{cell:<width$}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [
            vec!["linux".to_owned(), "78,500".to_owned(), "fresh".to_owned()],
            vec!["a".to_owned(), "1".to_owned(), "cold".to_owned()],
        ];
        let text = table(&["NAME", "FILES", "STATE"], &[1], &rows);
        assert_eq!(text, "NAME    FILES  STATE\nlinux  78,500  fresh\na           1  cold\n");
    }
}
