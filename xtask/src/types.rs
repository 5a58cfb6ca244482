//! The page's types, which ts-rs writes while the tests named `export_bindings…` run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run_quietly};
use crate::install;
use crate::packages::Purpose;
use crate::page;
use crate::workspace::Workspace;

/// Says to ts-rs where to write; .cargo/config.toml holds the default.
pub const EXPORT_DIR: &str = "TS_RS_EXPORT_DIR";

/// Path below the folder, with `/` → content.
type Files = BTreeMap<String, Vec<u8>>;

#[derive(Debug, PartialEq, Eq)]
enum Difference {
    Missing(String),
    Outdated(String),
    Unknown(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(file) => write!(f, "{file} is missing"),
            Self::Outdated(file) => write!(f, "{file} is outdated"),
            Self::Unknown(file) => write!(f, "{file} belongs to no Rust type any more"),
        }
    }
}

/// Fails, naming the files, if the committed types are not those of the Rust code.
pub fn check(workspace: &Workspace) -> Result<()> {
    let (wanted, found) = both(workspace)?;
    let differences = differences(&wanted, &found);
    if differences.is_empty() {
        println!("{} generated types are those committed", wanted.len());
        return Ok(());
    }
    let lines: Vec<String> = differences.iter().map(|one| format!("  {one}")).collect();
    bail!(
        "the types in ui/src/backend/generated are not those of the Rust code:\n{}\n\
         Run `cargo xtask types` and commit what it writes.",
        lines.join("\n")
    )
}

/// Writes the committed types anew; touches only files that differ.
pub fn regenerate(workspace: &Workspace) -> Result<()> {
    page::check_node()?;
    install::ensure(Purpose::Build)?;
    page::ensure_built(workspace)?; // the shell does not compile without it
    let (wanted, found) = both(workspace)?;
    let folder = workspace.generated_types();
    let differences = differences(&wanted, &found);
    for difference in &differences {
        println!("{difference}: mended");
        match difference {
            Difference::Missing(file) | Difference::Outdated(file) => {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap_or(&folder))?;
                fs::write(&path, wanted.get(file).map_or(&[][..], Vec::as_slice))
                    .with_context(|| format!("{} could not be written", path.display()))?;
            }
            Difference::Unknown(file) => fs::remove_file(folder.join(file))
                .with_context(|| format!("{file} could not be removed"))?,
        }
    }
    println!("{} types, {} changed", wanted.len(), differences.len());
    Ok(())
}

/// A folder in which ts-rs may write without touching the checkout.
pub fn scratch(workspace: &Workspace) -> PathBuf {
    workspace.target().join("xtask").join("types")
}

/// The files that the code wants, and those in the checkout.
fn both(workspace: &Workspace) -> Result<(Files, Files)> {
    let scratch = scratch(workspace);
    if scratch.exists() {
        fs::remove_dir_all(&scratch)
            .with_context(|| format!("{} could not be emptied", scratch.display()))?;
    }
    // The whole workspace, as the later steps: with fewer packages the dependencies would have other
    // features and be compiled twice.
    run_quietly(
        cargo(workspace)
            .args(["test", "--workspace", "--lib", "--bins", "export_bindings"])
            .env(EXPORT_DIR, &scratch),
        "Mend what it names and start again.",
    )?;
    let wanted = read(&scratch)?;
    if wanted.is_empty() {
        bail!(
            "no type was generated: no Rust type with #[derive(TS)] and #[ts(export)] was found in \
             quarry or quarry-engine."
        );
    }
    Ok((wanted, read(&workspace.generated_types())?))
}

fn differences(wanted: &Files, found: &Files) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (file, content) in wanted {
        match found.get(file) {
            None => differences.push(Difference::Missing(file.clone())),
            Some(other) if other != content => {
                differences.push(Difference::Outdated(file.clone()));
            }
            Some(_) => {}
        }
    }
    let unknown = found.keys().filter(|file| !wanted.contains_key(*file));
    differences.extend(unknown.cloned().map(Difference::Unknown));
    differences
}

/// Every `.ts` file below the folder; none if there is no such folder.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    read_below(folder, "", &mut files)
        .with_context(|| format!("{} could not be read", folder.display()))?;
    Ok(files)
}

fn read_below(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read_below(&path, &format!("{name}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "ts") {
            files.insert(name, without_carriage_returns(fs::read(&path)?));
        }
    }
    Ok(())
}

/// git may check the files out with Windows' line ends.
fn without_carriage_returns(mut content: Vec<u8>) -> Vec<u8> {
    content.retain(|byte| *byte != b'\r');
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let wanted = files(&[("Hit.ts", "a"), ("Project.ts", "b"), ("sub/State.ts", "c")]);
        let found = files(&[("Hit.ts", "a"), ("Project.ts", "old"), ("Gone.ts", "d")]);
        assert_eq!(
            differences(&wanted, &found),
            [
                Difference::Outdated("Project.ts".to_owned()),
                Difference::Missing("sub/State.ts".to_owned()),
                Difference::Unknown("Gone.ts".to_owned()),
            ]
        );
        assert!(differences(&wanted, &wanted).is_empty());
    }

    #[test]
    fn line_ends_do_not_count() {
        assert_eq!(without_carriage_returns(b"a\r\nb\n".to_vec()), b"a\nb\n");
    }
}
