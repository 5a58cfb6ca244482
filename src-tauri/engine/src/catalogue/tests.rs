use super::*;

fn sample(root: &str) -> Project {
    Project {
        id: ProjectId::generate(),
        name: "sample".into(),
        root: root.into(),
        pinned: false,
        paused: true,
        meaning: false,
        excludes: vec!["/vendor/".into(), "*.min.js".into()],
        include_ignored: true,
        last_searched: None,
        last_indexed: None,
        held: Held::default(),
        identity: Identity::default(),
    }
}

#[test]
fn a_project_is_added_with_all_that_is_known_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(&dir.path().join("catalogue.sqlite")).unwrap();
    let project = Project {
        pinned: true,
        last_searched: Some(Timestamp::from_second(5).unwrap()),
        last_indexed: Some(Timestamp::from_second(7).unwrap()),
        held: Held { files: 3, chunks: 5, skipped: 1, symbols: 7, bytes: 99 },
        identity: Identity { inode: Some(u64::MAX), git_birth: Some("abc".into()) },
        ..sample("/somewhere")
    };
    catalogue.insert(&project).unwrap();
    assert_eq!(catalogue.projects().unwrap(), [project]);
}

#[test]
fn projects_survive_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalogue.sqlite");
    let project = sample("/somewhere/größe");
    let held = Held { files: 3, chunks: 5, skipped: 1, symbols: 7, bytes: 99 };
    let identity = Identity { inode: Some(u64::MAX), git_birth: Some("abc".into()) };
    {
        let catalogue = Catalogue::open(&path).unwrap();
        assert_eq!(catalogue.insert(&project).unwrap(), None);
        assert_eq!(
            catalogue.insert(&sample("/somewhere/größe")).unwrap(),
            Some(project.id.clone())
        );
        catalogue.stamp_indexed(&project.id, Timestamp::UNIX_EPOCH, held).unwrap();
        let ids = std::slice::from_ref(&project.id);
        catalogue.stamp_searched(ids, Timestamp::UNIX_EPOCH).unwrap();
        catalogue.set_pinned(&project.id, true).unwrap();
        catalogue.set_root(&project.id, Path::new("/elsewhere/größe")).unwrap();
        catalogue.set_identity(&project.id, &identity).unwrap();
    }
    assert_eq!(Catalogue::open(&path).unwrap().projects().unwrap()[0].excludes.len(), 2);
    {
        let catalogue = Catalogue::open(&path).unwrap();
        catalogue.set_excludes(&project.id, &["größe/".into()]).unwrap();
        catalogue.set_include_ignored(&project.id, false).unwrap();
        catalogue.set_meaning(&project.id, true).unwrap();
    }
    let catalogue = Catalogue::open(&path).unwrap();
    let expected = Project {
        root: "/elsewhere/größe".into(),
        pinned: true,
        meaning: true,
        excludes: vec!["größe/".into()],
        include_ignored: false,
        last_searched: Some(Timestamp::UNIX_EPOCH),
        last_indexed: Some(Timestamp::UNIX_EPOCH),
        held,
        identity,
        ..project
    };
    assert_eq!(catalogue.projects().unwrap(), std::slice::from_ref(&expected));
    catalogue.remove(&expected.id).unwrap();
    assert_eq!(catalogue.projects().unwrap(), []);
}

#[test]
fn a_file_that_is_no_catalogue_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalogue.sqlite");
    let rubbish = b"not a database, but precious all the same".repeat(200);
    std::fs::write(&path, &rubbish).unwrap();
    assert!(matches!(Catalogue::open(&path), Err(CatalogueError::Unreadable { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), rubbish);
}

#[test]
fn a_catalogue_of_the_first_version_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalogue.sqlite");
    let first = Connection::open(&path).unwrap();
    first.execute_batch(include_str!("version-1.sql")).unwrap();
    drop(first);
    let projects = Catalogue::open(&path).unwrap().projects().unwrap();
    let [project] = projects.as_slice() else { panic!("{projects:?}") };
    assert_eq!((project.name.as_str(), project.held.files), ("linux", 78_500));
    assert_eq!(project.identity, Identity::default());
    assert!(project.pinned && !project.paused && project.meaning);
    assert!(project.excludes.is_empty() && !project.include_ignored);
}

#[test]
fn two_projects_never_have_one_root() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(&dir.path().join("catalogue.sqlite")).unwrap();
    let (one, two) = (sample("/one"), sample("/two"));
    catalogue.insert(&one).unwrap();
    catalogue.insert(&two).unwrap();
    let moved = catalogue.set_root(&one.id, Path::new("/two"));
    assert!(matches!(moved, Err(CatalogueError::Unwritable { .. })));
    assert_eq!(catalogue.projects().unwrap()[0].root, Path::new("/one"));
}

#[test]
fn a_newer_catalogue_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalogue.sqlite");
    drop(Catalogue::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Catalogue::open(&path), Err(CatalogueError::TooNew { found: 99, .. })));
}
