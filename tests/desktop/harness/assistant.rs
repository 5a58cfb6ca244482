//! A program that helps with code, as far as it talks to `quarry mcp`.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::{Value, json};

use super::account::{Account, Started};
use super::quarry::Ran;
use super::wait::PATIENCE;

pub struct Assistant<'a> {
    account: &'a Account,
    pub server: Started,
    input: Option<ChildStdin>,
    messages: Receiver<String>,
    /// Came while another one was waited for.
    early: RefCell<Vec<Value>>,
    last_id: Cell<u64>,
}

impl<'a> Assistant<'a> {
    /// Starts the server, and says nothing yet.
    pub fn start(account: &'a Account) -> Self {
        let mut command = account.quarry_command(["mcp", "--no-meaning"]);
        let (server, input, output) = account.start_piped(&mut command, "mcp");
        account.tell_about(&server);
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let (early, last_id) = Default::default();
        Self { account, server, input: Some(input), messages, early, last_id }
    }

    /// Starts the server and shakes hands with it.
    pub fn connected(account: &'a Account) -> Self {
        let assistant = Self::start(account);
        assistant.initialize();
        assistant
    }

    /// What the server says of itself.
    #[track_caller]
    pub fn initialize(&self) -> Value {
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let reply = self.request("initialize", params);
        self.notify("notifications/initialized", json!({}));
        reply["result"].clone()
    }

    pub fn write(&self, text: &str) {
        let mut input = self.input.as_ref().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub fn notify(&self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.write(&format!("{message}\n"));
    }

    /// Sends a request; [`Assistant::reply`] waits for its answer.
    pub fn ask(&self, method: &str, params: Value) -> u64 {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.write(&format!("{message}\n"));
        id
    }

    #[track_caller]
    pub fn reply(&self, id: u64) -> Value {
        loop {
            let mut early = self.early.borrow_mut();
            if let Some(at) = early.iter().position(|message| message["id"] == id) {
                return early.remove(at);
            }
            let line = match self.messages.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(error) => panic!("no reply to {id}: {error}"),
            };
            let message: Value = match serde_json::from_str(&line) {
                Ok(message) => message,
                Err(error) => panic!("not the protocol ({error}): {line}"),
            };
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            early.push(message);
        }
    }

    #[track_caller]
    pub fn request(&self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.reply(id)
    }

    pub fn ask_tool(&self, tool: &str, arguments: Value) -> u64 {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// The result of a call that went well.
    #[track_caller]
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        let id = self.ask_tool(tool, arguments);
        let reply = self.reply(id);
        assert_eq!(reply["result"]["isError"], false, "{reply:#}");
        reply["result"].clone()
    }

    /// The sentence of a call that was refused.
    #[track_caller]
    pub fn refused(&self, tool: &str, arguments: Value) -> String {
        let id = self.ask_tool(tool, arguments);
        let reply = self.reply(id);
        assert_eq!(reply["result"]["isError"], true, "{reply:#}");
        let sentence = text(&reply["result"]).to_owned();
        assert!(sentence.split_whitespace().count() > 3, "a sentence: {sentence}");
        sentence
    }

    /// Closes its standard input and waits for its end.
    #[track_caller]
    pub fn hang_up(mut self) -> Ran {
        self.input = None;
        self.ended()
    }

    /// As [`Assistant::hang_up`], with a reply that comes before the end.
    #[track_caller]
    pub fn hang_up_awaiting(mut self, id: u64) -> (Value, Ran) {
        self.input = None;
        (self.reply(id), self.ended())
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(&self) -> Ran {
        self.account.ran(&self.server)
    }
}

/// What a model reads of a result.
#[track_caller]
pub fn text(result: &Value) -> &str {
    let content = result["content"].as_array().map(Vec::as_slice);
    match content {
        Some([one]) if one["type"] == "text" => one["text"].as_str().unwrap(),
        _ => panic!("not one text: {result:#}"),
    }
}
