//! The few calls of the WebDriver protocol that the tests need.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::account::Started;
use super::desktop::Desktop;
use super::processes::tool;
use super::wait::{PATIENCE, until};

/// A session with a driven program; scripts run in its first web view.
pub struct Session {
    agent: Agent,
    address: String,
}

impl Session {
    /// The driver starts `program` with its own environment.
    pub fn start(desktop: &Desktop, program: &Path) -> (Self, Started) {
        let port = free_port();
        let mut driver = desktop.account.command(tool("WebKitWebDriver", "webkit2gtk-driver"));
        driver.args(["--host=127.0.0.1", &format!("--port={port}")]);
        driver.envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")]);
        desktop.account.mark_program(&mut driver);
        let driver = desktop.account.start(&mut driver, "WebKitWebDriver");
        desktop.account.tell_about(&driver);
        let agent = agent();
        let base = format!("http://127.0.0.1:{port}");
        until("WebKitWebDriver answers", || {
            assert!(desktop.account.runs(&driver), "WebKitWebDriver ended");
            agent.get(format!("{base}/status")).call().is_ok()
        });
        let options = json!({ "binary": program, "args": [] });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "webkitgtk:browserOptions": options,
            "timeouts": { "script": PATIENCE.as_millis() as u64 },
        }}});
        let created = post(&agent, &format!("{base}/session"), &wanted);
        let id = created["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {created}"));
        (Self { address: format!("{base}/session/{id}"), agent }, driver)
    }

    /// What the body of a function returns in the page; its arguments are `arguments`.
    #[track_caller]
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        let call = json!({ "script": body, "args": arguments });
        post(&self.agent, &format!("{}/execute/sync", self.address), &call)
    }
}

#[track_caller]
fn post(agent: &Agent, address: &str, body: &Value) -> Value {
    let answer: Value = match agent.post(address).send_json(body) {
        Ok(mut response) => response.body_mut().read_json().unwrap(),
        Err(error) => panic!("{address}: {error}"),
    };
    let value = &answer["value"];
    assert!(value.get("error").is_none(), "{address}: {value}");
    value.clone()
}

fn agent() -> Agent {
    let longer_than_any_script = PATIENCE + Duration::from_secs(10);
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(longer_than_any_script));
    config.build().into()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
