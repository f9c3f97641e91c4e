use std::os::unix::fs::PermissionsExt;

use super::super::saved_draft::tests::unsaved;
use super::*;

const PLANTED: &str = "planted";

fn text(n: usize) -> String {
    format!("{{\"n\": {n}, \"authorization\": \"‹kept:1›\", \"password\": \"typed-{PLANTED}\"}}")
}

fn of(key: &str, text: &str) -> UnsavedDraft {
    UnsavedDraft { key: key.parse::<crate::domain::Address>().unwrap().0, ..unsaved(text) }
}

fn files(root: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    folders.flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten()).map(|e| e.path()).collect()
}

#[test]
fn a_draft_is_private_and_holds_no_secret() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = DraftFolder::new(root.path().join("drafts"));
    assert_eq!(folder.save(&of("a/one", &text(1)), true).unwrap(), 1);
    assert_eq!(folder.save(&of("a/one", &text(2)), false).unwrap(), 1);
    let files = files(&root.path().join("drafts"));
    assert_eq!(files.len(), 2, "the draft and the lock: {files:?}");
    for path in files {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        let content = fs::read_to_string(&path).unwrap();
        assert!(!content.contains(PLANTED), "{content}");
    }
    assert_eq!(folder.list(), [], "a session's own drafts are not offered to it");
    folder.remove(&of("a/one", "").key);
    drop(folder);
    assert_eq!(fs::read_dir(root.path().join("drafts")).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn drafts_of_an_ended_session_are_taken_up_once() {
    let root = tempfile::tempdir().unwrap();
    let open = || DraftFolder::new(root.path().to_owned());
    let mut first = open();
    first.save(&of("a/one", &text(1)), true).unwrap();
    let (mut second, mut third) = (open(), open());
    assert_eq!(second.list(), [], "the first still lives");
    drop(first);
    let [listed] = second.list().try_into().unwrap();
    assert_eq!(third.list(), std::slice::from_ref(&listed));
    let saved = second.resume(&listed.id).unwrap();
    assert_eq!(saved.text, text(1).replace(&format!("typed-{PLANTED}"), "‹kept:0›"));
    assert_eq!(third.resume(&listed.id).unwrap_err(), DraftFolderError::Gone);
    assert_eq!(third.list(), [], "it is the second's now");
    // A crash of the second loses nothing.
    drop(second);
    let [listed] = third.list().try_into().unwrap();
    third.delete(&listed.id).unwrap();
    assert_eq!(third.delete(&listed.id).unwrap_err(), DraftFolderError::Gone);
    drop(third);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_read_is_listed_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let mut first = DraftFolder::new(root.path().to_owned());
    first.save(&of("a/one", &text(1)), true).unwrap();
    let session = first.own().unwrap();
    drop(first);
    fs::write(session.join("foreign.json"), "{\"format\":99}").unwrap();
    fs::write(session.join(".half.json.tmp"), "{").unwrap();
    let second = DraftFolder::new(root.path().to_owned());
    let listed = second.list();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].summary, Err("its format is 99; this confdeck reads 1".into()));
    assert!(listed[1].id.name().ends_with("/foreign.json"));
    second.delete(&listed[1].id).unwrap();
    assert!(!session.join("foreign.json").exists());
}

#[test]
fn beyond_the_bounds_it_says_so_and_drops_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = DraftFolder::new(root.path().to_owned());
    for number in 0..MOST {
        folder.save(&of(&format!("a/n{number}"), "{}"), false).unwrap();
    }
    assert_eq!(folder.save(&of("a/more", "{}"), false).unwrap_err(), DraftFolderError::Full);
    assert_eq!(folder.save(&of("a/n3", "{\"x\": 1}"), false), Ok(0), "those that are there go on");
    drop(folder);
    assert_eq!(DraftFolder::new(root.path().to_owned()).list().len(), MOST);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let root = tempfile::tempdir().unwrap();
    let blocked = root.path().join("drafts");
    fs::write(&blocked, "a file").unwrap();
    let error = DraftFolder::new(blocked.clone()).save(&of("a/one", "{}"), true).unwrap_err();
    assert!(error.to_string().starts_with(&blocked.display().to_string()), "{error}");
}
