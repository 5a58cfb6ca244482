//! Filters and meaning, and projects that lie in each other.

use quarry_engine::engine::LikeRequest;
use quarry_engine::search::{Mode, SearchRequest};

use super::{FILES, QUESTION, ask, embedded, filling, note, paths};
use crate::embedding::options;
use crate::world::word;

/// More than the vectors are asked for where nothing narrows them.
const NEARER: usize = 70;

/// Short texts that are nearer to [`QUESTION`] than anything else.
fn nearer() -> Vec<(String, String)> {
    let text = |n| format!("/// Pause before another attempt.\nfn retry_{}() {{}}\n", word(n));
    (0..NEARER).map(|n| (format!("retry/{}.rs", word(n)), text(n))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_filter_leaves_is_found_however_many_others_are_nearer() {
    let mut world = filling(options());
    let mut files = nearer();
    files.push(("sky.py".into(), "def colour_of(sky):\n    return sky.blue\n".into()));
    world.project("code", &super::borrowed(&files)).await;
    embedded(&world, "code").await;
    for filter in ["lang:python", "path:sky.py", "-path:retry", "-lang:rust"] {
        let answer = ask(&world, &format!("{QUESTION} {filter}"), Mode::Meaning).await;
        assert_eq!(paths(&answer), ["sky.py"], "{filter}: {:?}", note(&answer));
    }
    let request = SearchRequest {
        query: QUESTION.into(),
        mode: Mode::Meaning,
        limit: NEARER + 1,
        ..SearchRequest::default()
    };
    let all = world.engine().search(request).await.unwrap();
    assert_eq!(all.results.len(), NEARER + 1, "as many as were asked for");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_not_like_itself_in_a_project_around_its_own() {
    let mut world = filling(options());
    let files = FILES.map(|(path, text)| (format!("inner/{path}"), text.to_owned()));
    let root = world.project("outer", &super::borrowed(&files)).await;
    world.add(&root.join("inner")).await;
    embedded(&world, "outer").await;
    embedded(&world, "inner").await;
    let like = LikeRequest {
        project: "inner".into(),
        path: "retry.rs".into(),
        line: 3,
        projects: vec![],
        limit: 3,
    };
    let answer = world.engine().more_like(like).await.unwrap();
    assert!(!answer.results.is_empty());
    let itself = answer.results.iter().filter(|hit| hit.path.ends_with("retry.rs"));
    assert_eq!(itself.count(), 0, "{:?}", paths(&answer));
    world.close().await;
}
