//! Puts the missing system packages in place: by apt on Debian and Ubuntu, by a sentence elsewhere.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::command::{on_path, output, run};
use crate::packages::{self, Purpose, System};

/// How long apt waits for another one to finish (a desktop updates itself in the background).
const APT_LOCK_SECONDS: &str = "DPkg::Lock::Timeout=300";

/// Returns once all that `purpose` needs is there; else a sentence says what to install.
pub fn ensure(purpose: Purpose) -> Result<()> {
    match this_system() {
        System::Debian => install_with_apt(purpose),
        System::MacOs => check(System::MacOs, purpose, &["cc"], "Run `xcode-select --install`."),
        System::Windows => {
            // cargo itself needs the linker and says so; WebView2 is part of Windows 11.
            Ok(())
        }
        system => {
            let remedy = match packages::install_command(system) {
                Some(command) => {
                    format!(
                        "Run `sudo {command} {}`.",
                        packages::packages(system, purpose).join(" ")
                    )
                }
                None => format!(
                    "Install the packages that hold them; Debian calls those {}.",
                    packages::packages(System::Debian, purpose).join(" ")
                ),
            };
            check(system, purpose, packages::programs(purpose), &remedy)
        }
    }
}

fn this_system() -> System {
    if cfg!(target_os = "macos") {
        return System::MacOs;
    }
    if cfg!(windows) {
        return System::Windows;
    }
    if on_path("apt-get").is_some() && on_path("dpkg-query").is_some() {
        return System::Debian;
    }
    match packages::linux(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        System::Debian => System::OtherLinux, // its package manager is not there to be asked
        system => system,
    }
}

/// Goes on if `pkg-config` and `PATH` have everything, whatever package it came from.
fn check(system: System, purpose: Purpose, programs: &[&str], remedy: &str) -> Result<()> {
    let mut missing: Vec<&str> =
        programs.iter().copied().filter(|name| on_path(name).is_none()).collect();
    if system != System::MacOs {
        missing.extend(packages::libraries(purpose).iter().filter(|name| !library_found(name)));
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("missing on this machine: {}. {remedy} Then start again.", missing.join(", "))
}

fn library_found(name: &str) -> bool {
    Command::new("pkg-config")
        .args(["--exists", name])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn install_with_apt(purpose: Purpose) -> Result<()> {
    let wanted = packages::packages(System::Debian, purpose);
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${Package} ${db:Status-Status}\\n"]).args(&wanted);
    let answer = output(&mut query, "It is part of dpkg.")?;
    let missing = not_installed(&wanted, &String::from_utf8_lossy(&answer.stdout));
    if missing.is_empty() {
        println!("all {} system packages are installed", wanted.len());
        return Ok(());
    }

    println!("installing with apt-get: {}", missing.join(" "));
    let by_hand = format!(
        "Run `apt-get update && apt-get install --no-install-recommends {}` as root and start again.",
        missing.join(" ")
    );
    let Some(prefix) = becoming_root()? else {
        bail!("installing packages needs root, and there is no sudo. {by_hand}");
    };
    if let Err(error) = run(apt(&prefix).arg("update"), "") {
        // One broken source of many makes this fail; the packages may be known all the same.
        eprintln!("{error}Going on with the package lists as they are.");
    }
    run(
        apt(&prefix).args(["install", "--yes", "--no-install-recommends"]).args(&missing),
        &format!("{by_hand} On Ubuntu some are in `universe`: `add-apt-repository universe`."),
    )
}

/// The wanted packages which dpkg-query, printing `name status` lines, does not call installed.
fn not_installed<'a>(wanted: &[&'a str], dpkg_query: &str) -> Vec<&'a str> {
    let installed: Vec<&str> =
        dpkg_query.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|name| !installed.contains(name)).collect()
}

/// What to put before a command that needs root; `None` if there is no way.
fn becoming_root() -> Result<Option<Vec<&'static str>>> {
    let answer = output(Command::new("id").arg("-u"), "It is part of coreutils.")?;
    let root = String::from_utf8_lossy(&answer.stdout).trim() == "0";
    Ok(match (root, on_path("sudo")) {
        (true, _) => Some(vec![]),
        (false, Some(_)) => Some(vec!["sudo"]),
        (false, None) => None,
    })
}

fn apt(prefix: &[&str]) -> Command {
    // sudo drops the environment: `env` sets the variable behind it.
    let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["-o", APT_LOCK_SECONDS, "--quiet"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dpkg_does_not_know_or_has_removed_is_missing() {
        let printed = "git installed\nxvfb config-files\nopenbox not-installed\n";
        let wanted = ["git", "xvfb", "openbox", "pcmanfm"];
        assert_eq!(not_installed(&wanted, printed), ["xvfb", "openbox", "pcmanfm"]);
    }
}
