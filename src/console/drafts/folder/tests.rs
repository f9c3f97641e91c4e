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
    assert_eq!(folder.save(&of("a/one", &text(1)), true).unwrap().withheld, 1);
    assert_eq!(folder.save(&of("a/one", &text(2)), false).unwrap().withheld, 1);
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
    assert_eq!(listed[1].summary, Err("its format is 99; this confdeck reads 2".into()));
    assert!(listed[1].id.name().ends_with("/foreign.json"));
    second.delete(&listed[1].id).unwrap();
    assert!(!session.join("foreign.json").exists());
}

#[test]
fn beyond_the_bounds_the_oldest_drafts_of_this_session_make_room() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = DraftFolder::new(root.path().to_owned());
    let typed = |number: usize, text: &str| {
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number as u64);
        UnsavedDraft { at, ..of(&format!("a/n{}", number % 100), text) }
    };
    for number in 1..=MOST {
        assert_eq!(folder.save(&typed(number, "{}"), false).unwrap().displaced, []);
    }
    assert_eq!(folder.save(&typed(101, "{}"), false).unwrap().displaced, [], "those that are there go on");
    let displaced: Vec<_> = (33..=36)
        .flat_map(|number| folder.save(&typed(number + 100, "{}"), false).unwrap().displaced)
        .collect();
    assert_eq!(displaced, [2, 3, 4, 5].map(|number| typed(number, "").key));
    drop(folder);
    let listed = DraftFolder::new(root.path().to_owned()).list();
    let keys: Vec<_> = listed.into_iter().map(|listed| listed.summary.unwrap().key).collect();
    assert_eq!(keys.len(), MOST);
    for number in [1, 6, 32, 33, 36] {
        assert!(keys.contains(&typed(number, "").key), "{number}: {keys:?}");
    }
}

#[test]
fn drafts_of_earlier_sessions_make_no_room() {
    let root = tempfile::tempdir().unwrap();
    let mut first = DraftFolder::new(root.path().to_owned());
    for number in 0..MOST - 1 {
        first.save(&of(&format!("a/n{number}"), "{}"), false).unwrap();
    }
    drop(first);
    let mut second = DraftFolder::new(root.path().to_owned());
    second.save(&of("b/one", "{}"), false).unwrap();
    let saved = second.save(&of("b/two", "{}"), false).unwrap();
    assert_eq!(saved.displaced, [of("b/one", "").key]);
    second.remove(&of("b/two", "").key);
    let mut third = DraftFolder::new(root.path().to_owned());
    third.save(&of("c/one", "{}"), false).unwrap();
    assert_eq!(second.save(&of("b/two", "{}"), false).unwrap_err(), DraftFolderError::Full);
    assert_eq!(DraftFolder::new(root.path().to_owned()).list().len(), MOST - 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let root = tempfile::tempdir().unwrap();
    let blocked = root.path().join("drafts");
    fs::write(&blocked, "a file").unwrap();
    let error = DraftFolder::new(blocked.clone()).save(&of("a/one", "{}"), true).unwrap_err();
    assert!(error.to_string().starts_with(&blocked.display().to_string()), "{error}");
}
