use super::*;

fn texts(hash: u64, keys: &[u128]) -> FileTexts {
    let keys = keys.iter().copied().map(Key).collect();
    let chunks = vec![ChunkTexts { line_start: 7, defines: true, keys }];
    FileTexts { stamp: FileStamp { hash, deep: true }, chunks }
}

fn listed(inventory: &Inventory, project: Option<&str>) -> Vec<(String, FileTexts)> {
    let mut files = Vec::new();
    let show = |path: &str, texts| files.push((path.to_owned(), texts));
    match project {
        Some(project) => inventory.each(project, show).unwrap(),
        None => inventory.every(show).unwrap(),
    }
    files
}

#[test]
fn files_come_back_as_they_were_listed_and_go_with_their_project() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.sqlite");
    let inventory = Inventory::open(&path).unwrap();
    let file = ("a.rs".to_owned(), texts(u64::MAX, &[1, u128::MAX]));
    inventory.put("one", std::slice::from_ref(&file)).unwrap();
    inventory.put("two", &[("b.rs".to_owned(), texts(2, &[3]))]).unwrap();
    drop(inventory);
    let inventory = Inventory::open(&path).unwrap();
    assert_eq!(listed(&inventory, Some("one")), std::slice::from_ref(&file));
    assert_eq!(inventory.stamps("one").unwrap()["a.rs"], file.1.stamp);
    assert_eq!(listed(&inventory, None).len(), 2);
    let kept = inventory.keep(&["one".to_owned(), "new".to_owned()]).unwrap();
    assert_eq!(kept, ["one"]);
    assert!(listed(&inventory, Some("two")).is_empty());
    inventory.remove("one", &["a.rs".to_owned()]).unwrap();
    assert!(listed(&inventory, None).is_empty());
    inventory.put("one", std::slice::from_ref(&file)).unwrap();
    inventory.forget("one").unwrap();
    assert!(listed(&inventory, None).is_empty());
}

#[test]
fn a_project_without_texts_is_known_once_it_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.sqlite");
    let inventory = Inventory::open(&path).unwrap();
    inventory.note_listed("data").unwrap();
    inventory.note_listed("gone").unwrap();
    drop(inventory);
    let inventory = Inventory::open(&path).unwrap();
    assert_eq!(inventory.keep(&["data".to_owned(), "new".to_owned()]).unwrap(), ["data"]);
    inventory.forget("data").unwrap();
    let all = ["data", "gone"].map(str::to_owned);
    assert!(inventory.keep(&all).unwrap().is_empty());
}

#[test]
fn a_file_that_somebody_holds_is_not_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.sqlite");
    let inventory = Inventory::open(&path).unwrap();
    inventory.put("one", &[("a.rs".to_owned(), texts(1, &[5]))]).unwrap();
    drop(inventory);
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "locking_mode", "EXCLUSIVE").unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert!(Inventory::open(&path).is_err());
    drop(other);
    let inventory = Inventory::open(&path).unwrap();
    assert_eq!(listed(&inventory, None).len(), 1);
}

#[test]
fn a_file_that_is_damaged_while_it_is_open_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.sqlite");
    let inventory = Inventory::open(&path).unwrap();
    inventory.put("one", &[("a.rs".to_owned(), texts(1, &[5]))]).unwrap();
    let damage = |_: &mut Connection| -> rusqlite::Result<()> {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(code, None))
    };
    assert!(inventory.with(damage).is_err());
    assert!(listed(&inventory, None).is_empty());
    inventory.put("one", &[("a.rs".to_owned(), texts(1, &[5]))]).unwrap();
    assert_eq!(listed(&inventory, None).len(), 1);
}

#[test]
fn a_row_that_changed_on_the_disk_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = Inventory::open(&folder.path().join("texts.sqlite")).unwrap();
    inventory.put("one", &[("a.rs".to_owned(), texts(1, &[5]))]).unwrap();
    let flip = "UPDATE file SET chunks = zeroblob(length(chunks))";
    inventory.with(|connection| connection.execute(flip, [])).unwrap();
    assert!(listed(&inventory, Some("one")).is_empty());
    assert!(inventory.stamps("one").unwrap().is_empty(), "it will be listed again");
}

#[test]
fn a_damaged_file_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.sqlite");
    fs::write(&path, "no database at all ".repeat(100)).unwrap();
    let inventory = Inventory::open(&path).unwrap();
    inventory.put("one", &[("a.rs".to_owned(), texts(1, &[5]))]).unwrap();
    assert_eq!(listed(&inventory, None).len(), 1);
}
