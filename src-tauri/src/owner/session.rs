//! A command's way to the owner of the data directory: the running one, or this process itself.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::tokio::prelude::*;
use quarry_engine::embed::embedder;
use quarry_engine::engine::{Engine, Options};
use quarry_engine::status::ProjectStatus;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{Notify, mpsc};

use super::address::Address;
use super::answering::{ALREADY_OWNED, BUSY, Host, Owner, first};
use super::protocol::{self, Call, Problem, Reply, Request};
use super::server::{self, Server};
use crate::embedding;
use crate::engine_settings;
use crate::limits;
use crate::place::Place;
use crate::settings::Settings;

/// How long an owner may take from its lock to its socket, or from its last answer to its end.
const TAKEOVER: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(40);

/// How often a request may lose its owner: each time another process ended while it was asked.
const OWNERS_LOST: u32 = 5;

/// What others may still finish when the command that owns the directory is done. After that they
/// become the owner themselves.
const GRACE: Duration = Duration::from_secs(1);

pub struct Session {
    place: Place,
    link: Link,
    /// Where this process becomes the owner, it has a model.
    meaning: bool,
}

enum Link {
    Remote(Address),
    Own {
        owner: Owner,
        server: Server,
        /// Those that the engine was opened with.
        settings: Box<Settings>,
    },
}

impl Link {
    /// Once a Quarry that stays asks this process for the data directory.
    async fn asked_to_step_aside(&self) {
        match self {
            Self::Own { owner: Owner { host: Host::Command(aside), .. }, .. } => {
                aside.notified().await;
            }
            _ => std::future::pending().await,
        }
    }
}

/// How a process came by the data directory.
pub enum Claim {
    /// Another process owns it and listens.
    Theirs(Address),
    /// This one does now.
    Ours(Engine, Address),
}

/// The owner that is there, or this process as a new one with these settings, which embeds with
/// `embedder`.
pub async fn claim(
    place: &Place,
    settings: &Settings,
    embedder: Option<embedder::Options>,
) -> Result<Claim, Problem> {
    let address = Address::of(&place.data_dir);
    let deadline = Instant::now() + TAKEOVER;
    loop {
        if connect(&address).await?.is_some() {
            return Ok(Claim::Theirs(address));
        }
        let embedder = embedder.clone();
        let options = Options {
            embedder,
            pacing: embedding::pacing(settings),
            room: limits::room(settings),
            limits: limits::files(settings),
            ..Options::new(place.data_dir.clone())
        };
        match Engine::open(options) {
            Ok(engine) => return Ok(Claim::Ours(engine, address)),
            // Another one starts or ends just now.
            Err(error) if error.code() == "AlreadyOwned" && Instant::now() < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// As [`claim`], for a process that stays: commands leave the directory to it. Waits for as long
/// as they take for that.
pub async fn claim_to_stay(
    place: &Place,
    settings: &Settings,
    embedder: Option<embedder::Options>,
) -> Result<Claim, Problem> {
    let mut waited = false;
    loop {
        let address = match claim(place, settings, embedder.clone()).await? {
            Claim::Theirs(address) => address,
            ours => return Ok(ours),
        };
        match ask(&address, &Request::StepAside).await?.recv().await {
            Some(Reply::Refused(problem)) if problem.code == ALREADY_OWNED => {
                return Ok(Claim::Theirs(address));
            }
            Some(Reply::Refused(problem)) => return Err(problem),
            Some(_) | None => {}
        }
        if !waited {
            tracing::warn!("waits for a command that is at work on the data directory");
            waited = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Session {
    pub async fn open(place: &Place, meaning: bool) -> Result<Self, Problem> {
        let link = link(place, meaning).await?;
        Ok(Self { place: place.clone(), link, meaning })
    }

    /// Whether this process is the owner, so that all work ends with it.
    pub fn is_owner(&self) -> bool {
        matches!(self.link, Link::Own { .. })
    }

    /// Keeps the data directory as a Quarry without windows would, until one that stays asks for
    /// it; then the session is to be closed. For ever where another process is the owner.
    pub async fn hold(&self) {
        let Link::Own { owner, settings, .. } = &self.link else {
            return std::future::pending().await;
        };
        let (engine, place) = (owner.engine.clone(), self.place.clone());
        let follow = engine_settings::follow(engine, place, (**settings).clone());
        first(self.link.asked_to_step_aside(), follow).await;
    }

    /// Hands every reply to `take` until the request is done. Where the owner ends meanwhile,
    /// asks the next one, which may be this process; where this process is asked to step aside,
    /// the one that it steps aside for.
    pub async fn run<E: From<Problem>>(
        &mut self,
        request: Request,
        mut take: impl FnMut(Reply) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut lost = 0;
        loop {
            let mut replies = match &self.link {
                Link::Own { owner, .. } => owner.ask(request.clone()),
                Link::Remote(address) => ask(address, &request).await?,
            };
            let stepped_aside = loop {
                let reply = tokio::select! {
                    reply = replies.recv() => reply,
                    () = self.link.asked_to_step_aside() => break true,
                };
                match reply {
                    Some(Reply::Done) => return Ok(()),
                    Some(Reply::Refused(problem)) => return Err(problem.into()),
                    Some(reply) => take(reply)?,
                    None => break false,
                }
            };
            if stepped_aside {
                drop(replies);
                self.step_aside().await?;
                continue;
            }
            lost += 1;
            if matches!(request, Request::Watch { .. }) {
                return Err(gone("Quarry has ended, and with it the watch.").into());
            }
            if lost > OWNERS_LOST {
                return Err(gone("Quarry ended before it had answered. Try again.").into());
            }
            self.link = link(&self.place, self.meaning).await?;
        }
    }

    /// The reply that `pick` takes.
    ///
    /// # Errors
    /// As the owner says; [`Problem`] too where no reply is of that kind.
    pub async fn get<T>(
        &mut self,
        request: Request,
        mut pick: impl FnMut(Reply) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut picked = None;
        self.run(request, |reply| {
            picked = pick(reply).or(picked.take());
            Ok::<(), Problem>(())
        })
        .await?;
        picked.ok_or_else(|| Problem::new("Protocol", "Quarry gave no answer."))
    }

    /// The state of all projects.
    pub async fn projects(&mut self) -> Result<Vec<ProjectStatus>, Problem> {
        let projects = |reply| match reply {
            Reply::Snapshot(snapshot) => Some(snapshot.projects),
            _ => None,
        };
        self.get(Request::Snapshot, projects).await
    }

    /// Leaves the directory to the one who asked for it, if that one is still there.
    async fn step_aside(&mut self) -> Result<(), Problem> {
        let address = Address::of(&self.place.data_dir);
        end(std::mem::replace(&mut self.link, Link::Remote(address.clone()))).await;
        let deadline = Instant::now() + TAKEOVER;
        while connect(&address).await?.is_none() && Instant::now() < deadline {
            tokio::time::sleep(PAUSE).await;
        }
        self.link = link(&self.place, self.meaning).await?;
        Ok(())
    }

    /// Ends what this process has taken over.
    pub async fn close(self) {
        end(self.link).await;
    }
}

async fn end(link: Link) {
    if let Link::Own { owner, server, .. } = link {
        server.stop(GRACE).await;
        owner.engine.close().await;
    }
}

/// Asks the running program for its popup.
pub async fn ask_for_popup(address: &Address, request: Request) -> Result<Shown, Problem> {
    match ask(address, &request).await?.recv().await {
        Some(Reply::Refused(problem)) if problem.code == BUSY => Ok(Shown::Busy(problem)),
        Some(Reply::Refused(problem)) => Err(problem),
        Some(_) => Ok(Shown::Yes),
        None => Ok(Shown::OwnerGone),
    }
}

/// As [`ask_for_popup`], but a command that owns the directory is waited for a while, as it may be
/// over soon.
pub async fn wait_for_popup(address: &Address, request: Request) -> Result<Shown, Problem> {
    let deadline = Instant::now() + TAKEOVER;
    loop {
        let shown = ask_for_popup(address, request.clone()).await?;
        if !matches!(shown, Shown::Busy(_)) || Instant::now() > deadline {
            return Ok(shown);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tells the owner that is there, if one is; what it answers is for somebody else.
pub async fn tell(address: &Address, request: Request) -> Result<(), Problem> {
    let mut replies = ask(address, &request).await?;
    while replies.recv().await.is_some() {}
    Ok(())
}

/// Whether somebody listens.
pub async fn is_there(address: &Address) -> Result<bool, Problem> {
    Ok(connect(address).await?.is_some())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Yes,
    /// A command owns the directory.
    Busy(Problem),
    /// Nobody listens any more.
    OwnerGone,
}

async fn link(place: &Place, meaning: bool) -> Result<Link, Problem> {
    // A model takes longer to load than a command should that did not ask for it.
    let settings = Settings::read(&place.settings_file).0;
    let embedder = if meaning { embedding::options(&settings, &place.data_dir) } else { None };
    match claim(place, &settings, embedder).await? {
        Claim::Theirs(address) => Ok(Link::Remote(address)),
        Claim::Ours(engine, address) => {
            let settings_file = place.settings_file.clone();
            let host = Host::Command(Arc::new(Notify::new()));
            let owner = Owner { engine, host, settings_file };
            let listener = server::bind(&address).map_err(|error| no_socket(&error))?;
            let server = Server::start(owner.clone(), listener);
            Ok(Link::Own { owner, server, settings: Box::new(settings) })
        }
    }
}

/// Sends the request; the channel ends without a last reply if the owner does. No owner at all
/// looks the same.
async fn ask(address: &Address, request: &Request) -> Result<mpsc::Receiver<Reply>, Problem> {
    let (sender, receiver) = mpsc::channel(1);
    let Some(stream) = connect(address).await? else { return Ok(receiver) };
    let call = protocol::line(&Call::new(request.clone()))
        .map_err(|error| Problem::new("Refused", format!("The request cannot be sent: {error}")))?;
    if call.len() as u64 > protocol::LONGEST_CALL {
        let size = call.len() / 1024;
        let sentence = format!("{size} KB are more than Quarry takes at once: 1,024 KB.");
        return Err(Problem::new("TooLong", sentence));
    }
    tokio::spawn(async move {
        if let Err(error) = exchange(stream, &call, &sender).await {
            tracing::debug!(%error, "the owner went away");
        }
    });
    Ok(receiver)
}

async fn exchange(stream: Stream, call: &str, replies: &mpsc::Sender<Reply>) -> io::Result<()> {
    let mut sender = &stream;
    sender.write_all(call.as_bytes()).await?;
    sender.flush().await?;
    let mut lines = BufReader::new(&stream).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            // Hanging up takes the call back.
            () = replies.closed() => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        let reply = serde_json::from_str(&line).unwrap_or_else(|error| {
            Reply::Refused(Problem::new(
                "Protocol",
                format!(
                    "The running Quarry's answer cannot be read ({error}). Quit it and start it \
                     again, so that both are the same program."
                ),
            ))
        });
        if replies.send(reply).await.is_err() {
            return Ok(());
        }
    }
}

/// A connection, or none where nobody listens, be there a socket of a killed owner or not.
async fn connect(address: &Address) -> Result<Option<Stream>, Problem> {
    let name = address.name().map_err(|error| no_socket(&error))?;
    match Stream::connect(name).await {
        Ok(stream) => Ok(Some(stream)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset => Ok(None),
            _ => Err(no_socket(&error)),
        },
    }
}

pub fn no_socket(error: &io::Error) -> Problem {
    Problem::new(
        "Unavailable",
        format!(
            "The local socket of the data directory cannot be used: {error}. `quarry doctor` says \
             more."
        ),
    )
}

fn gone(sentence: &str) -> Problem {
    Problem { retryable: true, ..Problem::new("Unavailable", sentence) }
}
