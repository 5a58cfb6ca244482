//! Where things are in the checkout.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The checkout that xtask was started from, and cargo's target directory
    /// (`CARGO_TARGET_DIR`, or `target` in the checkout).
    pub fn find() -> Result<Self> {
        // cargo sets it for `cargo run`; the compile-time value serves a binary started by hand.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().context("the checkout of Quarry was not found")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
            Some(dir) => std::path::absolute(PathBuf::from(dir))
                .context("CARGO_TARGET_DIR is not a usable path")?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn target(&self) -> &Path {
        &self.target
    }

    pub fn page(&self) -> PathBuf {
        self.root.join("ui")
    }

    pub fn generated_types(&self) -> PathBuf {
        self.page().join("src").join("backend").join("generated")
    }

    pub fn icons(&self) -> PathBuf {
        self.root.join("icons")
    }

    pub fn release_program(&self) -> PathBuf {
        self.target.join("release").join(program_name())
    }

    /// The program that the black-box tests start.
    pub fn debug_program(&self) -> PathBuf {
        self.target.join("debug").join(program_name())
    }
}

fn program_name() -> &'static str {
    if cfg!(windows) { "quarry.exe" } else { "quarry" }
}
