//! A model that is fetched by its name, from a hub on this machine.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::path::Path;

use quarry_engine::embed::embedder::{self, Embedder};
use quarry_engine::embed::model::Model;
use quarry_engine::embed::published::{FetchError, Published};
use quarry_engine::embed::state::State;
use quarry_tests::hub::{Hub, NAME};

use crate::embedding::options;

fn hub() -> (Hub, String) {
    Hub::serving(&Model::locate(None, &options().program).unwrap().directory)
}

fn fetch(hub: &str, data: &Path) -> Result<std::path::PathBuf, FetchError> {
    Published::named(NAME).unwrap().fetch(hub, data, |_| ControlFlow::Continue(()))
}

#[tokio::test]
async fn a_fetched_model_embeds_and_is_not_fetched_twice() {
    let (hub, address) = hub();
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
            ControlFlow::Continue(())
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
    let (hub, address) = hub();
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
fn a_fetch_is_cancelled_while_the_hub_says_nothing_and_keeps_what_came_whole() {
    let (hub, address) = hub();
    let data = tempfile::tempdir().unwrap();
    *hub.stalled.lock().unwrap() = Some("model.onnx");
    let model = Published::named(NAME).unwrap();
    let mut before = 0;
    let error = model
        .fetch(&address, data.path(), |at| {
            let nothing_new = at.file == "model.onnx" && at.came > 0 && at.came == before;
            before = at.came;
            if nothing_new { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap_err();
    assert!(matches!(error, FetchError::Cancelled), "{error}");
    assert!(!model.is_fetched(data.path()));
    hub.asked();
    *hub.stalled.lock().unwrap() = None;
    fetch(&address, data.path()).unwrap();
    assert!(model.is_fetched(data.path()));
    assert_eq!(hub.asked(), ["model.onnx"]);
}

#[test]
fn without_a_hub_or_without_a_file_the_address_is_said() {
    let data = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&format!("http://{nobody}"), data.path()).unwrap_err();
    assert!(matches!(error, FetchError::Hub { .. }), "{error}");
    assert!(error.to_string().contains(&nobody.to_string()), "{error}");
    let (hub, address) = hub();
    hub.files.lock().unwrap().remove("config.json");
    let error = fetch(&address, data.path()).unwrap_err();
    assert!(
        error.to_string().contains("config.json") && error.to_string().contains("404"),
        "{error}"
    );
}

#[test]
fn a_fetched_model_that_was_damaged_or_lost_files_is_made_whole() {
    let (hub, address) = hub();
    let data = tempfile::tempdir().unwrap();
    let folder = fetch(&address, data.path()).unwrap();
    let whole = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (encoder, config) = (whole("model.onnx"), whole("config.json"));
    hub.asked();
    let harms: [(&dyn Fn(), &[&str]); 4] = [
        (&|| std::fs::remove_file(folder.join("model.onnx")).unwrap(), &["model.onnx"]),
        (&|| std::fs::write(folder.join("config.json"), "{}").unwrap(), &["config.json"]),
        (&|| std::fs::write(folder.join("model.onnx"), "cut").unwrap(), &["model.onnx"]),
        (
            &|| std::fs::remove_file(folder.join("model.json")).unwrap(),
            &[
                "tokenizer.json",
                "config.json",
                "special_tokens_map.json",
                "tokenizer_config.json",
                "model.onnx",
            ],
        ),
    ];
    for (harm, fetched) in harms {
        harm();
        assert_eq!(fetch(&address, data.path()).unwrap(), folder);
        assert_eq!(hub.asked(), fetched, "and nothing else");
        assert!((whole("model.onnx"), whole("config.json")) == (encoder.clone(), config.clone()));
    }
}

#[test]
fn a_page_in_place_of_a_file_is_no_model() {
    let (hub, address) = hub();
    let data = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.onnx"] {
        let page = b"<!DOCTYPE html>\n<html><body>Log in first</body></html>".to_vec();
        let file = hub.files.lock().unwrap().insert(name.into(), page).unwrap();
        let error = fetch(&address, data.path()).unwrap_err();
        assert!(matches!(&error, FetchError::Another { url } if url.contains(name)), "{error}");
        hub.files.lock().unwrap().insert(name.into(), file);
    }
    fetch(&address, data.path()).unwrap();
}
