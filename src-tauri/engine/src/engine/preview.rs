//! A file's lines around a hit, as they are now.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use ts_rs::TS;

use super::{Engine, EngineError};
use crate::index::read::read_file;
use crate::index::{ProjectIndex, SkipReason, Stamp, content_hash, language, text};
use crate::rel_path;
use crate::symbols::{Definition, Highlighted, Highlighter, SyntaxClass, SyntaxSpan};

/// Lines of one preview. With [`LONGEST_LINE`] this bounds its size: 200 kB of text.
pub const MOST_LINES: usize = 400;
/// Longer lines are cut; in bytes.
pub const LONGEST_LINE: usize = 512;
/// Stands where a line was cut.
const CUT: char = '…';
/// A preview is not kept waiting for its colours any longer.
const COLOURING: Duration = Duration::from_millis(80);

/// Part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Preview {
    /// The number of the first of `lines`, from 1.
    pub first_line: u64,
    pub lines: Vec<PreviewLine>,
    /// The file goes on after the last of them.
    pub more: bool,
    /// The file has changed since it was indexed; `None` where there is no open index to compare
    /// it with.
    pub stale: Option<bool>,
    /// The innermost definition around the line that was asked for.
    pub enclosing: Option<EnclosingSymbol>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PreviewLine {
    /// Without its end; one that is too long ends with "…".
    pub text: String,
    /// What parts of it are, in order: from, to (in UTF-16 units, as the page counts), and class.
    pub spans: Vec<(u32, u32, SyntaxClass)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnclosingSymbol {
    pub kind: String,
    /// With what contains it: `Outer.inner`.
    pub name: String,
    pub line_start: u64,
    pub line_end: u64,
}

/// What previews need from one to the next.
#[derive(Default)]
pub(super) struct Previews {
    highlighter: Mutex<Highlighter>,
}

impl Engine {
    /// The file's lines around `line` (from 1): as many as `context` before it and after it, and
    /// at most [`MOST_LINES`]. Where the file is shorter, its last lines. Without colours where
    /// they cannot be told in time.
    ///
    /// # Errors
    /// As for [`Engine::file_path`], and [`EngineError::Failed`] with a sentence where the file is
    /// gone, is not to be shown, or lies on a disk that does not answer.
    pub async fn preview(
        &self,
        project: &str,
        path: &str,
        line: u64,
        context: usize,
    ) -> Result<Preview, EngineError> {
        let (key, shared) = (path.to_owned(), Arc::clone(&self.shared));
        let show = move |whole: &str, stale| {
            shared.previews.of(&key, whole, Wanted { line, context, stale })
        };
        self.with_text(project, path, show).await
    }

    /// What `take` makes of the file's text as it is now, and of whether that is another one than
    /// was indexed (`None` where there is no open index to compare it with).
    ///
    /// # Errors
    /// As for [`Engine::preview`].
    pub(super) async fn with_text<T: Send + 'static>(
        &self,
        project: &str,
        path: &str,
        take: impl FnOnce(&str, Option<bool>) -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let file = self.file_path(project, path).await?;
        let id = self.find(project)?;
        let index = self.shared.registry.readable_now(&id).map(|searchable| searchable.index);
        let most = self.shared.registry.limits().file_bytes;
        let key = path.to_owned();
        let read = move || {
            if text::is_credential(&key) {
                return Err(not_shown(&key, SkipReason::Credential, ""));
            }
            let bytes = read_file(&file, most)
                .map_err(|(reason, note)| not_shown(&key, reason, &note))?
                .ok_or_else(|| gone(&key))?;
            let whole = text::decode(&bytes).map_err(|reason| not_shown(&key, reason, ""))?;
            let stale = index.and_then(|index| is_stale(&index, &key, &file, &bytes));
            Ok(take(&whole, stale))
        };
        self.reach(&id, read).await?
    }
}

/// Whether the index holds something else than these bytes; an index that cannot be read says
/// nothing of the file.
fn is_stale(index: &Arc<ProjectIndex>, key: &str, file: &Path, bytes: &[u8]) -> Option<bool> {
    let searcher = index.searcher();
    let Some(entry) = index.documents(&searcher).file(key).ok()? else { return Some(true) };
    let unchanged = file.symlink_metadata().is_ok_and(|found| entry.stamp == Stamp::of(&found));
    Some(!unchanged && entry.hash != Some(content_hash(bytes)))
}

struct Wanted {
    line: u64,
    context: usize,
    stale: Option<bool>,
}

impl Previews {
    fn of(&self, path: &str, whole: &str, wanted: Wanted) -> Preview {
        let window = around(whole, wanted.line, wanted.context);
        let highlighted = language::of(path).map_or_else(Highlighted::default, |language| {
            // A panic in another preview leaves nothing half done that counts.
            let mut highlighter = self.highlighter.lock().unwrap_or_else(PoisonError::into_inner);
            highlighter.highlight(language, whole, window.bytes(), COLOURING)
        });
        let line = wanted.line;
        let enclosing = highlighted
            .definitions
            .iter()
            .filter(|found| (found.line_start..=found.line_end).contains(&line))
            .max_by_key(|found| found.depth)
            .map(EnclosingSymbol::of);
        Preview {
            first_line: window.first_line,
            lines: coloured(whole, &window.lines, &highlighted.spans),
            more: window.more,
            stale: wanted.stale,
            enclosing,
        }
    }
}

impl EnclosingSymbol {
    fn of(definition: &Definition) -> Self {
        let Definition { kind, name, container, line_start, line_end, .. } = definition;
        let name = container.as_ref().map_or_else(|| name.clone(), |it| format!("{it}.{name}"));
        let (line_start, line_end) = (*line_start, *line_end);
        Self { kind: kind.as_str().to_owned(), name, line_start, line_end }
    }
}

/// Lines of a text, each as its bytes without its end.
struct Window {
    first_line: u64,
    lines: Vec<Range<usize>>,
    more: bool,
}

impl Window {
    fn bytes(&self) -> Range<usize> {
        let start = self.lines.first().map_or(0, |line| line.start);
        start..self.lines.last().map_or(start, |line| line.end)
    }
}

fn around(whole: &str, line: u64, context: usize) -> Window {
    let all = whole.lines().count();
    let context = context.min(MOST_LINES / 2);
    let wanted = usize::try_from(line).unwrap_or(usize::MAX).clamp(1, all.max(1));
    let first = wanted.saturating_sub(context).max(1);
    let count = (wanted - first + 1).saturating_add(context).min(MOST_LINES);
    let mut end = 0;
    let lines = whole.split_inclusive('\n').map(|line| {
        let start = end;
        end += line.len();
        let text = line.strip_suffix('\n').unwrap_or(line);
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    });
    let lines: Vec<Range<usize>> = lines.skip(first - 1).take(count).collect();
    let more = first - 1 + lines.len() < all;
    Window { first_line: first as u64, lines, more }
}

/// The lines with their parts of the spans, which are in order.
fn coloured(whole: &str, lines: &[Range<usize>], spans: &[SyntaxSpan]) -> Vec<PreviewLine> {
    let mut rest = spans;
    let line = |line: &Range<usize>| {
        let done = rest.partition_point(|span| span.bytes.end <= line.start);
        rest = rest.get(done..).unwrap_or_default();
        let text = cut(whole.get(line.clone()).unwrap_or_default());
        let here = rest.iter().take_while(|span| span.bytes.start < line.end);
        let spans = here.filter_map(|span| {
            let start = utf16(&text, span.bytes.start.saturating_sub(line.start));
            let end = utf16(&text, span.bytes.end - line.start);
            (start < end).then_some((start, end, span.class))
        });
        PreviewLine { spans: spans.collect(), text: text.clone() }
    };
    lines.iter().map(line).collect()
}

/// How many UTF-16 units the first `bytes` of a text are; all of them where it is shorter.
fn utf16(text: &str, bytes: usize) -> u32 {
    let beginning = &text[..text.floor_char_boundary(bytes)];
    u32::try_from(beginning.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// The line, at most [`LONGEST_LINE`] of it.
pub(super) fn cut(line: &str) -> String {
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

    fn shown(path: &str, whole: &str, line: u64, context: usize) -> Preview {
        Previews::default().of(path, whole, Wanted { line, context, stale: Some(false) })
    }

    fn texts(preview: &Preview) -> Vec<&str> {
        preview.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_have_the_classes_of_their_parts_counted_as_the_page_counts() {
        use SyntaxClass::{Comment, Function, Keyword, String, Type};
        let whole = "/* 🐢\r\n two */ struct A;\r\nimpl A {\n  fn b() { c(\"🐢\", A) }\n}\n";
        let preview = shown("a.rs", whole, 4, 10);
        assert_eq!(texts(&preview)[..2], ["/* 🐢", " two */ struct A;"]);
        assert_eq!(preview.lines[0].spans, [(0, 5, Comment)]);
        assert_eq!(preview.lines[1].spans, [(0, 7, Comment), (8, 14, Keyword), (15, 16, Type)],);
        let spans = &preview.lines[3].spans;
        assert!(spans.contains(&(2, 4, Keyword)) && spans.contains(&(5, 6, Function)), "{spans:?}");
        assert!(spans.contains(&(13, 17, String)), "{spans:?}");
        let below = shown("a.rs", whole, 2, 0);
        assert_eq!(below.lines[0].spans, preview.lines[1].spans, "what begins above is known");
        let around = preview.enclosing.expect("the line is in a method");
        assert_eq!((around.kind.as_str(), around.name.as_str()), ("method", "A.b"));
        assert_eq!(shown("a.txt", whole, 4, 10).lines[3].spans, []);
    }

    #[test]
    fn the_lines_around_are_shown_as_far_as_there_are_any() {
        let part = shown("a", &numbered(10), 5, 2);
        assert_eq!((part.first_line, part.more), (3, true));
        assert_eq!(texts(&part), ["line 3", "line 4", "line 5", "line 6", "line 7"]);
        let part = shown("a", &numbered(3), 1, 2);
        assert_eq!((part.first_line, part.lines.len(), part.more), (1, 3, false));
    }

    #[test]
    fn a_file_that_has_become_shorter_shows_its_end() {
        let part = shown("a", &numbered(10), 5000, 2);
        assert_eq!((part.first_line, part.more), (8, false));
        assert_eq!(texts(&part).last().copied(), Some("line 10"));
        let empty = shown("a", "", 7, 2);
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
            let part = shown("a", &texts.join("\n"), line as u64 + 1, context);
            prop_assert!(part.lines.len() <= MOST_LINES);
            prop_assert!(part.lines.iter().all(|line| line.text.len() <= LONGEST_LINE));
            // A last line that is empty is none.
            if line + 1 < texts.len() || !texts[line].is_empty() {
                let place = line + 1 - usize::try_from(part.first_line).unwrap();
                prop_assert_eq!(&part.lines[place].text, &cut(&texts[line]));
            }
        }
    }
}
