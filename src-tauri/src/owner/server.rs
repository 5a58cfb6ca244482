//! The owner's end of the socket.

use std::io;
use std::time::Duration;

use interprocess::local_socket::ListenerOptions;
use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener, Stream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::address::Address;
use super::answering::Owner;
use super::protocol::{self, Call, Problem, Reply};

/// How long to leave a listener alone that cannot accept, as when descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens until it is stopped.
pub struct Server {
    stop: CancellationToken,
    listening: JoinHandle<JoinSet<()>>,
}

/// Takes the address; clients wait until a [`Server`] starts. Only for the process that holds the
/// data directory's lock. Needs a runtime.
pub fn bind(address: &Address) -> io::Result<Listener> {
    address.clear()?;
    ListenerOptions::new().name(address.name()?).create_tokio()
}

impl Server {
    /// Needs a runtime.
    pub fn start(owner: Owner, listener: Listener) -> Self {
        let stop = CancellationToken::new();
        let listening = tokio::spawn(listen(listener, owner, stop.clone()));
        Self { stop, listening }
    }

    /// Takes the address away at once, and gives calls that are under way so much time to end.
    pub async fn stop(self, grace: Duration) {
        self.stop.cancel();
        let Ok(mut calls) = self.listening.await else { return };
        let ended = async { while calls.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, ended).await.is_err() {
            calls.shutdown().await;
        }
    }
}

async fn listen(listener: Listener, owner: Owner, stop: CancellationToken) -> JoinSet<()> {
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return calls,
            Some(_) = calls.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    let owner = owner.clone();
                    calls.spawn(async move {
                        if let Err(error) = serve(stream, owner).await {
                            tracing::debug!(%error, "a client went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn serve(stream: Stream, owner: Owner) -> io::Result<()> {
    let stranger = !same_user(&stream);
    let mut sender = &stream;
    let mut receiver = BufReader::new((&stream).take(protocol::LONGEST_CALL));
    let mut line = String::new();
    if receiver.read_line(&mut line).await? == 0 {
        return Ok(());
    }
    if stranger {
        let problem = Problem::new("Refused", "This Quarry belongs to another user.");
        return write(&mut sender, &Reply::Refused(problem)).await;
    }
    let request = match Call::parse(&line) {
        Ok(request) => request,
        Err(error) => return write(&mut sender, &Reply::Refused(error.into())).await,
    };
    let mut replies = owner.ask(request);
    let mut rest = [0];
    loop {
        tokio::select! {
            reply = replies.recv() => match reply {
                Some(reply) => write(&mut sender, &reply).await?,
                None => return Ok(()),
            },
            // A client says nothing more, so that this is its end.
            _ = receiver.read(&mut rest) => return Ok(()),
        }
    }
}

async fn write(sender: &mut (impl AsyncWriteExt + Unpin), reply: &Reply) -> io::Result<()> {
    sender.write_all(protocol::line(reply)?.as_bytes()).await?;
    sender.flush().await
}

/// The folder of the socket lets no other user in; this holds even where someone has opened it.
#[cfg(unix)]
fn same_user(stream: &Stream) -> bool {
    let user = rustix::process::geteuid().as_raw();
    match stream.peer_creds() {
        Ok(peer) => peer.euid().is_none_or(|peer| peer == user),
        Err(error) => {
            tracing::warn!(%error, "a client's user is not known");
            false
        }
    }
}

/// Other users may not write to a pipe by its default permissions.
#[cfg(windows)]
fn same_user(_stream: &Stream) -> bool {
    true
}
