use proptest::prelude::*;

use super::*;

const DIMENSIONS: usize = 16;

fn vector(seed: u64) -> Vec<f32> {
    let values: Vec<f32> = (0..DIMENSIONS as u64)
        .map(|at| {
            (xxhash_rust::xxh3::xxh3_64(&(seed * 1000 + at).to_le_bytes()) % 2001) as f32 - 1000.0
        })
        .collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}

fn filled(count: u64) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "model").unwrap();
    for seed in 0..count {
        store.put(Key(seed.into()), &vector(seed)).unwrap();
    }
    (folder, store)
}

fn segments(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("vectors").join("model")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn marked(store: &Store, keys: impl IntoIterator<Item = u64>) -> Marks {
    let mut marks = Marks::default();
    keys.into_iter()
        .for_each(|key| assert_eq!(store.mark(Key(key.into()), &mut marks), Some(true)));
    marks
}

fn best(store: &Store, seed: u64, count: u64) -> (usize, f32) {
    let keys: Vec<Key> = (0..count).map(|key| Key(key.into())).collect();
    store.rows(&keys).top_k(&vector(seed), 1, |_| true)[0]
}

#[test]
fn vectors_are_there_again_after_a_restart() {
    let (folder, store) = filled(100);
    drop(store);
    let store = Store::open(folder.path(), "model").unwrap();
    assert_eq!(store.len(), 100);
    let (row, score) = best(&store, 42, 100);
    assert_eq!(row, 42);
    assert!((score - 1.0).abs() < 1e-3, "{score}");
    assert!(Store::open(folder.path(), "another").unwrap().is_empty());
}

#[test]
fn a_cut_file_is_made_anew() {
    let (folder, store) = filled(10);
    drop(store);
    let path = &segments(&folder)[0];
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    let store = Store::open(folder.path(), "model").unwrap();
    assert!(store.is_empty());
    store.put(Key(1), &vector(1)).unwrap();
    assert!(store.contains(Key(1)));
}

#[test]
fn a_file_that_is_cut_while_it_is_open_is_not_read_beyond_its_end() {
    let (folder, store) = filled(10);
    let rows = store.rows(&[Key(1), Key(2)]);
    let file = fs::OpenOptions::new().write(true).open(&segments(&folder)[0]).unwrap();
    file.set_len(100).unwrap();
    assert!(rows.top_k(&vector(1), 5, |_| true).is_empty());
}

#[test]
fn a_changed_vector_counts_as_never_embedded_and_its_neighbours_stay() {
    use std::io::{Seek, SeekFrom, Write};
    let (folder, store) = filled(10);
    drop(store);
    let mut file = fs::OpenOptions::new().write(true).open(&segments(&folder)[0]).unwrap();
    let coarse_of_3 = 64 + CAPACITY * 32 + 3 * DIMENSIONS;
    file.seek(SeekFrom::Start(coarse_of_3 as u64)).unwrap();
    file.write_all(&[77]).unwrap();
    let store = Store::open(folder.path(), "model").unwrap();
    assert_eq!(store.len(), 9);
    assert!(!store.contains(Key(3)));
    store.put(Key(3), &vector(3)).unwrap();
    assert_eq!(best(&store, 3, 10).0, 3);
}

#[test]
fn vectors_of_another_length_are_refused() {
    let (_folder, store) = filled(1);
    assert!(store.put(Key(9), &[1.0; 3]).is_err());
    assert!(!store.contains(Key(9)));
}

#[test]
fn what_nobody_refers_to_is_freed_and_the_rest_is_found_even_by_old_rows() {
    let count = CAPACITY as u64 + 10;
    let (folder, store) = filled(count);
    assert_eq!(segments(&folder).len(), 2);
    let old = store.rows(&[Key(5)]);
    let mut living = marked(&store, 0..100);
    while store.compact(&mut living).unwrap() {}
    assert_eq!(segments(&folder).len(), 1);
    assert!(store.contains(Key(5)) && !store.contains(Key(200)));
    assert_eq!(best(&store, 5, 100).0, 5);
    assert_eq!(old.top_k(&vector(5), 1, |_| true)[0].0, 0);
    drop(store);
    let store = Store::open(folder.path(), "model").unwrap();
    assert!((0..100).all(|key| store.contains(Key(key))));
}

#[test]
fn nothing_is_rewritten_while_most_of_it_is_alive() {
    let (_folder, store) = filled(CAPACITY as u64 + 1);
    let mut living = marked(&store, (0..=CAPACITY as u64).filter(|key| key % 4 != 1));
    assert!(!store.compact(&mut living).unwrap());
    assert_eq!(store.len(), CAPACITY + 1);
}

#[test]
fn where_nothing_lives_nothing_stays() {
    let (folder, store) = filled(CAPACITY as u64 + 1);
    while store.compact(&mut Marks::default()).unwrap() {}
    assert_eq!(segments(&folder), [] as [PathBuf; 0]);
    store.put(Key(7), &vector(7)).unwrap();
    drop(store);
    assert!(Store::open(folder.path(), "model").unwrap().contains(Key(7)));
}

#[test]
fn a_folder_that_was_deleted_while_it_is_open_is_made_anew() {
    let (folder, store) = filled(3);
    fs::remove_dir_all(folder.path().join(FOLDER)).unwrap();
    assert_eq!(store.drop_damaged(), 3);
    store.put(Key(7), &vector(7)).unwrap();
    drop(store);
    assert!(Store::open(folder.path(), "model").unwrap().contains(Key(7)));
}

#[test]
fn what_was_full_takes_at_most_one_and_a_half_times_what_lives_in_it() {
    let count = 3 * CAPACITY as u64 + 100;
    let (folder, store) = filled(count);
    let lives = |key: &u64| key % 5 < 3;
    let mut living = marked(&store, (0..count).filter(lives));
    while store.compact(&mut living).unwrap() {}
    let alive = (0..count).filter(lives).count();
    let full = segments(&folder).len() - 1;
    assert!(full * CAPACITY * 2 <= alive * 3, "{full} full segments for {alive} vectors");
    assert!((0..count).filter(lives).all(|key| store.contains(Key(key.into()))));
    assert_eq!(best(&store, 5 * 4000, count).0, 5 * 4000);
}

#[test]
fn the_best_ten_of_many_that_are_almost_alike_are_found() {
    let (centre, count) = (vector(1), 3000_u64);
    let near: Vec<Vec<f32>> = (0..count)
        .map(|seed| {
            let other = vector(seed + 2);
            centre.iter().zip(other).map(|(centre, other)| centre + 0.03 * other).collect()
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "model").unwrap();
    let keys: Vec<Key> = (0..count).map(|key| Key(key.into())).collect();
    keys.iter().zip(&near).for_each(|(key, vector)| store.put(*key, vector).unwrap());
    let rows = store.rows(&keys);
    let mut found = 0;
    for query in near.iter().take(20) {
        let dot = |at: &usize| near[*at].iter().zip(query).map(|(a, b)| a * b).sum::<f32>();
        let mut exact: Vec<usize> = (0..near.len()).collect();
        exact.sort_by(|a, b| dot(b).total_cmp(&dot(a)));
        let ten = rows.top_k(query, 10, |_| true);
        assert!(ten.is_sorted_by(|a, b| a.1 >= b.1));
        found += ten.iter().filter(|(row, _)| exact[..10].contains(row)).count();
    }
    assert!(found >= 195, "{found} of 200");
}

#[test]
fn the_vectors_of_other_models_are_deleted_and_its_own_stay() {
    let (folder, store) = filled(10);
    Store::open(folder.path(), "older").unwrap().put(Key(1), &vector(1)).unwrap();
    assert_eq!(store.delete_others().unwrap(), 1);
    assert!(!folder.path().join("vectors/older").exists());
    drop(store);
    assert_eq!(Store::open(folder.path(), "model").unwrap().len(), 10);
}

proptest! {
    #[test]
    fn a_record_is_within_a_thousandth_of_its_vector(seed: u32) {
        let vector = vector(seed.into());
        let record = Record::new(Key(0), &vector);
        for (at, value) in vector.iter().enumerate() {
            let stored = record.scale
                * (f32::from(record.coarse[at]) + f32::from(record.fine[at]) / segment::FINE_STEPS);
            prop_assert!((stored - value).abs() < 1e-3 * record.scale * 127.0);
        }
    }
}
