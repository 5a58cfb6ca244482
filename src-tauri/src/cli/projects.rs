//! `quarry list` and `quarry status`.

use std::collections::BTreeMap;

use quarry_engine::status::{ProjectStatus, WatchMode};
use serde::Serialize;

use super::output::{self, Failure, print_json, table};
use crate::owner::protocol::{Reply, Request};
use crate::owner::session::Session;
use crate::words::answer::NONE_REGISTERED;
use crate::words::{bytes, count, counted, state, visible};

#[derive(Serialize)]
struct Listing<'a> {
    projects: &'a [ProjectStatus],
}

pub async fn list(session: &mut Session, json: bool) -> Result<(), Failure> {
    let projects = session.projects().await?;
    if json {
        return print_json(&Listing { projects: &projects });
    }
    if projects.is_empty() {
        output::remark(NONE_REGISTERED);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = projects
        .iter()
        .map(|project| {
            vec![
                visible(&project.name),
                state(project),
                count(project.files),
                bytes(project.index_bytes),
                visible(&project.root),
            ]
        })
        .collect();
    output::print(&table(&["NAME", "STATE", "FILES", "INDEX", "ROOT"], &[2, 3], &rows))
}

pub async fn status(
    session: &mut Session,
    project: Option<String>,
    json: bool,
) -> Result<(), Failure> {
    let single = project.is_some();
    let projects = match project {
        Some(project) => one(session, project).await?,
        None => session.projects().await?,
    };
    if json {
        return print_json(&Listing { projects: &projects });
    }
    if single {
        return output::print(&projects.iter().map(description).collect::<String>());
    }
    let rows: Vec<Vec<String>> = projects.iter().map(row).collect();
    let head = ["NAME", "STATE", "CHANGES", "FILES", "CHUNKS", "SKIPPED", "INDEX", "INDEXED"];
    output::print(&table(&head, &[3, 4, 5, 6], &rows))?;
    for project in &projects {
        if let Some(error) = &project.error {
            output::remark(&format!("{}: {}", visible(&project.name), visible(&error.message)));
        }
    }
    Ok(())
}

/// A line for every project that has changed; as JSON, a line for every change of any of them.
pub async fn watch(
    session: &mut Session,
    project: Option<String>,
    json: bool,
) -> Result<(), Failure> {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    session
        .run(Request::Watch { project }, |reply| {
            let Reply::Snapshot(snapshot) = reply else { return Ok(()) };
            if json {
                return print_json(&Listing { projects: &snapshot.projects });
            }
            let now: BTreeMap<String, String> = snapshot
                .projects
                .iter()
                .map(|project| (project.id.clone(), change(project)))
                .collect();
            for (id, line) in &now {
                if said.get(id) != Some(line) {
                    output::print(&format!("{line}\n"))?;
                }
            }
            for line in said.iter().filter(|(id, _)| !now.contains_key(*id)).map(|(_, line)| line) {
                let name = line.split(": ").next().unwrap_or(line);
                output::print(&format!("{name}: removed\n"))?;
            }
            said = now;
            Ok(())
        })
        .await
}

async fn one(session: &mut Session, named: String) -> Result<Vec<ProjectStatus>, Failure> {
    let project = |reply| match reply {
        Reply::Project(project) => Some(vec![project]),
        _ => None,
    };
    Ok(session.get(Request::Status { project: named }, project).await?)
}

fn row(project: &ProjectStatus) -> Vec<String> {
    vec![
        visible(&project.name),
        state(project),
        watching(project.watch_mode).to_owned(),
        count(project.files),
        count(project.chunks),
        count(project.skipped),
        bytes(project.index_bytes),
        indexed(project),
    ]
}

fn vectors(project: &ProjectStatus) -> String {
    match (project.meaning, project.vectors_wanted) {
        (false, _) => "off".to_owned(),
        (true, Some(wanted)) => format!("{} of {}", count(project.vectors), count(wanted)),
        (true, None) => "not counted yet".to_owned(),
    }
}

fn watching(mode: WatchMode) -> &'static str {
    match mode {
        WatchMode::Native => "watched",
        WatchMode::Polling => "looked for",
        WatchMode::Paused => "paused",
        WatchMode::Off => "not watched",
    }
}

fn indexed(project: &ProjectStatus) -> String {
    project.last_indexed.map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"))
}

fn change(project: &ProjectStatus) -> String {
    let figures = format!("{}, {} pending", counted(project.files, "file"), count(project.pending));
    let error = project.error.as_ref().map(|error| format!(" ({})", visible(&error.message)));
    let name = visible(&project.name);
    format!("{name}: {}, {figures}{}", state(project), error.unwrap_or_default())
}

fn description(project: &ProjectStatus) -> String {
    let reason = project.watch_reason.as_ref().map(|reason| format!(": {}", visible(reason)));
    let mut lines = vec![
        ("name", visible(&project.name)),
        ("id", project.id.clone()),
        ("root", visible(&project.root)),
        ("state", state(project)),
        ("residency", format!("{:?}", project.residency)),
        ("freshness", format!("{:?}", project.freshness)),
        ("changes", format!("{}{}", watching(project.watch_mode), reason.unwrap_or_default())),
        ("files", count(project.files)),
        ("chunks", count(project.chunks)),
        ("symbols", count(project.symbols)),
        ("vectors", vectors(project)),
        ("pending", count(project.pending)),
        ("skipped", count(project.skipped)),
        ("index", bytes(project.index_bytes)),
        ("indexed", indexed(project)),
        ("pinned", if project.pinned { "yes" } else { "no" }.to_owned()),
    ];
    if let Some(error) = &project.error {
        let next = match error.next_retry {
            Some(at) => format!("next attempt at {at:.0}"),
            None => "waits for you or for a change".to_owned(),
        };
        lines.push(("error", visible(&error.message)));
        lines
            .push(("", format!("{} attempts since {:.0}; {next}", error.attempts, error.first_at)));
    }
    lines.into_iter().map(|(key, value)| format!("{key:<10} {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tests::project;

    #[test]
    fn a_listing_has_the_keys_that_scripts_rely_on() {
        let projects = [project("a")];
        let json = serde_json::to_value(Listing { projects: &projects }).unwrap();
        let keys = [
            "id",
            "name",
            "root",
            "residency",
            "freshness",
            "watch_mode",
            "files",
            "chunks",
            "symbols",
            "vectors",
            "pending",
            "skipped",
            "index_bytes",
            "last_indexed",
            "progress",
            "watch_reason",
            "error",
        ];
        for key in keys {
            assert!(json["projects"][0].get(key).is_some(), "{key}");
        }
        assert_eq!(json["projects"][0]["residency"], "Hot");
    }

    #[test]
    fn a_change_names_project_and_state() {
        let mut status = project("linux");
        status.pending = 1200;
        assert_eq!(change(&status), "linux: fresh, 10 files, 1,200 pending");
    }
}
