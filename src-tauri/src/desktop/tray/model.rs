//! What the tray shows, as a function of the projects' state. No tray is needed to know it.

use std::cmp::Reverse;

use quarry_engine::status::{
    Freshness, MeaningState, MeaningStatus, ProjectAction, ProjectStatus, Residency, Snapshot,
    WatchMode,
};

use crate::words::{Condition, condition, counted, steady_state, visible};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayModel {
    pub face: Face,
    pub tooltip: String,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Rest,
    Working,
    /// Something needs a person.
    Attention,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Item(Item),
    Separator,
    Submenu { id: String, text: String, items: Vec<Item> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub choice: Choice,
    pub text: String,
}

/// What a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Search,
    AddFolder,
    Projects,
    Settings,
    /// To look at what search by meaning needs.
    Meaning,
    Quit,
    /// To every project.
    All(ProjectAction),
    /// To say where the project's folder went.
    Locate {
        id: String,
    },
    Project {
        id: String,
        action: ProjectAction,
    },
}

const ACTIONS: [(ProjectAction, &str); 11] = [
    (ProjectAction::Remove, "remove"),
    (ProjectAction::Retry, "retry"),
    (ProjectAction::Reindex, "reindex"),
    (ProjectAction::Pause, "pause"),
    (ProjectAction::Resume, "resume"),
    (ProjectAction::Pin, "pin"),
    (ProjectAction::Unpin, "unpin"),
    (ProjectAction::MeaningOn, "meaning-on"),
    (ProjectAction::MeaningOff, "meaning-off"),
    (ProjectAction::IgnoredOn, "ignored-on"),
    (ProjectAction::IgnoredOff, "ignored-off"),
];

impl Choice {
    /// Menus know items by words.
    pub fn id(&self) -> String {
        let word = |wanted: &ProjectAction| {
            ACTIONS.iter().find(|(action, _)| action == wanted).map_or("", |(_, word)| word)
        };
        match self {
            Self::Search => "search".to_owned(),
            Self::AddFolder => "add".to_owned(),
            Self::Projects => "projects".to_owned(),
            Self::Settings => "settings".to_owned(),
            Self::Meaning => "meaning".to_owned(),
            Self::Quit => "quit".to_owned(),
            Self::All(action) => format!("all {}", word(action)),
            Self::Locate { id } => format!("locate {id}"),
            Self::Project { id, action } => format!("project {} {id}", word(action)),
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        let action = |wanted: &str| {
            ACTIONS.iter().find(|(_, word)| *word == wanted).map(|(action, _)| *action)
        };
        let mut words = id.splitn(3, ' ');
        match (words.next()?, words.next(), words.next()) {
            ("search", None, None) => Some(Self::Search),
            ("add", None, None) => Some(Self::AddFolder),
            ("projects", None, None) => Some(Self::Projects),
            ("settings", None, None) => Some(Self::Settings),
            ("meaning", None, None) => Some(Self::Meaning),
            ("quit", None, None) => Some(Self::Quit),
            ("locate", Some(id), None) => Some(Self::Locate { id: id.to_owned() }),
            ("all", Some(word), None) => Some(Self::All(action(word)?)),
            ("project", Some(word), Some(id)) => {
                Some(Self::Project { id: id.to_owned(), action: action(word)? })
            }
            _ => None,
        }
    }
}

impl Item {
    fn new(choice: Choice, text: impl Into<String>) -> Self {
        Self { choice, text: text.into() }
    }

    pub fn id(&self) -> String {
        self.choice.id()
    }
}

/// `hotkey` is the one that works.
pub fn model(snapshot: &Snapshot, hotkey: Option<&str>, meaning: &MeaningStatus) -> TrayModel {
    let projects = &snapshot.projects;
    let search = match hotkey {
        Some(hotkey) => format!("Search  ({hotkey})"),
        None => "Search  (no hotkey: bind a key to `quarry toggle`)".to_owned(),
    };
    let mut entries = vec![
        Entry::Item(Item::new(Choice::Search, search)),
        Entry::Item(Item::new(Choice::AddFolder, "Add folder…")),
        Entry::Separator,
    ];
    if !projects.is_empty() {
        entries.extend(shown(projects).into_iter().map(line));
        if let Some(more) = projects.len().checked_sub(MOST_PROJECTS).filter(|&more| more > 0) {
            entries.push(Entry::Item(Item::new(Choice::Projects, format!("{more} more…"))));
        }
        entries.push(Entry::Separator);
    }
    if let Some(text) = meaning_line(meaning) {
        entries.push(Entry::Item(Item::new(Choice::Meaning, text)));
        entries.push(Entry::Separator);
    }
    entries.push(Entry::Item(Item::new(Choice::Projects, "Projects…")));
    entries.push(Entry::Item(Item::new(Choice::Settings, "Settings…")));
    if !projects.is_empty() {
        let paused = projects.iter().all(is_paused);
        entries.push(Entry::Item(if paused {
            Item::new(Choice::All(ProjectAction::Resume), "Resume all")
        } else {
            Item::new(Choice::All(ProjectAction::Pause), "Pause all")
        }));
    }
    entries.push(Entry::Item(Item::new(Choice::Quit, "Quit")));
    TrayModel { face: face(projects), tooltip: tooltip(projects), entries }
}

/// Projects with a line of their own; the others are a click away. The toolkit takes half a second
/// of the main thread for a menu of 500.
const MOST_PROJECTS: usize = 24;

/// Those that need a person, are being indexed, are pinned or were indexed last, in the order of all.
fn shown(projects: &[ProjectStatus]) -> Vec<&ProjectStatus> {
    let mut ranked: Vec<usize> = (0..projects.len()).collect();
    ranked.sort_by_key(|&at| {
        let project = &projects[at];
        let urgency = match condition(project) {
            Condition::Trouble => 2,
            Condition::Busy => 1,
            Condition::Rest => 0,
        };
        Reverse((urgency, project.pinned, project.last_indexed))
    });
    ranked.truncate(MOST_PROJECTS);
    ranked.sort_unstable();
    ranked.into_iter().map(|at| &projects[at]).collect()
}

/// Only where somebody has to do something; everything else is said in the Settings.
fn meaning_line(meaning: &MeaningStatus) -> Option<&'static str> {
    let text = match meaning.state {
        MeaningState::ModelMissing => "Search by meaning has no model…",
        _ => "Search by meaning failed…",
    };
    meaning.needs_a_person().then_some(text)
}

fn face(projects: &[ProjectStatus]) -> Face {
    let any = |wanted| projects.iter().any(|project| condition(project) == wanted);
    let works = |project: &ProjectStatus| {
        project.progress.is_some()
            || matches!(project.freshness, Freshness::Indexing | Freshness::Reconciling)
            || project.residency == Residency::Loading
    };
    if any(Condition::Trouble) {
        Face::Attention
    } else if projects.iter().any(works) {
        Face::Working
    } else {
        Face::Rest
    }
}

fn tooltip(projects: &[ProjectStatus]) -> String {
    let troubled = projects.iter().filter(|one| condition(one) == Condition::Trouble).count();
    let total = counted(projects.len() as u64, "project");
    match troubled {
        0 => format!("Quarry: {total}"),
        _ => format!("Quarry: {total}, {troubled} in trouble"),
    }
}

fn is_paused(project: &ProjectStatus) -> bool {
    project.watch_mode == WatchMode::Paused
}

fn line(project: &ProjectStatus) -> Entry {
    let item =
        |action, text: &str| Item::new(Choice::Project { id: project.id.clone(), action }, text);
    let pause = if is_paused(project) {
        item(ProjectAction::Resume, "Resume")
    } else {
        item(ProjectAction::Pause, "Pause")
    };
    let pin = if project.pinned {
        item(ProjectAction::Unpin, "Unpin")
    } else {
        item(ProjectAction::Pin, "Pin")
    };
    let meaning = if project.meaning {
        item(ProjectAction::MeaningOff, "Without meaning")
    } else {
        item(ProjectAction::MeaningOn, "With meaning")
    };
    let mut items = vec![
        item(ProjectAction::Retry, "Retry"),
        item(ProjectAction::Reindex, "Reindex"),
        pause,
        pin,
        meaning,
        item(ProjectAction::Remove, "Remove…"),
    ];
    if project.freshness == Freshness::RootMissing {
        items.insert(1, Item::new(Choice::Locate { id: project.id.clone() }, "Locate…"));
    }
    Entry::Submenu {
        id: format!("menu {}", project.id),
        text: format!("{}: {}", menu_text(&project.name), steady_state(project)),
        items,
    }
}

/// Menus take `&` for the mark of a key.
fn menu_text(name: &str) -> String {
    visible(name).replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::project;
    use jiff::Timestamp;
    use quarry_engine::status::{LaneName, Progress};

    fn of(projects: Vec<ProjectStatus>) -> TrayModel {
        model(&Snapshot { seq: 1, projects }, Some("Ctrl+Shift+Space"), &meaning())
    }

    fn meaning() -> MeaningStatus {
        let state = MeaningState::Working;
        MeaningStatus { state, model: None, sentence: None, next_retry: None }
    }

    fn lines(model: &TrayModel) -> Vec<&str> {
        let text = |entry| match entry {
            &Entry::Separator => None,
            Entry::Item(item) => Some(item.text.as_str()),
            Entry::Submenu { text, .. } => Some(text.as_str()),
        };
        model.entries.iter().filter_map(text).collect()
    }

    #[test]
    fn every_project_has_a_line_with_its_state() {
        let mut cold = project("b&c");
        cold.residency = Residency::Cold;
        let model = of(vec![project("a"), cold]);
        assert_eq!(
            lines(&model),
            [
                "Search  (Ctrl+Shift+Space)",
                "Add folder…",
                "a: fresh",
                "b&&c: cold",
                "Projects…",
                "Settings…",
                "Pause all",
                "Quit"
            ]
        );
    }

    #[test]
    fn of_many_projects_those_in_trouble_at_work_pinned_or_indexed_last_have_a_line() {
        let mut projects: Vec<ProjectStatus> =
            (0..40).map(|number| project(&format!("p{number:02}"))).collect();
        for (second, project) in projects.iter_mut().enumerate() {
            project.last_indexed = Timestamp::from_second(1000 + second as i64).ok();
        }
        projects[3].freshness = Freshness::Failing;
        projects[4].freshness = Freshness::Indexing;
        projects[5].pinned = true;
        let model = of(projects);
        let lines = lines(&model);
        let names: Vec<&str> =
            lines.iter().filter_map(|line| line.split_once(": ")).map(|it| it.0).collect();
        let latest = (19..40).map(|number| format!("p{number:02}"));
        let expected: Vec<String> =
            ["p03", "p04", "p05"].map(str::to_owned).into_iter().chain(latest).collect();
        assert_eq!(names, expected);
        assert!(lines.contains(&"16 more…"), "{lines:?}");
        assert_eq!(model.tooltip, "Quarry: 40 projects, 1 in trouble");
    }

    #[test]
    fn without_projects_there_is_nothing_to_pause() {
        let model = of(vec![]);
        assert_eq!(lines(&model)[2..], ["Projects…", "Settings…", "Quit"]);
        assert_eq!(model.face, Face::Rest);
    }

    #[test]
    fn a_hotkey_that_fails_is_said_in_the_first_line() {
        let model = model(&Snapshot::default(), None, &meaning());
        assert!(lines(&model)[0].contains("quarry toggle"));
    }

    #[test]
    fn search_by_meaning_has_a_line_only_where_it_needs_a_person() {
        let line = |meaning: MeaningStatus| {
            let model = model(&Snapshot::default(), None, &meaning);
            lines(&model).into_iter().find(|line| line.contains("meaning")).map(str::to_owned)
        };
        let of = |state| line(MeaningStatus { state, ..meaning() });
        assert!(of(MeaningState::ModelMissing).unwrap().contains("no model"));
        assert!(of(MeaningState::Failed).unwrap().contains("failed"));
        let next_retry = Some(Timestamp::UNIX_EPOCH);
        let retried = MeaningStatus { state: MeaningState::Failed, next_retry, ..meaning() };
        assert_eq!(line(retried), None);
        for state in [MeaningState::Off, MeaningState::Paused, MeaningState::OnBattery] {
            assert_eq!(of(state), None);
        }
    }

    #[test]
    fn the_face_shows_work_and_before_it_trouble() {
        let mut working = project("a");
        working.freshness = Freshness::Indexing;
        let mut missing = project("b");
        missing.freshness = Freshness::RootMissing;
        let mut failed = project("c");
        failed.residency = Residency::Failed;
        assert_eq!(of(vec![project("x")]).face, Face::Rest);
        assert_eq!(of(vec![project("x"), working.clone()]).face, Face::Working);
        assert_eq!(of(vec![working, missing]).face, Face::Attention);
        let model = of(vec![failed]);
        assert_eq!(model.face, Face::Attention);
        assert_eq!(model.tooltip, "Quarry: 1 project, 1 in trouble");
    }

    #[test]
    fn progress_alone_changes_nothing() {
        let at = |done| {
            let mut working = project("a");
            working.freshness = Freshness::Indexing;
            working.progress = Some(Progress { lane: LaneName::Text, done, total: 9 });
            working.files = done;
            of(vec![working])
        };
        assert_eq!(at(1), at(8));
    }

    #[test]
    fn a_state_changes_the_menu() {
        let fresh = of(vec![project("a")]);
        let mut status = project("a");
        status.freshness = Freshness::Stuck;
        assert_ne!(fresh, of(vec![status]));

        let mut status = project("a");
        status.watch_mode = WatchMode::Paused;
        let paused = of(vec![status]);
        assert_ne!(fresh, paused);
        assert!(lines(&paused).contains(&"Resume all"));
    }

    #[test]
    fn a_project_whose_folder_is_missing_can_be_located() {
        let offers = |project: ProjectStatus| {
            let model = of(vec![project]);
            let items = model.entries.into_iter().find_map(|entry| match entry {
                Entry::Submenu { items, .. } => Some(items),
                _ => None,
            });
            items.unwrap().iter().any(|item| item.text == "Locate…")
        };
        let mut missing = project("a");
        missing.freshness = Freshness::RootMissing;
        assert!(offers(missing));
        assert!(!offers(project("a")));
    }

    #[test]
    fn every_item_is_known_by_its_id() {
        let mut missing = project("missing");
        missing.freshness = Freshness::RootMissing;
        let model = of(vec![project("with blanks"), missing]);
        for entry in &model.entries {
            let items = match entry {
                Entry::Separator => continue,
                Entry::Item(item) => std::slice::from_ref(item),
                Entry::Submenu { items, .. } => items.as_slice(),
            };
            for item in items {
                assert_eq!(Choice::parse(&item.id()).as_ref(), Some(&item.choice));
            }
        }
        assert_eq!(Choice::parse("project dance x"), None);
        assert_eq!(Choice::parse("menu x"), None);
    }
}
