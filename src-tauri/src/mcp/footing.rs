//! Where answers come from: the owner of the data directory, or this process while there is none.

use std::time::Duration;

use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::arguments::ToolCall;
use crate::owner::protocol::Problem;
use crate::owner::session::Session;
use crate::place::Place;

/// What calls may still take to end when they are given up.
const GRACE: Duration = Duration::from_millis(500);

pub struct Footing {
    place: Place,
    /// Where this process becomes the owner, it has a model.
    meaning: bool,
    /// Owns the data directory if no other process does, between the calls too: what changes then
    /// is indexed for the next one.
    holding: Mutex<Option<JoinHandle<()>>>,
    /// Shared by the calls that are under way.
    calls: RwLock<()>,
    leaving: CancellationToken,
}

impl Footing {
    pub fn new(place: Place, meaning: bool) -> Self {
        let (holding, calls, leaving) = Default::default();
        Self { place, meaning, holding, calls, leaving }
    }

    /// What the tool answers, unless nobody waits for it any more.
    ///
    /// # Errors
    /// A sentence for the one who called the tool.
    pub async fn answer(
        &self,
        call: ToolCall,
        cancelled: &CancellationToken,
    ) -> Result<Answer, Problem> {
        let _under_way = self.calls.read().await;
        let mut session = tokio::select! {
            session = self.session() => session?,
            () = self.given_up(cancelled) => return Err(given_up()),
        };
        let outcome = tokio::select! {
            outcome = call.answer(&mut session) => outcome,
            () = self.given_up(cancelled) => Err(given_up()),
        };
        session.close().await;
        outcome
    }

    /// Each call has its own, so that none waits for another.
    async fn session(&self) -> Result<Session, Problem> {
        let mut holding = self.holding.lock().await;
        if holding.as_ref().is_none_or(JoinHandle::is_finished) {
            let session = Session::open(&self.place, self.meaning).await?;
            if !session.is_owner() {
                return Ok(session);
            }
            *holding = Some(tokio::spawn(hold(session, self.leaving.clone())));
        }
        drop(holding);
        Session::open(&self.place, self.meaning).await
    }

    async fn given_up(&self, cancelled: &CancellationToken) {
        tokio::select! {
            () = cancelled.cancelled() => {}
            () = self.leaving.cancelled() => {}
        }
    }

    /// Gives up what is under way, and the data directory.
    pub async fn leave(&self) {
        self.leaving.cancel();
        // A call that has become the owner itself has to let go of the directory first.
        let _ = tokio::time::timeout(GRACE, self.calls.write()).await;
        if let Some(holding) = self.holding.lock().await.take()
            && let Err(error) = holding.await
        {
            tracing::error!(%error, "the data directory was not left in order");
        }
    }
}

/// Until a Quarry that stays wants the directory, or this process ends.
async fn hold(session: Session, leaving: CancellationToken) {
    tokio::select! {
        () = session.hold() => {}
        () = leaving.cancelled() => {}
    }
    session.close().await;
}

fn given_up() -> Problem {
    Problem::new("Cancelled", "The call was cancelled.")
}
