//! Models that fastembed knows by name, fetched from the model hub when somebody asks for one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use fastembed::{EmbeddingModel, TextEmbedding};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::model::{ENCODER, MANIFEST, TOKENIZER, sum_of};

/// Where fastembed has its models from.
pub const HUB: &str = "https://huggingface.co";

const FOLDER: &str = "models";
/// Beside a model that is not all there yet.
const PARTIAL: &str = "partial";
/// A hub that says nothing for this long is not there.
const SILENCE: Duration = Duration::from_secs(30);
/// Of a file, in bytes: enough to tell a model from a page.
const HEAD: u64 = 64;
const BLOCK: usize = 64 << 10;
/// Blocks that the disk does not have yet.
const BLOCKS_AHEAD: usize = 16;
/// How often whoever may end a download is asked while the hub says nothing.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// More than most models were trained with gains nothing: texts are shorter.
const MOST_TOKENS: u64 = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// As fastembed writes it.
    pub name: String,
    /// What it is made for, in fastembed's words.
    pub about: String,
    /// Of its vectors.
    pub dimensions: usize,
    /// Where the hub has it.
    pub repository: String,
    encoder: String,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{name} is no model that Quarry knows by name; it knows {known}")]
    Unknown { name: String, known: String },
    #[error("{url} cannot be fetched: {source}")]
    Hub { url: String, source: Box<ureq::Error> },
    #[error("the hub does not give away {url} (HTTP status {status})")]
    Absent { url: String, status: u16 },
    #[error("{url} did not go on for {} s", SILENCE.as_secs())]
    Silent { url: String },
    #[error("{url} was cut off after {came} of {all} bytes")]
    CutOff { url: String, came: u64, all: u64 },
    #[error("{url} was cut off: {source}")]
    Interrupted { url: String, source: io::Error },
    #[error(
        "{url} is not the file that it should be: something on the way may ask for a login first"
    )]
    Another { url: String },
    #[error("the disk is full: {} cannot be written", path.display())]
    DiskFull { path: PathBuf },
    #[error("{} cannot be written: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("it was cancelled")]
    Cancelled,
    #[error("another process fetches it already")]
    UnderWay,
}

/// How much of a file has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub file: &'a str,
    /// In bytes.
    pub came: u64,
    /// `None` where the hub does not say.
    pub all: Option<u64>,
}

impl Published {
    /// Those that can be fetched, by name. Models whose weights lie in several files are not
    /// among them.
    pub fn all() -> Vec<Published> {
        let mut all: Vec<Published> = TextEmbedding::list_supported_models()
            .into_iter()
            .filter(|info| info.additional_files.is_empty())
            .map(|info| Published {
                name: format!("{:?}", info.model),
                about: info.description,
                dimensions: info.dim,
                repository: info.model_code,
                encoder: info.model_file,
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The one with this name in upper or lower case.
    ///
    /// # Errors
    /// [`FetchError::Unknown`], with all names.
    pub fn named(name: &str) -> Result<Published, FetchError> {
        let mut all = Published::all();
        if let Some(at) = all.iter().position(|one| one.name.eq_ignore_ascii_case(name)) {
            return Ok(all.swap_remove(at));
        }
        let names: Vec<String> = all.into_iter().map(|one| one.name).collect();
        Err(FetchError::Unknown { name: name.to_owned(), known: names.join(", ") })
    }

    /// Where it lies once it was fetched.
    pub fn folder(&self, data: &Path) -> PathBuf {
        data.join(FOLDER).join(&self.name)
    }

    /// Whether all of its files are there; see [`Published::fetch`] for their content.
    pub fn is_fetched(&self, data: &Path) -> bool {
        let folder = self.folder(data);
        let mut files = TOKENIZER.iter().chain([&ENCODER, &MANIFEST]);
        files.all(|name| folder.join(name).is_file())
    }

    /// Fetches it from `hub` into its folder below `data`. Files that came whole in an earlier
    /// attempt are not fetched again, nor those of a fetched model that are what came then: what is
    /// missing or damaged is. Blocks; `progress` is asked several times a second whether
    /// to go on, also while nothing comes.
    ///
    /// # Errors
    /// All of [`FetchError`]; there is no folder then.
    pub fn fetch(
        &self,
        hub: &str,
        data: &Path,
        mut progress: impl FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<PathBuf, FetchError> {
        let folder = self.folder(data);
        let partial = folder.with_extension(PARTIAL);
        fs::create_dir_all(&partial).map_err(failed(&partial))?;
        let lock = folder.with_extension("lock");
        let lock_file = File::create(&lock).map_err(failed(&lock))?;
        lock_file.try_lock().map_err(|_| FetchError::UnderWay)?;
        if folder.exists() {
            let sound = sound_files(&folder);
            if sound.len() > TOKENIZER.len() {
                return fs::remove_dir_all(&partial).map_err(failed(&partial)).map(|()| folder);
            }
            for name in sound {
                let (from, to) = (folder.join(name), partial.join(name));
                fs::rename(&from, &to).map_err(failed(&to))?;
            }
            fs::remove_dir_all(&folder).map_err(failed(&folder))?;
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_connect(Some(SILENCE))
            .timeout_recv_response(Some(SILENCE))
            .build()
            .into();
        let mut sums = Map::new();
        // The small ones first: what is wrong with the hub is known early.
        let files = TOKENIZER.iter().map(|name| (*name, *name)).chain([(&*self.encoder, ENCODER)]);
        for (remote, name) in files {
            let path = partial.join(name);
            let url = format!("{hub}/{}/resolve/main/{remote}", self.repository);
            if !path.is_file() {
                download(&agent, &url, &path, |came, all| {
                    progress(Progress { file: remote, came, all })
                })?;
            }
            if !seems_right(&path).map_err(failed(&path))? {
                fs::remove_file(&path).map_err(failed(&path))?;
                return Err(FetchError::Another { url });
            }
            let sum = sum_of(&path)
                .map_err(|error| FetchError::Io { path, source: io::Error::other(error) })?;
            sums.insert(name.to_owned(), sum.into());
        }
        let manifest = json!({
            "name": self.name,
            "fastembed": self.name,
            "max_tokens": most_tokens(&partial),
            "sha256": sums,
        });
        let path = partial.join(MANIFEST);
        fs::write(&path, manifest.to_string()).map_err(failed(&path))?;
        fs::rename(&partial, &folder).map_err(failed(&folder))?;
        Ok(folder)
    }
}

/// Those of a fetched model's files that are what came when it was fetched.
fn sound_files(folder: &Path) -> Vec<&'static str> {
    let manifest = fs::read(folder.join(MANIFEST)).ok();
    let manifest = manifest.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let is_sound = |name: &&str| {
        let expected = manifest.as_ref().and_then(|it| it.get("sha256")?.get(name)?.as_str());
        expected.is_some_and(|sum| sum_of(&folder.join(name)).is_ok_and(|found| found == sum))
    };
    TOKENIZER.into_iter().chain([ENCODER]).filter(is_sound).collect()
}

/// Whether the file may be what its name says. A page that asks for a login is no JSON, and text
/// from its beginning, which no model is.
fn seems_right(path: &Path) -> io::Result<bool> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return Ok(serde_json::from_slice::<IgnoredAny>(&fs::read(path)?).is_ok());
    }
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    Ok(head.iter().any(|byte| byte.is_ascii_control() && !is_blank(byte)))
}

/// How fastembed makes a vector of what the model of this name gives.
pub(super) fn known(name: &str) -> Option<EmbeddingModel> {
    EmbeddingModel::from_str(name).ok()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FetchError + use<> {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            FetchError::DiskFull { path: path.clone() }
        }
        _ => FetchError::Io { path: path.clone(), source },
    }
}

/// What comes from the hub, in this order.
enum Heard {
    Begun { all: Option<u64> },
    Block(Vec<u8>),
    Ended(Result<(), FetchError>),
}

/// Under its own name only once it is whole.
fn download(
    agent: &ureq::Agent,
    url: &str,
    path: &Path,
    mut progress: impl FnMut(u64, Option<u64>) -> ControlFlow<()>,
) -> Result<(), FetchError> {
    let part = path.with_extension("part");
    let mut file = File::create(&part).map_err(failed(&part))?;
    let (hear, heard) = sync_channel(BLOCKS_AHEAD);
    let (asking, address) = (agent.clone(), url.to_owned());
    // A hub that says nothing holds up that thread, and not this one, which may be told to end.
    thread::Builder::new()
        .name("download".into())
        .spawn(move || {
            let outcome = listen(&asking, &address, &hear);
            // Nobody waits for a download that was ended.
            let _ = hear.send(Heard::Ended(outcome));
        })
        .map_err(failed(&part))?;
    let (mut came, mut all, mut begun) = (0, None, false);
    let mut last_heard = Instant::now();
    loop {
        match heard.recv_timeout(ASKED_EVERY) {
            Ok(Heard::Begun { all: length }) => (all, begun) = (length, true),
            Ok(Heard::Block(block)) => {
                file.write_all(&block).map_err(failed(&part))?;
                came += block.len() as u64;
            }
            Ok(Heard::Ended(outcome)) => {
                outcome?;
                break;
            }
            // Before it has begun the agent keeps the time.
            Err(RecvTimeoutError::Timeout) if !begun || last_heard.elapsed() < SILENCE => {
                if progress(came, all).is_break() {
                    return Err(FetchError::Cancelled);
                }
                continue;
            }
            Err(_) => return Err(FetchError::Silent { url: url.to_owned() }),
        }
        last_heard = Instant::now();
        if progress(came, all).is_break() {
            return Err(FetchError::Cancelled);
        }
    }
    if let Some(all) = all.filter(|all| *all != came) {
        return Err(FetchError::CutOff { url: url.to_owned(), came, all });
    }
    file.sync_all().map_err(failed(&part))?;
    fs::rename(&part, path).map_err(failed(path))
}

/// Hands on what the hub sends until it ends or nobody listens.
fn listen(agent: &ureq::Agent, url: &str, hear: &SyncSender<Heard>) -> Result<(), FetchError> {
    let url = || url.to_owned();
    let response = agent.get(url()).call().map_err(|source| match source {
        ureq::Error::StatusCode(status @ (401 | 403 | 404 | 410)) => {
            FetchError::Absent { url: url(), status }
        }
        source => FetchError::Hub { url: url(), source: Box::new(source) },
    })?;
    let all = response.body().content_length();
    let mut body = response.into_body().into_reader();
    let mut listened_to = hear.send(Heard::Begun { all }).is_ok();
    let mut block = vec![0; BLOCK];
    while listened_to {
        let interrupted = |source| FetchError::Interrupted { url: url(), source };
        let length = body.read(&mut block).map_err(interrupted)?;
        if length == 0 {
            break;
        }
        listened_to = hear.send(Heard::Block(block[..length].to_vec())).is_ok();
    }
    Ok(())
}

fn most_tokens(folder: &Path) -> Option<u64> {
    let text = fs::read(folder.join("tokenizer_config.json")).ok()?;
    let config: Value = serde_json::from_slice(&text).ok()?;
    // Where nobody knows, some write 1e30.
    let most = config.get("model_max_length")?.as_f64()?;
    Some((most as u64).min(MOST_TOKENS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_name_in_any_case() {
        let model = Published::named("bgesmallenv15q").unwrap();
        assert_eq!(model.name, "BGESmallENV15Q");
        assert!(model.folder(Path::new("/data")).ends_with("models/BGESmallENV15Q"));
        assert!(known(&model.name).is_some());
    }

    #[test]
    fn another_name_is_answered_with_all_names() {
        let said = Published::named("gpt").unwrap_err().to_string();
        assert!(said.contains("gpt") && said.contains("AllMiniLML6V2"), "{said}");
        assert!(!said.contains("BGEM3"), "its weights lie in several files");
    }
}
