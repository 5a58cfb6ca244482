//! `cargo xtask test`: every check and test, step by step, until the first that fails.

use std::env;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::arguments::TestRequest;
use crate::command::{cargo, run};
use crate::install;
use crate::model;
use crate::packages::Purpose;
use crate::page;
use crate::types;
use crate::workspace::Workspace;

/// Where the black-box tests, and the bench of the window, find the program.
pub const PROGRAM: &str = "QUARRY_BIN";
/// Set for the long versions of the kill, leak and property tests.
const LONG: &str = "QUARRY_LONG";

/// What must be there before a step can run. Each one includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Nothing,
    PagePackages,
    /// The web view's libraries, and the built page: without them the shell does not compile.
    Page,
    /// Also a browser.
    Browser,
    /// Also a display server, a session bus, a file manager, the model and the program itself.
    Desktop,
}

struct Step {
    name: &'static str,
    needs: Needs,
    run: fn(&Workspace, &TestRequest) -> Result<()>,
}

/// In this order: what fails fast comes first.
const STEPS: [Step; 11] = [
    Step { name: "fmt", needs: Needs::Nothing, run: fmt },
    Step { name: "page-format", needs: Needs::PagePackages, run: page_format },
    Step { name: "page-lint", needs: Needs::PagePackages, run: page_lint },
    Step { name: "page-check", needs: Needs::PagePackages, run: page_check },
    Step { name: "page-test", needs: Needs::PagePackages, run: page_test },
    Step { name: "page-browser", needs: Needs::Browser, run: page_browser },
    Step { name: "types", needs: Needs::Page, run: |workspace, _| types::check(workspace) },
    Step { name: "clippy", needs: Needs::Page, run: clippy },
    Step { name: "build", needs: Needs::Page, run: build },
    Step { name: "doc", needs: Needs::Page, run: doc },
    Step { name: "test", needs: Needs::Desktop, run: test_all },
];

pub fn test(workspace: &Workspace, request: &TestRequest) -> Result<()> {
    let steps = chosen(request.only.as_deref())?;
    let needs = steps.iter().map(|step| step.needs).max().unwrap_or(Needs::Nothing);
    let mut durations = prepare(workspace, needs)?;
    if request.only.is_some() && needs == Needs::Desktop {
        durations.push(timed("build", || build(workspace, request))?);
    }
    for step in steps {
        durations.push(timed(step.name, || (step.run)(workspace, request))?);
    }
    println!("\nEvery step passed:");
    for (name, duration) in durations {
        println!("  {name:<14}{:>8.1} s", duration.as_secs_f64());
    }
    Ok(())
}

fn chosen(only: Option<&str>) -> Result<Vec<&'static Step>> {
    let Some(name) = only else {
        return Ok(STEPS.iter().collect());
    };
    match STEPS.iter().find(|step| step.name == name) {
        Some(step) => Ok(vec![step]),
        None => {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step `{name}`; the steps are {}", names.join(", "))
        }
    }
}

fn prepare(workspace: &Workspace, needs: Needs) -> Result<Vec<(&'static str, Duration)>> {
    let mut durations = Vec::new();
    if needs >= Needs::PagePackages {
        page::check_node()?;
    }
    if needs >= Needs::Page {
        let purpose = if needs >= Needs::Browser { Purpose::Test } else { Purpose::Build };
        durations.push(timed("packages", || install::ensure(purpose))?);
        durations.push(timed("page", || page::ensure_built(workspace))?);
        if needs >= Needs::Desktop {
            durations.push(timed("model", || model::ensure(workspace))?);
        }
    } else if needs >= Needs::PagePackages {
        durations.push(timed("page", || page::ensure_packages(workspace))?);
    }
    Ok(durations)
}

fn timed(
    name: &'static str,
    step: impl FnOnce() -> Result<()>,
) -> Result<(&'static str, Duration)> {
    println!("\n== {name}");
    let start = Instant::now();
    let result = step();
    let duration = start.elapsed();
    let verdict = if result.is_ok() { "passed" } else { "FAILED" };
    println!("-- {name}: {verdict} after {:.1} s", duration.as_secs_f64());
    result.with_context(|| format!("the step `{name}` failed"))?;
    Ok((name, duration))
}

fn fmt(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    run(
        cargo(workspace).args(["fmt", "--all", "--check"]),
        "`cargo fmt --all` formats the code (`rustup component add rustfmt` installs it).",
    )
}

fn page_format(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    page::script(workspace, "format:check", "`npm run format` in ui formats the page.")
}

fn page_lint(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    page::script(workspace, "lint", "Mend what it names in ui.")
}

fn page_check(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    page::script(workspace, "check", "Mend the type errors that it names in ui.")
}

fn page_test(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    page::script(workspace, "test", "Mend the page, or the test that it names.")
}

fn page_browser(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    page::script(workspace, "test:browser", "Mend the view that it names.")
}

fn clippy(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    run(
        cargo(workspace).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        "Mend what it names (`rustup component add clippy` installs it).",
    )
}

/// The program and, in the same go, the tests: with one set of features, so that no dependency is
/// compiled a second time for the program alone.
fn build(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    run(
        cargo(workspace).args(["build", "--workspace", "--bin", "quarry", "--tests"]),
        "Mend what the compiler names.",
    )
}

/// Apart from the others and before them: what CI reads last then is a runner that ran tests.
fn doc(workspace: &Workspace, _: &TestRequest) -> Result<()> {
    run(cargo(workspace).args(["test", "--workspace", "--doc"]), "Mend the examples it names.")
}

fn test_all(workspace: &Workspace, request: &TestRequest) -> Result<()> {
    let program = workspace.debug_program();
    if !program.is_file() {
        bail!("the program for the tests is not at {}", program.display());
    }
    let mut command = cargo(workspace);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    // Benches are left out; a filter like `--test desktop` chooses for itself.
    if request.extra.is_empty() {
        command.args(["--lib", "--bins", "--tests"]);
    }
    command.args(&request.extra).env(PROGRAM, &program);
    // The tests that export types run here too, and must not touch the checkout.
    command.env(types::EXPORT_DIR, types::scratch(workspace));
    if request.long || env::var_os(LONG).is_some() {
        command.env(LONG, "1");
    }
    run(&mut command, "The tests above that say FAILED tell what is broken.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::USAGE;

    #[test]
    fn the_usage_names_every_step() {
        for step in &STEPS {
            assert!(USAGE.contains(step.name), "{} is missing", step.name);
        }
    }

    #[test]
    fn one_step_or_all_are_chosen() -> Result<()> {
        assert_eq!(chosen(None)?.len(), STEPS.len());
        let names: Vec<&str> = chosen(Some("clippy"))?.iter().map(|step| step.name).collect();
        assert_eq!(names, ["clippy"]);
        assert!(chosen(Some("tests")).is_err());
        Ok(())
    }

    #[test]
    fn formatting_needs_nothing_installed() -> Result<()> {
        assert!(chosen(Some("fmt"))?.iter().all(|step| step.needs == Needs::Nothing));
        Ok(())
    }
}
