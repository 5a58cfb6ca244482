//! A file's lines around a hit, as they are now.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use ts_rs::TS;

use super::{Engine, EngineError, blocking};
use crate::index::manifest::Manifest;
use crate::index::read::read_file;
use crate::index::{ProjectIndex, SkipReason, Stamp, content_hash, text};
use crate::rel_path;

/// Lines of one preview. With [`LONGEST_LINE`] this bounds its size: 200 kB of text.
pub const MOST_LINES: usize = 400;
/// Longer lines are cut; in bytes.
pub const LONGEST_LINE: usize = 512;
/// Stands where a line was cut.
const CUT: char = '…';

/// Part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Preview {
    /// The number of the first of `lines`, from 1.
    pub first_line: u64,
    /// Without their ends; one that is too long ends with "…".
    pub lines: Vec<String>,
    /// The file goes on after the last of them.
    pub more: bool,
    /// The file has changed since it was indexed.
    pub stale: bool,
}

impl Engine {
    /// The file's lines around `line` (from 1): as many as `context` before it and after it, and
    /// at most [`MOST_LINES`]. Where the file is shorter, its last lines.
    ///
    /// # Errors
    /// As for [`Engine::file_path`], and [`EngineError::Failed`] with a sentence where the file is
    /// gone or is not to be shown.
    pub async fn preview(
        &self,
        project: &str,
        path: &str,
        line: u64,
        context: usize,
    ) -> Result<Preview, EngineError> {
        let file = self.file_path(project, path)?;
        let id = self.find(project)?;
        let index = self.shared.registry.readable_now(&id).map(|searchable| searchable.index);
        let most = self.shared.options.limits.file_bytes;
        let key = path.to_owned();
        blocking(move || {
            if text::is_credential(&key) {
                return Err(not_shown(&key, SkipReason::Credential, ""));
            }
            let bytes = read_file(&file, most)
                .map_err(|(reason, note)| not_shown(&key, reason, &note))?
                .ok_or_else(|| gone(&key))?;
            let whole = text::decode(&bytes).map_err(|reason| not_shown(&key, reason, ""))?;
            let stale = index.is_none_or(|index| is_stale(&index, &key, &file, &bytes));
            Ok(Preview { stale, ..around(&whole, line, context) })
        })
        .await
    }
}

/// Whether the index holds something else than these bytes.
fn is_stale(index: &Arc<ProjectIndex>, key: &str, file: &Path, bytes: &[u8]) -> bool {
    let searcher = index.searcher();
    // An index that cannot be read says nothing of the file.
    let Ok(Some(entry)) = Manifest::new(&searcher, index.fields()).get(key) else { return true };
    let unchanged = file.symlink_metadata().is_ok_and(|found| entry.stamp == Stamp::of(&found));
    !unchanged && entry.hash != Some(content_hash(bytes))
}

fn around(whole: &str, line: u64, context: usize) -> Preview {
    let all = whole.lines().count();
    let context = context.min(MOST_LINES / 2);
    let wanted = usize::try_from(line).unwrap_or(usize::MAX).clamp(1, all.max(1));
    let first = wanted.saturating_sub(context).max(1);
    let count = (wanted - first + 1).saturating_add(context).min(MOST_LINES);
    let lines: Vec<String> = whole.lines().skip(first - 1).take(count).map(cut).collect();
    let more = first - 1 + lines.len() < all;
    Preview { first_line: first as u64, lines, more, stale: false }
}

fn cut(line: &str) -> String {
    if line.len() <= LONGEST_LINE {
        return line.to_owned();
    }
    let mut cut = line[..line.floor_char_boundary(LONGEST_LINE - CUT.len_utf8())].to_owned();
    cut.push(CUT);
    cut
}

fn gone(key: &str) -> EngineError {
    let message = format!("{} does not exist any more.", rel_path::file_name(key));
    EngineError::Failed { cause: "Gone", message }
}

fn not_shown(key: &str, reason: SkipReason, note: &str) -> EngineError {
    let name = rel_path::file_name(key);
    let (cause, message) = match reason {
        SkipReason::Binary => ("Binary", format!("{name} is no text.")),
        SkipReason::TooLarge => ("TooLarge", format!("{name} is too large to be shown here.")),
        SkipReason::Credential => {
            ("Credential", format!("{name} may hold passwords or keys: it is not shown here."))
        }
        SkipReason::Unreadable => ("Unreadable", format!("{name} cannot be read: {note}.")),
        SkipReason::NotAFile => ("NotAFile", format!("{name} is no file any more.")),
    };
    EngineError::Failed { cause, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(lines: usize) -> String {
        (1..=lines).map(|number| format!("line {number}\n")).collect()
    }

    #[test]
    fn the_lines_around_are_shown_as_far_as_there_are_any() {
        let shown = around(&numbered(10), 5, 2);
        assert_eq!((shown.first_line, shown.more), (3, true));
        assert_eq!(shown.lines, ["line 3", "line 4", "line 5", "line 6", "line 7"]);
        let shown = around(&numbered(3), 1, 2);
        assert_eq!((shown.first_line, shown.lines.len(), shown.more), (1, 3, false));
    }

    #[test]
    fn a_file_that_has_become_shorter_shows_its_end() {
        let shown = around(&numbered(10), 5000, 2);
        assert_eq!((shown.first_line, shown.more), (8, false));
        assert_eq!(shown.lines.last().map(String::as_str), Some("line 10"));
        let empty = around("", 7, 2);
        assert_eq!((empty.first_line, empty.lines.len(), empty.more), (1, 0, false));
    }

    proptest! {
        #[test]
        fn a_preview_is_small_and_shows_the_line(
            texts in prop::collection::vec("[aä…🐢]{0,300}", 1..900),
            at in any::<prop::sample::Index>(),
            context in any::<usize>(),
        ) {
            let line = at.index(texts.len());
            let shown = around(&texts.join("\n"), line as u64 + 1, context);
            prop_assert!(shown.lines.len() <= MOST_LINES);
            prop_assert!(shown.lines.iter().all(|line| line.len() <= LONGEST_LINE));
            // A last line that is empty is none.
            if line + 1 < texts.len() || !texts[line].is_empty() {
                let place = line + 1 - usize::try_from(shown.first_line).unwrap();
                prop_assert_eq!(&shown.lines[place], &cut(&texts[line]));
            }
        }
    }
}
