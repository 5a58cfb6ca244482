//! A model that is fetched by its name, from a hub on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use quarry_engine::embed::embedder::{self, Embedder};
use quarry_engine::embed::model::Model;
use quarry_engine::embed::published::{FetchError, Published};
use quarry_engine::embed::state::State;

use crate::embedding::options;

/// The same model as the program's own, in higher precision: its files serve for it.
const NAME: &str = "AllMiniLML6V2";
const REPOSITORY: &str = "/Qdrant/all-MiniLM-L6-v2-onnx/resolve/main/";

/// Serves files over HTTP until the test ends.
#[derive(Clone, Default)]
struct Hub {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// The file that ends in the middle.
    cut: Arc<Mutex<Option<&'static str>>>,
}

impl Hub {
    fn with_own_model() -> (Hub, String) {
        let hub = Hub::default();
        let model = Model::locate(None, &options().program).unwrap();
        for entry in std::fs::read_dir(&model.directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".json") || name.ends_with(".onnx") {
                hub.files.lock().unwrap().insert(name, std::fs::read(path).unwrap());
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = hub.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asks may have gone away.
                let _ = served.answer(stream);
            }
        });
        (hub, address)
    }

    fn answer(&self, mut stream: std::net::TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let path = request.split(' ').nth(1).unwrap_or_default();
        let name = path.strip_prefix(REPOSITORY).unwrap_or_default().to_owned();
        let file = self.files.lock().unwrap().get(&name).cloned();
        let Some(file) = file else {
            return stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        };
        let length = file.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n");
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let cut = self.cut.lock().unwrap().is_some_and(|cut| cut == name);
        self.asked.lock().unwrap().push(name);
        stream.write_all(if cut { &file[..length / 2] } else { &file })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn fetch(hub: &str, data: &Path) -> Result<std::path::PathBuf, FetchError> {
    Published::named(NAME).unwrap().fetch(hub, data, |_| {})
}

#[tokio::test]
async fn a_fetched_model_embeds_and_is_not_fetched_twice() {
    let (hub, address) = Hub::with_own_model();
    let data = tempfile::tempdir().unwrap();
    let published = Published::named(NAME).unwrap();
    let chosen = embedder::Options {
        model: Some(published.folder(data.path())),
        published: Some(NAME.into()),
        ..options()
    };
    let embedder = Embedder::start(chosen).unwrap();
    assert!(matches!(embedder.state(), State::Missing { .. }));
    let sentence = embedder.state().sentence().unwrap();
    assert!(sentence.contains(&format!("`quarry meaning fetch {NAME}`")), "{sentence}");

    let mut last = BTreeMap::new();
    let folder = published
        .fetch(&address, data.path(), |at| {
            last.insert(at.file.to_owned(), (at.came, at.all));
        })
        .unwrap();
    assert_eq!(folder, published.folder(data.path()));
    let size = std::fs::metadata(folder.join("model.onnx")).unwrap().len();
    assert_eq!(last["model.onnx"], (size, Some(size)));
    assert_eq!(hub.asked().len(), 5);

    embedder.retry();
    let vector = embedder.embed_query("close the socket".into()).await.unwrap();
    assert_eq!(vector.len(), 384);
    assert_eq!(embedder.model().unwrap().name, NAME);
    embedder.close().await;
    assert_eq!(fetch(&address, data.path()).unwrap(), folder);
    assert!(hub.asked().is_empty());
}

#[test]
fn a_fetch_that_was_cut_off_leaves_no_model_and_goes_on_where_it_was() {
    let (hub, address) = Hub::with_own_model();
    let data = tempfile::tempdir().unwrap();
    *hub.cut.lock().unwrap() = Some("model.onnx");
    let error = fetch(&address, data.path()).unwrap_err();
    let cut = matches!(error, FetchError::CutOff { .. } | FetchError::Interrupted { .. });
    assert!(cut, "{error}");
    assert!(error.to_string().contains("model.onnx"), "{error}");
    assert!(!Published::named(NAME).unwrap().folder(data.path()).exists());
    hub.asked();
    *hub.cut.lock().unwrap() = None;
    fetch(&address, data.path()).unwrap();
    assert_eq!(hub.asked(), ["model.onnx"]);
}

#[test]
fn without_a_hub_or_without_a_file_the_address_is_said() {
    let data = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&format!("http://{nobody}"), data.path()).unwrap_err();
    assert!(matches!(error, FetchError::Hub { .. }), "{error}");
    assert!(error.to_string().contains(&nobody.to_string()), "{error}");
    let (hub, address) = Hub::with_own_model();
    hub.files.lock().unwrap().remove("config.json");
    let error = fetch(&address, data.path()).unwrap_err();
    assert!(
        error.to_string().contains("config.json") && error.to_string().contains("404"),
        "{error}"
    );
}
