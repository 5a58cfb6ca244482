//! A folder with a model: `model.onnx`, its tokenizer, and where it is Quarry's own the library of
//! ONNX Runtime and `model.json`, which names the hash of every file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

pub(super) const MANIFEST: &str = "model.json";
pub(super) const ENCODER: &str = "model.onnx";
pub(super) const TOKENIZER: [&str; 4] =
    ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
/// Where `model.json` says nothing: what most small models were trained with.
const MAX_TOKENS: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub directory: PathBuf,
    /// The library of ONNX Runtime.
    pub library: PathBuf,
    /// Follows from the content: vectors of two models never meet.
    pub id: String,
    pub name: String,
    /// More tokens than this are taken in several windows.
    pub max_tokens: usize,
    /// Of the encoder's file.
    pub bytes: u64,
    /// The name by which fastembed knows it.
    pub(super) published: Option<String>,
    sums: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{} is not there", path.display())]
    Missing { path: PathBuf },
    #[error("{} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("{} cannot be read: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    name: Option<String>,
    fastembed: Option<String>,
    max_tokens: Option<usize>,
    sha256: BTreeMap<String, String>,
}

impl Model {
    /// The model in `chosen`, or the one that came with `program`, whose library runs both.
    pub fn locate(chosen: Option<&Path>, program: &Path) -> Result<Model, ModelError> {
        let own = folders_of(program);
        let library = own.iter().map(|folder| folder.join(library_name()));
        let library = library.into_iter().find(|library| library.is_file());
        let beside = own.iter().find(|folder| folder.join(ENCODER).is_file());
        let first = || own.first().cloned().unwrap_or_default();
        let directory = match (chosen, beside) {
            (Some(chosen), _) => chosen.to_owned(),
            (None, Some(beside)) => beside.clone(),
            (None, None) => return Err(ModelError::Missing { path: first().join(ENCODER) }),
        };
        let library = match (library, directory.join(library_name())) {
            (_, within) if within.is_file() => within,
            (Some(library), _) => library,
            (None, _) => return Err(ModelError::Missing { path: first().join(library_name()) }),
        };
        Model::open(&directory, library)
    }

    /// Reads no more of the model than it needs to name it; see [`Model::verify`].
    pub fn open(directory: &Path, library: PathBuf) -> Result<Model, ModelError> {
        for name in TOKENIZER.iter().chain([&ENCODER]) {
            let path = directory.join(name);
            if !path.is_file() {
                return Err(ModelError::Missing { path });
            }
        }
        let path = directory.join(MANIFEST);
        let manifest: Manifest = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| ModelError::Damaged { path, why: error.to_string() })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Manifest::default(),
            Err(source) => return Err(ModelError::Io { path, source }),
        };
        let max_tokens = manifest.max_tokens.unwrap_or(MAX_TOKENS).max(8);
        let mut hash = Sha256::new();
        for name in [ENCODER, TOKENIZER[0]] {
            match manifest.sha256.get(name) {
                Some(sum) => hash.update(sum),
                None => hash.update(sum_of(&directory.join(name))?),
            }
        }
        hash.update(max_tokens.to_le_bytes());
        hash.update(manifest.fastembed.as_deref().unwrap_or_default());
        let id = hex(&hash.finalize()[..8]);
        let folder = || directory.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = manifest.name.or_else(folder).unwrap_or_default();
        let encoder = directory.join(ENCODER);
        let bytes = fs::metadata(&encoder)
            .map_err(|source| ModelError::Io { path: encoder, source })?
            .len();
        let directory = directory.to_owned();
        let (published, sums) = (manifest.fastembed, manifest.sha256);
        Ok(Model { directory, library, id, name, max_tokens, bytes, published, sums })
    }

    /// Compares every file with its hash in `model.json`; passes where there is none.
    pub fn verify(&self) -> Result<(), ModelError> {
        for (name, expected) in &self.sums {
            let path = self.directory.join(name);
            if sum_of(&path)? != *expected {
                return Err(ModelError::Damaged { path, why: "its content has changed".into() });
            }
        }
        Ok(())
    }

    /// The content of `model.onnx`, and of the tokenizer's four files as [`TOKENIZER`] has them.
    pub(super) fn read(&self) -> Result<(Vec<u8>, [Vec<u8>; 4]), ModelError> {
        let read = |name: &str| read(&self.directory.join(name));
        let [tokenizer, config, special, tokenizer_config] = TOKENIZER;
        let files = [read(tokenizer)?, read(config)?, read(special)?, read(tokenizer_config)?];
        Ok((read(ENCODER)?, files))
    }
}

/// Where the model of a program lies: beside it, one up in cargo's target directory, or where a
/// bundle has its resources.
fn folders_of(program: &Path) -> Vec<PathBuf> {
    let Some(folder) = program.parent() else { return Vec::new() };
    [
        "model",
        "../model",
        "../../model",
        "../Resources/model",
        "../lib/Quarry/model",
        "../lib/quarry/model",
    ]
    .iter()
    .map(|relative| folder.join(relative))
    .collect()
}

fn library_name() -> &'static str {
    match std::env::consts::OS {
        "windows" => "onnxruntime.dll",
        "macos" => "libonnxruntime.dylib",
        _ => "libonnxruntime.so",
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ModelError::Missing { path: path.to_owned() },
        _ => ModelError::Io { path: path.to_owned(), source },
    })
}

pub(super) fn sum_of(path: &Path) -> Result<String, ModelError> {
    Ok(hex(&Sha256::digest(read(path)?)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(encoder: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in TOKENIZER {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        fs::write(folder.path().join(ENCODER), encoder).unwrap();
        folder
    }

    #[test]
    fn models_are_told_apart_by_content_and_not_by_place() {
        let open =
            |folder: &tempfile::TempDir| Model::open(folder.path(), "lib".into()).unwrap().id;
        assert_eq!(open(&folder("a")), open(&folder("a")));
        assert_ne!(open(&folder("a")), open(&folder("b")));
    }

    #[test]
    fn a_model_without_its_tokenizer_says_which_file_is_missing() {
        let folder = folder("a");
        fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        let error = Model::open(folder.path(), "lib".into()).unwrap_err();
        assert!(matches!(error, ModelError::Missing { path } if path.ends_with("tokenizer.json")));
    }

    #[test]
    fn a_changed_file_is_damage() {
        let folder = folder("a");
        let sums = serde_json::json!({ "sha256": { ENCODER: hex(&Sha256::digest("a")) } });
        fs::write(folder.path().join(MANIFEST), sums.to_string()).unwrap();
        let model = Model::open(folder.path(), "lib".into()).unwrap();
        model.verify().unwrap();
        fs::write(folder.path().join(ENCODER), "b").unwrap();
        assert!(matches!(model.verify(), Err(ModelError::Damaged { .. })));
    }

    #[test]
    fn a_chosen_model_is_run_by_the_programs_own_library() {
        let (program, chosen) = (tempfile::tempdir().unwrap(), folder("chosen"));
        let own = program.path().join("model");
        let locate = || Model::locate(Some(chosen.path()), &program.path().join("quarry"));
        assert!(matches!(locate(), Err(ModelError::Missing { .. })));
        fs::create_dir(&own).unwrap();
        fs::write(own.join(library_name()), "").unwrap();
        let model = locate().unwrap();
        assert_eq!(model.directory, chosen.path());
        assert_eq!(model.library, own.join(library_name()));
    }
}
