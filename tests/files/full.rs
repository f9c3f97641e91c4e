//! No room: the old file stays whole, nothing is left lying about, and the next save works once
//! there is room. On a small file system where one can be mounted, and under a limit everywhere.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::pair::{connection, names, provider, put, webhook};
use crate::support::again::{again_after, arguments};

const FOLDER: &str = "CONFDECK_TEST_FOLDER";

/// About 24 KiB with the one document that the tests change.
fn text() -> String {
    format!("{{\n  \"a\": {{\"n\": 1}},\n  \"ballast\": \"{}\"\n}}\n", "x".repeat(24 * 1024))
}

/// Saves are refused with these words as long as there is no room, then they work.
async fn refused_until_there_is_room(folder: &Path, words: &[&str], make_room: impl FnOnce()) {
    let provider = provider(folder);
    let before = names(folder);
    let seen = provider.get(&webhook("a")).await.unwrap().unwrap().token;
    for _ in 0..2 {
        let set = provider.set(webhook("a"), "{\"n\": 2}".into(), Expect::Token(seen), Lease::Keep);
        let refused = set.await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(&refused, Error::Unavailable { .. }), "{said}");
        for word in words.iter().chain(&["webhooks.json", "nothing was written"]) {
            assert!(said.contains(word), "{word:?} in {said}");
        }
    }
    // Of a commit over both files, the one that would fit is not written either.
    let both =
        [put(connection("c"), "{}", Expect::Absent), put(webhook("a"), "{\"n\": 2}", Expect::Token(seen))];
    assert!(provider.commit(both.to_vec()).await.is_err());
    assert_eq!(fs::read_to_string(folder.join("webhooks.json")).unwrap(), text());
    assert_eq!(names(folder), before, "nothing is left lying about");
    make_room();
    // What was seen before is still what the write depends on.
    provider.set(webhook("a"), "{\"n\": 2}".into(), Expect::Token(seen), Lease::Keep).await.unwrap();
    let after = text().replace("\"n\": 1", "\"n\": 2");
    assert_eq!(fs::read_to_string(folder.join("webhooks.json")).unwrap(), after);
}

/// Not a test of its own: run on a file system of 64 KiB.
#[tokio::test]
#[ignore = "started by a_full_disk_leaves_the_old_file_whole"]
async fn on_a_full_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    fs::write(folder.join("webhooks.json"), text()).unwrap();
    let filler = folder.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    let full = loop {
        if let Err(error) = file.write_all(&[0; 512]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    drop(file);
    let make_room = || fs::remove_file(&filler).unwrap();
    refused_until_there_is_room(&folder, &["no storage space", "make room"], make_room).await;
    assert_eq!(names(&folder), ["webhooks.json"]);
}

#[test]
fn a_full_disk_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    // As root, or as root of a name space of one's own; where neither may mount, the limit below
    // is the proof.
    let ways = [vec!["--mount"], vec!["--mount", "--map-root-user"]];
    let script = "mount -t tmpfs -o size=64k,mode=0777 none \"$CONFDECK_TEST_FOLDER\"";
    let run = |way: &[&str], script: &str, words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(way).args(["sh", "-c", script, "sh"]).args(words);
        command.env(FOLDER, folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.output()
    };
    let Some(way) = ways.iter().find(|way| run(way, script, &[]).is_ok_and(|output| output.status.success()))
    else {
        eprintln!("nothing can be mounted here: a_limit_leaves_the_old_file_whole is the proof");
        return;
    };
    let program = std::env::current_exe().unwrap();
    let words = arguments("full::on_a_full_disk");
    let words: Vec<_> = std::iter::once(program.to_str().unwrap()).chain(words).collect();
    let output = run(way, &format!("{script} && exec \"$@\""), &words).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Not a test of its own: it limits its whole process, and needs the signal of the limit ignored.
#[tokio::test]
#[ignore = "started by a_limit_leaves_the_old_file_whole"]
async fn under_a_limit() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    fs::write(folder.join("webhooks.json"), text()).unwrap();
    let unlimited = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(8 * 1024), ..unlimited }).unwrap();
    let make_room = || setrlimit(Resource::Fsize, unlimited).unwrap();
    refused_until_there_is_room(&folder, &["file too large", "ulimit -f"], make_room).await;
    assert_eq!(names(&folder), ["webhooks.json"]);
}

#[test]
fn a_limit_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = again_after("trap '' XFSZ", "full::under_a_limit");
    let output = command.env(FOLDER, folder.path()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // It ran, and was not filtered away.
    assert_eq!(names(folder.path()), ["webhooks.json"]);
}
