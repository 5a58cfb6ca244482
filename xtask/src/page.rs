//! The page in `ui`: its npm packages and its build, each made again only when something is newer.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::command::{output, run};
use crate::install;
use crate::packages::Purpose;
use crate::workspace::Workspace;

/// The oldest Node whose npm and language the page's tools accept.
const OLDEST_NODE: u32 = 20;

/// Not read by the build: what it, npm and the test runner write.
const NOT_SOURCES: [&str; 4] = ["node_modules", "dist", "coverage", "test-results"];

/// Leaves `ui/dist` as the sources want it.
pub fn ensure_built(workspace: &Workspace) -> Result<()> {
    ensure_packages(workspace)?;
    let page = workspace.page();
    let built = modified(&page.join("dist").join("index.html"));
    let sources = newest_source(&page).context("the sources of the page could not be looked at")?;
    if is_stale(built, sources) {
        run(npm(workspace).args(["run", "build"]), "Mend what it names in ui and start again.")
    } else {
        println!("the page (ui/dist) is up to date");
        Ok(())
    }
}

/// Leaves `ui/node_modules` as `ui/package-lock.json` wants it.
pub fn ensure_packages(workspace: &Workspace) -> Result<()> {
    let page = workspace.page();
    let lock = modified(&page.join("package-lock.json"));
    let Some(lock) = lock else {
        bail!("ui/package-lock.json is missing. Run `npm install` in ui and commit the file.");
    };
    // npm writes this file last, so an installation that was cut short is made again.
    let installed = modified(&page.join("node_modules").join(".package-lock.json"));
    if is_stale(installed, lock) {
        run(
            npm(workspace).args(["ci", "--no-audit", "--no-fund"]),
            "Check that the npm registry can be reached, and that package.json and \
             package-lock.json agree (`npm install` in ui mends that).",
        )
    } else {
        println!("the page's packages (ui/node_modules) are up to date");
        Ok(())
    }
}

/// Runs a script of `ui/package.json`.
pub fn script(workspace: &Workspace, name: &str, remedy: &str) -> Result<()> {
    run(npm(workspace).args(["run", name]), remedy)
}

/// Pictures of every view and state, for people to look at.
pub fn screenshots(workspace: &Workspace) -> Result<()> {
    check_node()?;
    install::ensure(Purpose::Test)?;
    ensure_built(workspace)?;
    let folder = workspace.target().join("screenshots").join("pages");
    fs::create_dir_all(&folder)?;
    let mut pictures = npm(workspace);
    pictures.args(["run", "test:browser", "--", "pictures"]).env("QUARRY_PICTURES", &folder);
    run(&mut pictures, "Mend the view that it names.")?;
    println!("pictures: {}", folder.display());
    Ok(())
}

fn npm(workspace: &Workspace) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(workspace.page());
    command
}

/// Asked before anything is installed: Node is not, for a system's own one is often too old.
pub fn check_node() -> Result<()> {
    let remedy = format!("Install Node {OLDEST_NODE} or newer, with npm, and start again.");
    let answer = output(Command::new("node").arg("--version"), &remedy)?;
    let version = String::from_utf8_lossy(&answer.stdout);
    match major(&version) {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        Some(_) => bail!("Node {} is too old for the page. {remedy}", version.trim()),
        None => bail!("`node --version` gave no version ({:?}). {remedy}", version.trim()),
    }
}

/// `v20.11.1` → 20.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Something that was made is stale when it is not there, or older than what it is made from.
fn is_stale(made: Option<SystemTime>, newest_source: SystemTime) -> bool {
    made.is_none_or(|made| made < newest_source)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// The latest change below the page's folder. Folders count too: a deleted file shows only there.
fn newest_source(page: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(page)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !NOT_SOURCES.contains(&name.as_ref()) {
            newest = newest.max(newest_below(&entry.path())?);
        }
    }
    Ok(newest)
}

fn newest_below(path: &Path) -> io::Result<SystemTime> {
    let found = fs::symlink_metadata(path)?;
    let mut newest = found.modified()?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            newest = newest.max(newest_below(&entry?.path())?);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_missing_or_older_than_its_source_is_stale() {
        let source = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        assert!(is_stale(None, source));
        assert!(is_stale(Some(source - Duration::from_nanos(1)), source));
        assert!(!is_stale(Some(source), source));
        assert!(!is_stale(Some(source + Duration::from_secs(1)), source));
    }

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.11.1\n"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("20.11.1"), None);
        assert_eq!(major(""), None);
    }

    #[test]
    fn what_the_build_writes_is_not_a_source() -> io::Result<()> {
        let page = std::env::temp_dir().join(format!("xtask-page-{}", std::process::id()));
        fs::create_dir_all(page.join("src"))?;
        fs::write(page.join("src").join("main.ts"), "")?;
        let before = newest_source(&page)?;
        for written in ["dist", "node_modules", ".cache"] {
            fs::create_dir_all(page.join(written))?;
            fs::write(page.join(written).join("file"), "")?;
        }
        assert_eq!(newest_source(&page)?, before);

        fs::remove_file(page.join("src").join("main.ts"))?;
        assert!(newest_source(&page)? > before, "a deleted source makes the page stale");
        fs::remove_dir_all(&page)
    }
}
