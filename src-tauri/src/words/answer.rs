//! What a search's answer says beside its hits, for people and for programs that pass it on.

use std::collections::BTreeMap;

use quarry_engine::search::SearchAnswer;
use quarry_engine::status::ProjectStatus;

use super::{counted, visible};

pub const NONE_REGISTERED: &str = "No project is registered. `quarry add PATH` registers a folder.";

/// What projects are called, by id.
pub struct Names<'a> {
    projects: BTreeMap<&'a str, &'a ProjectStatus>,
}

impl<'a> Names<'a> {
    pub fn of(projects: &'a [ProjectStatus]) -> Self {
        Self { projects: projects.iter().map(|one| (one.id.as_str(), one)).collect() }
    }

    /// Its name; the id of one that is not known.
    pub fn name<'n>(&'n self, id: &'n str) -> &'n str {
        self.projects.get(id).map_or(id, |project| &project.name)
    }

    /// What a command calls it: its name, or the id where another project has that name too.
    pub fn short<'n>(&'n self, id: &'n str) -> &'n str {
        let name = self.name(id);
        let same = self.projects.values().filter(|project| project.name == name).count();
        if same > 1 { id } else { name }
    }

    /// A sentence about what is wrong with the project, if that is this.
    fn sentence(&self, id: &str, cause: &str) -> Option<&str> {
        let error = self.projects.get(id)?.error.as_ref()?;
        (error.cause == cause).then_some(error.message.as_str())
    }
}

/// Those that were asked for, or else all, as far as they are not indexed yet.
pub fn unfinished<'a>(
    projects: &'a [ProjectStatus],
    asked_for: &'a [String],
) -> impl Iterator<Item = &'a ProjectStatus> {
    let asked = move |project: &&ProjectStatus| {
        let names =
            |asked: &String| *asked == project.id || asked.eq_ignore_ascii_case(&project.name);
        asked_for.is_empty() || asked_for.iter().any(names)
    };
    projects.iter().filter(|one| one.last_indexed.is_none()).filter(asked)
}

/// What the hits do not show: what was not searched, and what the lanes have to say.
pub fn remarks(answer: &SearchAnswer, names: &Names<'_>) -> Vec<String> {
    let searched = &answer.searched;
    let mut remarks = Vec::new();
    if searched.total == 0 {
        remarks.push(NONE_REGISTERED.to_owned());
    } else if answer.results.is_empty() {
        let total = counted(searched.total as u64, "project");
        remarks.push(format!("Nothing found in {} of {total}.", searched.hot));
    }
    for failed in &searched.failed {
        let (name, cause) = (visible(names.name(&failed.project)), &failed.cause);
        remarks.push(match names.sentence(&failed.project, cause) {
            Some(sentence) => format!("{name} was not searched: {cause}. {}", visible(sentence)),
            None => format!("{name} was not searched: {cause}"),
        });
    }
    if searched.loading > 0 {
        let loading = counted(searched.loading as u64, "project");
        remarks.push(format!("{loading} could not be opened in time; search again."));
    }
    if searched.stale > 0 {
        let stale = counted(searched.stale as u64, "project");
        remarks.push(format!("{stale} not compared with the folder yet: changes may be missing."));
    }
    remarks.extend(answer.lanes.iter().filter_map(|lane| lane.note.clone()));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::project;
    use quarry_engine::search::{FailedProject, Mode, Searched};
    use quarry_engine::status::ProjectError;

    #[test]
    fn only_what_was_asked_for_is_said_to_be_unfinished() {
        let projects = ["a", "b"].map(project);
        let names = |asked_for: &[&str]| {
            let asked_for: Vec<String> = asked_for.iter().map(|&one| one.to_owned()).collect();
            let unfinished: Vec<_> =
                unfinished(&projects, &asked_for).map(|one| one.name.clone()).collect();
            unfinished
        };
        assert_eq!(names(&["a"]), ["a"]);
        assert_eq!(names(&["A"]), ["a"], "names are found in any case");
        assert_eq!(names(&["id-b"]), ["b"]);
        assert_eq!(names(&[]), ["a", "b"]);
    }

    #[test]
    fn what_was_not_searched_is_said_with_its_cause() {
        let failed =
            |id: &str| FailedProject { project: id.to_owned(), cause: "RootMissing".to_owned() };
        let answer = SearchAnswer {
            query: "x".to_owned(),
            mode: Mode::Auto,
            took_ms: 1.0,
            searched: Searched {
                total: 4,
                hot: 1,
                loading: 1,
                stale: 1,
                failed: vec![failed("id-quarry"), failed("gone")],
            },
            lanes: Vec::new(),
            results: Vec::new(),
        };
        let mut quarry = project("quarry");
        quarry.error = Some(ProjectError {
            cause: "RootMissing".to_owned(),
            message: "The folder is not there.".to_owned(),
            first_at: jiff::Timestamp::UNIX_EPOCH,
            attempts: 1,
            next_retry: None,
        });
        let said = remarks(&answer, &Names::of(&[quarry])).join("\n");
        for expected in [
            "quarry was not searched: RootMissing. The folder is not there.",
            "gone was not searched: RootMissing",
            "1 project could not be opened",
            "1 project not compared with the folder yet",
            "Nothing found in 1 of 4 projects",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}
