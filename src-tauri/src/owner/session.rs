//! A command's way to the owner of the data directory: the running one, or this process itself.

use std::io;
use std::time::{Duration, Instant};

use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::tokio::prelude::*;
use quarry_engine::embed::embedder;
use quarry_engine::engine::{Engine, Options};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use super::address::Address;
use super::answering::{BUSY, Host, Owner};
use super::protocol::{self, Call, Problem, Reply, Request};
use super::server::{self, Server};
use crate::embedding;
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
    Own { owner: Owner, server: Server },
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

impl Session {
    pub async fn open(place: &Place, meaning: bool) -> Result<Self, Problem> {
        let link = link(place, meaning).await?;
        Ok(Self { place: place.clone(), link, meaning })
    }

    /// Whether this process is the owner, so that all work ends with it.
    pub fn is_owner(&self) -> bool {
        matches!(self.link, Link::Own { .. })
    }

    /// Hands every reply to `take` until the request is done. Where the owner ends meanwhile,
    /// asks the next one, which may be this process.
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
            while let Some(reply) = replies.recv().await {
                match reply {
                    Reply::Done => return Ok(()),
                    Reply::Refused(problem) => return Err(problem.into()),
                    reply => take(reply)?,
                }
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

    /// Ends what this process has taken over.
    pub async fn close(self) {
        if let Link::Own { owner, server } = self.link {
            server.stop(GRACE).await;
            owner.engine.close().await;
        }
    }
}

/// Asks the running program for its popup.
///
/// Waits for a command to end that owns the directory, as that is over soon.
pub async fn ask_for_popup(address: &Address, request: Request) -> Result<Shown, Problem> {
    let deadline = Instant::now() + TAKEOVER;
    loop {
        let refusal = match ask(address, &request).await?.recv().await {
            Some(Reply::Refused(problem)) => problem,
            Some(_) => return Ok(Shown::Yes),
            None => return Ok(Shown::OwnerGone),
        };
        if refusal.code != BUSY || Instant::now() > deadline {
            return Err(refusal);
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Yes,
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
            let owner = Owner { engine, host: Host::Command, settings_file };
            let listener = server::bind(&address).map_err(|error| no_socket(&error))?;
            let server = Server::start(owner.clone(), listener);
            Ok(Link::Own { owner, server })
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
    while let Some(line) = lines.next_line().await? {
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
            break;
        }
    }
    Ok(())
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
