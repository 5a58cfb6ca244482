//! A desktop of its own: display server, session bus, window manager, and the account behind them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use super::account::{Account, Started};
use super::processes::tool;
use super::quarry::workspace;
use super::wait::until;

/// No services to start: nothing of the machine's own desktop appears on this bus.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

pub struct Desktop {
    pub account: Account,
    bus: String,
}

impl Desktop {
    pub fn start() -> Self {
        let account = Account::new();
        let display = start_display(&account);
        account.set("DISPLAY", &display);
        let bus = start_bus(&account);
        account.set("DBUS_SESSION_BUS_ADDRESS", &bus);
        for (variable, value) in [
            ("XDG_SESSION_TYPE", "x11"),
            ("GDK_BACKEND", "x11"),
            ("NO_AT_BRIDGE", "1"),
            ("GTK_A11Y", "none"),
            ("GSETTINGS_BACKEND", "memory"),
            ("GIO_USE_VFS", "local"),
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
        ] {
            account.set(variable, value);
        }
        let desktop = Self { account, bus };
        let openbox = tool("openbox", "openbox");
        desktop.account.start(desktop.account.command(openbox).arg("--sm-disable"), "openbox");
        until("openbox manages the windows", || {
            desktop.xprop(&["-root", "_NET_SUPPORTING_WM_CHECK"]).contains("window id")
        });
        desktop
    }

    pub fn bus(&self) -> &str {
        &self.bus
    }

    /// Runs a tool to its end and gives what it wrote on standard output.
    #[track_caller]
    pub fn output(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts Quarry as a person does, and waits until it is there.
    #[track_caller]
    pub fn start_quarry(&self) -> Started {
        let quarry = self.account.start_quarry(None::<&str>);
        self.account.wait_until_it_serves(&quarry);
        quarry
    }

    /// A picture of the whole screen, in `target/screenshots`, for people to look at.
    #[track_caller]
    pub fn screenshot(&self, name: &str) {
        assert!(self.try_screenshot(name), "the screenshot {name} could not be taken");
    }

    /// Keeps a text beside the pictures.
    pub fn keep(&self, name: &str, text: &str) {
        let folder = pictures();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    fn try_screenshot(&self, name: &str) -> bool {
        let folder = pictures();
        let mut import = self.account.command(tool("import", "imagemagick"));
        import.args(["-silent", "-window", "root"]).arg(folder.join(format!("{name}.png")));
        fs::create_dir_all(folder).is_ok() && import.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if thread::panicking() {
            let name = thread::current().name().unwrap_or("test").replace("::", "-");
            self.try_screenshot(&format!("failed-{name}"));
        }
    }
}

fn pictures() -> PathBuf {
    workspace().join("target/screenshots")
}

fn start_display(account: &Account) -> String {
    let mut xvfb = account.command(tool("Xvfb", "xvfb"));
    xvfb.args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-noreset", "-nolisten", "tcp"]);
    let started = account.start(&mut xvfb, "Xvfb");
    let number = until("Xvfb has chosen a display", || {
        assert!(account.runs(&started), "Xvfb ended: {:?}", account.exit(&started));
        let line = account.stdout(&started);
        line.ends_with('\n').then(|| line.trim().to_owned())
    });
    format!(":{number}")
}

fn start_bus(account: &Account) -> String {
    let socket = account.home().join("run/bus");
    let configuration = account.write("bus.conf", &BUS.replace("SOCKET", socket.to_str().unwrap()));
    let mut daemon = account.command(tool("dbus-daemon", "dbus"));
    daemon.args(["--nofork", "--nopidfile"]);
    daemon.arg(format!("--config-file={}", configuration.display()));
    account.start(&mut daemon, "dbus-daemon");
    until("the session bus is up", || socket.exists());
    format!("unix:path={}", socket.display())
}
