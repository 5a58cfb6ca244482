//! Gives the texts of a project to the embedder, at the pace that is asked for, and keeps what comes
//! back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;

use super::{Filling, Pacing};
use crate::embed::embedder::{EmbedError, Priority};
use crate::embed::store::{Key, Store};
use crate::engine::blocking;
use crate::engine::keeping::Part;
use crate::engine::vectors::Vectors;
use crate::registry::Searchable;

/// Texts that are given to the embedder together, and how often, so that it never waits.
const BATCH: usize = 16;
const BATCHES: usize = 2;
/// One project is embedded for so long before it is looked whether another one comes first.
const AT_ONCE: Duration = Duration::from_secs(5);
const LEAST_SHARE: f32 = 0.01;

type Answers = Vec<(Key, Result<Vec<f32>, EmbedError>)>;

impl Filling {
    /// Embeds what the project holds, for a while. Whether the model gave and the disk took all that
    /// there can be; what is missing is looked for again.
    pub(super) async fn embed(&mut self, project: &Searchable, store: &Arc<Store>) -> bool {
        let begun = Instant::now();
        let mut batches = FuturesUnordered::new();
        let mut all = true;
        let mut goes_on = true;
        loop {
            let most = if self.pacing.borrow().share < 1.0 { 1 } else { BATCHES };
            while goes_on && batches.len() < most {
                let Some(work) = self.projects.get_mut(&project.id) else { break };
                let texts = work.next_texts(project, store, &self.refused, BATCH).await;
                if texts.is_empty() {
                    break;
                }
                batches.push(embed_batch(Arc::clone(&self.vectors), Arc::clone(store), texts));
            }
            let before = self.vectors.embedder.background_time();
            let Some(answers) = batches.next().await else { break };
            all &= self.keep(project, answers, store).await;
            let computed = self.vectors.embedder.background_time().saturating_sub(before);
            make_room(&mut self.pacing, computed).await;
            goes_on &=
                all && begun.elapsed() < AT_ONCE && self.must_rest().is_none() && !self.indexes();
        }
        if let Some(work) = self.projects.get_mut(&project.id)
            && all
        {
            // What another project holds too may have been embedded for that one.
            work.embedded(0, 0);
            work.report(&self.registry, &project.id);
        }
        all
    }

    /// Whether nothing is missing of what can be had.
    async fn keep(&mut self, project: &Searchable, answers: Answers, store: &Arc<Store>) -> bool {
        let given = answers.len();
        let mut vectors = Vec::with_capacity(given);
        let mut all = true;
        for (key, answer) in answers {
            match answer {
                Ok(vector) => vectors.push((key, vector)),
                Err(EmbedError::Rejected(why)) => {
                    tracing::info!(why, "a text is not embedded");
                    self.refused.insert(key);
                }
                Err(EmbedError::Unavailable(_) | EmbedError::Closed) => all = false,
            }
        }
        let kept = Arc::clone(store);
        let put = blocking(move || {
            for (count, (key, vector)) in vectors.iter().enumerate() {
                if let Err(error) = kept.put(*key, vector) {
                    return (count, Err(error));
                }
            }
            (vectors.len(), Ok(()))
        });
        let (count, put) = put.await;
        match put {
            Ok(()) if count > 0 => self.vectors.keeping.worked(Part::Vectors),
            Ok(()) => {}
            Err(error) => {
                self.vectors.keeping.failed(Part::Vectors, &error, Instant::now());
                all = false;
            }
        }
        self.vectors.changed();
        if let Some(work) = self.projects.get_mut(&project.id) {
            work.embedded(given, count);
            if !all {
                work.look_again();
            }
            work.report(&self.registry, &project.id);
        }
        all
    }
}

async fn embed_batch(
    vectors: Arc<Vectors>,
    store: Arc<Store>,
    texts: Vec<(Key, String)>,
) -> Answers {
    let (keys, texts): (Vec<Key>, Vec<String>) = texts.into_iter().unzip();
    let (embedder, model) = (&vectors.embedder, Some(store.model()));
    let answers = embedder.embed_batch(texts, Priority::Background, model).await;
    keys.into_iter().zip(answers).collect()
}

/// Leaves the machine to others after the model has `computed`, as long as its share asks for: the
/// time that a worker took to start, or did not answer, was not the model's.
async fn make_room(pacing: &mut watch::Receiver<Pacing>, computed: Duration) {
    let begun = Instant::now();
    loop {
        let Pacing { share, paused, .. } = *pacing.borrow_and_update();
        let share = share.clamp(LEAST_SHARE, 1.0);
        let pause = computed.mul_f32(1.0 / share - 1.0).saturating_sub(begun.elapsed());
        if pause.is_zero() || paused {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => return,
            changed = pacing.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_made_for_others_until_the_share_says_otherwise() {
        let of = |share, paused| Pacing { share, paused, ..Pacing::default() };
        let (say, mut pacing) = watch::channel(of(LEAST_SHARE, false));
        let computed = Duration::from_secs(3600);
        for otherwise in [of(1.0, false), of(LEAST_SHARE, true)] {
            say.send_replace(of(LEAST_SHARE, false));
            let made = make_room(&mut pacing, computed);
            tokio::pin!(made);
            tokio::select! {
                biased;
                () = &mut made => panic!("it takes the whole machine"),
                () = tokio::task::yield_now() => {}
            }
            say.send_replace(otherwise);
            tokio::time::timeout(Duration::from_secs(60), made).await.expect("it ends at once");
        }
        make_room(&mut pacing, Duration::ZERO).await;
    }
}
