//! A model hub on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The same model as the program's own, in higher precision: its files serve for it.
pub const NAME: &str = "AllMiniLML6V2";
const REPOSITORY: &str = "/Qdrant/all-MiniLM-L6-v2-onnx/resolve/main/";

/// Serves files over HTTP until the test ends.
#[derive(Clone, Default)]
pub struct Hub {
    pub files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// The file that ends in the middle.
    pub cut: Arc<Mutex<Option<&'static str>>>,
    /// The file that stops in the middle, while its connection stays.
    pub stalled: Arc<Mutex<Option<&'static str>>>,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Hub {
    /// The files of the model in `folder`, with the address.
    pub fn serving(folder: &Path) -> (Hub, String) {
        let hub = Hub::default();
        for entry in std::fs::read_dir(folder).unwrap() {
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

    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
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
        let stalled = self.stalled.lock().unwrap().is_some_and(|stalled| stalled == name);
        self.asked.lock().unwrap().push(name);
        if stalled {
            stream.write_all(&file[..length / 2])?;
            self.held.lock().unwrap().push(stream);
            return Ok(());
        }
        stream.write_all(if cut { &file[..length / 2] } else { &file })
    }

    /// The files that were asked for since this was asked.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
