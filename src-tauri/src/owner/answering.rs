//! What the owner does for a request. The same for its own command and for one from the socket.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use quarry_engine::engine::Engine;
use quarry_engine::status::{LaneName, ProjectStatus, Snapshot};
use tokio::sync::{Notify, mpsc};

use super::protocol::{MeaningCall, Problem, Reply, Request};
use crate::settings::edit::{self, SettingChange};

/// Replies that wait for a slow reader before the answer itself waits.
const REPLIES_AHEAD: usize = 8;

/// Who owns the data directory.
#[derive(Clone)]
pub struct Owner {
    pub engine: Engine,
    pub host: Host,
    /// Keeps what is to outlive this process.
    pub settings_file: PathBuf,
}

#[derive(Clone)]
pub enum Host {
    /// The program in the tray.
    Desktop(Arc<dyn Front>),
    /// `quarry --headless`.
    Headless,
    /// A command, for as long as it runs, or until a Quarry that stays has it told.
    Command(Arc<Notify>),
}

/// The windows, as far as another process may move them.
pub trait Front: Send + Sync {
    fn show_popup(&self);
    fn toggle_popup(&self);
}

type Replies = mpsc::Sender<Reply>;

/// The code of the refusal to step aside by an owner that stays.
pub const ALREADY_OWNED: &str = "AlreadyOwned";

/// The code of the refusal to show a popup by an owner that will be gone in a moment.
pub const BUSY: &str = "Busy";

impl Owner {
    /// Replies until the request is done. Dropping the receiver ends the work for it.
    pub fn ask(&self, request: Request) -> mpsc::Receiver<Reply> {
        let (sender, receiver) = mpsc::channel(REPLIES_AHEAD);
        let owner = self.clone();
        tokio::spawn(async move {
            let last = tokio::select! {
                () = sender.closed() => return,
                outcome = owner.answer(request, &sender) => match outcome {
                    Ok(()) => Reply::Done,
                    Err(problem) => Reply::Refused(problem),
                },
            };
            // A receiver that is gone wants no answer.
            let _ = sender.send(last).await;
        });
        receiver
    }

    async fn answer(&self, request: Request, replies: &Replies) -> Result<(), Problem> {
        let engine = &self.engine;
        match request {
            Request::ShowPopup => self.front()?.show_popup(),
            Request::TogglePopup => self.front()?.toggle_popup(),
            Request::StepAside => match &self.host {
                Host::Command(aside) => aside.notify_one(),
                Host::Desktop(_) | Host::Headless => {
                    let sentence = "Another Quarry owns this data directory already.";
                    return Err(Problem::new(ALREADY_OWNED, sentence));
                }
            },
            Request::Add { path, name } => {
                let added = engine.add(&path, name).await?;
                let (project, already) = (added.project, added.already);
                send(replies, Reply::Added { project, already }).await;
            }
            Request::Act { project, action } => {
                let engine = engine.clone();
                finished(async move { engine.act(&project, action).await }).await?;
            }
            Request::Exclude { project, pattern, undo } => {
                let engine = engine.clone();
                let excluded = async move {
                    if undo {
                        engine.stop_excluding(&project, &pattern).await.map(drop)
                    } else {
                        engine.exclude(&project, &pattern).await.map(drop)
                    }
                };
                finished(excluded).await?;
            }
            Request::Snapshot => {
                let (seq, projects) = (engine.snapshot().seq, engine.statuses());
                send(replies, Reply::Snapshot(Snapshot { seq, projects })).await;
            }
            Request::Status { project } => {
                send(replies, Reply::Project(engine.status(&project)?)).await;
            }
            Request::Watch { project } => self.watch(project, replies).await?,
            Request::Search(request) => {
                send(replies, Reply::Answer(engine.search(request).await?)).await;
            }
            Request::Like(request) => {
                send(replies, Reply::Answer(engine.more_like(request).await?)).await;
            }
            Request::Read(request) => {
                send(replies, Reply::Lines(engine.excerpt(request).await?)).await;
            }
            Request::Meaning(call) => {
                match call {
                    MeaningCall::Show => {}
                    MeaningCall::Pause => self.pause_meaning(true).await?,
                    MeaningCall::Resume => self.pause_meaning(false).await?,
                    MeaningCall::Retry => engine.retry_meaning(),
                }
                send(replies, Reply::Meaning(engine.meaning())).await;
            }
            Request::Wait { project, lane } => self.wait(&project, lane, replies).await?,
        }
        Ok(())
    }

    /// At once, and for the next start too.
    async fn pause_meaning(&self, paused: bool) -> Result<(), Problem> {
        self.engine.pause_meaning(paused);
        let file = self.settings_file.clone();
        let change = SettingChange::EmbeddingPaused(paused);
        let written = tokio::task::spawn_blocking(move || edit::write(&file, &change)).await;
        let problem = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        let done = if paused { "paused" } else { "resumed" };
        let sentence = format!("Embedding is {done} until Quarry ends, and no longer: {problem}");
        Err(Problem::new("Settings", sentence))
    }

    fn front(&self) -> Result<&dyn Front, Problem> {
        match &self.host {
            Host::Desktop(front) => Ok(front.as_ref()),
            Host::Headless => Err(Problem::new(
                "Headless",
                "Quarry runs without windows (`quarry --headless`). End it and start `quarry` to \
                 have the popup.",
            )),
            Host::Command(_) => Err(Problem {
                retryable: true,
                ..Problem::new(
                    BUSY,
                    "Only a Quarry command is at work on this data directory, which has no popup. \
                     Start `quarry`; the command makes way for it.",
                )
            }),
        }
    }

    async fn watch(&self, project: Option<String>, replies: &Replies) -> Result<(), Problem> {
        let id = match &project {
            Some(project) => Some(self.engine.status(project)?.id),
            None => None,
        };
        let mut changes = self.engine.subscribe();
        let mut sent: Option<Vec<ProjectStatus>> = None;
        loop {
            let now = changes.borrow_and_update().clone();
            let projects = only(&now, id.as_deref());
            if sent.as_ref() != Some(&projects) {
                send(
                    replies,
                    Reply::Snapshot(Snapshot { seq: now.seq, projects: projects.clone() }),
                )
                .await;
                sent = Some(projects);
            }
            if changes.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    async fn wait(&self, project: &str, lane: LaneName, replies: &Replies) -> Result<(), Problem> {
        let id = self.engine.status(project)?.id;
        let tell = self.watch(Some(id.clone()), replies);
        let waited = first(self.engine.wait(&id, lane), tell).await?;
        send(replies, Reply::Project(waited)).await;
        Ok(())
    }
}

/// The output of a change, which comes to its end although nobody may wait for it any more.
async fn finished<T: Send + 'static>(change: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(change).await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            // Only a runtime that is being shut down cancels it, and with it whoever waits here.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The output of `work`, with `beside` going on for as long as that takes.
pub async fn first<T>(work: impl Future<Output = T>, beside: impl Future) -> T {
    tokio::pin!(work);
    tokio::select! {
        output = &mut work => output,
        _ = beside => work.await,
    }
}

fn only(snapshot: &Snapshot, id: Option<&str>) -> Vec<ProjectStatus> {
    let wanted = |status: &&ProjectStatus| id.is_none_or(|id| status.id == id);
    snapshot.projects.iter().filter(wanted).cloned().collect()
}

/// The receiver may be gone; then the task around ends by itself.
async fn send(replies: &Replies, reply: Reply) {
    let _ = replies.send(reply).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_comes_to_its_end_although_nobody_waits_for_it() {
        let (done, was_done) = tokio::sync::oneshot::channel();
        let begun = Arc::new(Notify::new());
        let change = {
            let begun = Arc::clone(&begun);
            async move {
                begun.notify_one();
                tokio::task::yield_now().await;
                done.send(()).unwrap();
            }
        };
        tokio::select! {
            () = finished(change) => panic!("it yields once"),
            () = begun.notified() => {}
        }
        was_done.await.unwrap();
    }
}
