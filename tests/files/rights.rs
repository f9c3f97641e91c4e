//! Files and folders that this user may not read, write or replace.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use confdeck::domain::{KeyPrefix, LinkState};
use confdeck::provider::{ConfigReader, Error};
use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::io::Errno;

use crate::pair::{Pair, webhook};
use crate::support::picture::Follower;
use crate::support::rights::{is_root, unprivileged};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Tries to save, and is refused with these words; afterwards it works once `allow` has been done.
async fn refused_until(pair: &Pair, words: &[&str], allow: impl FnOnce()) {
    let (before, names) = (pair.text("webhooks.json"), pair.names());
    let refused = pair.try_put(webhook("a"), "{\"n\": 2}").await.unwrap_err();
    assert!(matches!(&refused, Error::Denied { .. }), "{refused}");
    let said = refused.to_string();
    for word in words.iter().chain(&["nothing was written"]) {
        assert!(said.contains(word), "{word:?} in {said}");
    }
    assert_eq!((pair.text("webhooks.json"), pair.names()), (before.clone(), names));
    assert!(pair.provider.get(&webhook("a")).await.unwrap().is_some(), "reading goes on");
    allow();
    pair.put(webhook("a"), "{\"n\": 2}").await;
    assert_eq!(pair.text("webhooks.json"), before.replace("1", "2"));
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    unprivileged(|| async {
        let pair = Pair::new();
        pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
        set_mode(pair.folder.path(), 0o555);
        let folder = format!("to create files in {}", pair.folder.path().display());
        refused_until(&pair, &[&folder, "webhooks.json"], || set_mode(pair.folder.path(), 0o755)).await;
        assert_eq!(pair.names(), ["webhooks.json"]);
    });
}

#[test]
fn a_file_that_may_not_be_written_is_not_replaced_either() {
    unprivileged(|| async {
        let pair = Pair::new();
        pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
        let path = pair.path("webhooks.json");
        set_mode(&path, 0o444);
        refused_until(&pair, &["to write ", "webhooks.json", "chmod"], || set_mode(&path, 0o644)).await;
    });
}

#[test]
fn a_file_that_may_not_be_read_is_denied_until_it_may() {
    unprivileged(|| async {
        let pair = Pair::new();
        pair.write("webhooks.json", "{\"a\": {}}");
        let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
        set_mode(&pair.path("webhooks.json"), 0o000);
        let denied = |follower: &Follower| matches!(follower.link, Some(LinkState::Denied { .. }));
        follower.until("the withheld file is told", denied).await;
        assert_eq!(follower.entries.len(), 1, "the last good picture");
        assert!(matches!(pair.provider.get(&webhook("a")).await, Err(Error::Denied { .. })));
        assert!(matches!(pair.try_put(webhook("a"), "{}").await, Err(Error::Denied { .. })));
        set_mode(&pair.path("webhooks.json"), 0o600);
        follower.until("it is readable again", Follower::is_synced).await;
    });
}

/// A watch asks for the right to read the folder; to look at a file in it takes less.
#[test]
fn where_no_watch_is_granted_changes_are_found_by_looking() {
    unprivileged(|| async {
        let pair = Pair::new();
        pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
        set_mode(pair.folder.path(), 0o311);
        let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
        for number in 2..5 {
            let text = format!("{{\"n\": {number}}}");
            pair.write("webhooks.json", &format!("{{\"a\": {text}}}"));
            follower.until_holds(&webhook("a"), Some(text.as_bytes())).await;
        }
        assert_eq!(
            pair.provider.watch_description(),
            "looked at every 500 ms; notification does not work here"
        );
        // Nor can such a folder be synced; the save goes on without.
        pair.put(webhook("a"), "{\"n\": 9}").await;
        set_mode(pair.folder.path(), 0o755);
        assert_eq!(pair.text("webhooks.json"), "{\"a\": {\"n\": 9}}");
        assert_eq!(pair.names(), ["webhooks.json"]);
    });
}

#[test]
fn a_lock_file_out_of_reach_is_named_and_one_that_can_only_be_read_will_do() {
    unprivileged(|| async {
        let pair = Pair::new();
        pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
        let lock = pair.path(".webhooks.json.lock");
        fs::write(&lock, "").unwrap();
        set_mode(&lock, 0o000);
        refused_until(&pair, &["/.webhooks.json.lock", "remove it"], || set_mode(&lock, 0o444)).await;
        assert_eq!(pair.names(), ["webhooks.json"]);
    });
}

#[tokio::test]
async fn root_keeps_owner_group_and_mode() {
    if !is_root() {
        eprintln!("not root: no file of another owner can be made here; its refusal is held by");
        eprintln!("provider::file::likeness::tests::an_owner_that_cannot_be_kept_is_told_before");
        return;
    }
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    let path = pair.path("webhooks.json");
    chown(&path, Some(12_345), Some(23_456)).unwrap();
    set_mode(&path, 0o460);
    pair.put(webhook("a"), "{\"n\": 2}").await;
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (12_345, 23_456, 0o460));
    assert_eq!(pair.names(), ["webhooks.json"]);
}

#[test]
fn an_owner_that_cannot_be_kept_is_told_and_nothing_is_replaced() {
    if !is_root() {
        eprintln!("not root: no file of another owner can be made here; its refusal is held by");
        eprintln!("provider::file::likeness::tests::an_owner_that_cannot_be_kept_is_told_before");
        return;
    }
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    let path = pair.path("webhooks.json");
    set_mode(pair.folder.path(), 0o777);
    set_mode(&path, 0o666);
    unprivileged(|| async {
        let refused = pair.try_put(webhook("a"), "{\"n\": 2}").await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(&refused, Error::Denied { .. }), "{said}");
        assert!(said.contains("the owner 0") && said.contains("chown"), "{said}");
    });
    assert_eq!(pair.text("webhooks.json"), "{\"a\": {\"n\": 1}}");
    assert_eq!(fs::metadata(&path).unwrap().uid(), 0);
    assert_eq!(pair.names(), ["webhooks.json"]);
}

/// An access list as the kernel stores it (`posix_acl_xattr.h`): version 2, then tag, permissions
/// and id of each entry, little-endian.
fn access_list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1_024];
    let length = getxattr(path, name, value.as_mut_slice()).ok()?;
    value.truncate(length);
    Some(value)
}

const NONE: u32 = u32::MAX;
/// Read and write for the owner, read for user 12345 and the mask, nothing for anyone else.
const LIST: [(u16, u16, u32); 5] =
    [(1, 6, NONE), (2, 4, 12_345), (4, 0, NONE), (0x10, 4, NONE), (0x20, 0, NONE)];

#[tokio::test]
async fn the_access_list_and_the_attributes_of_users_are_kept() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{}");
    let path = pair.path("webhooks.json");
    let list = access_list(&LIST);
    let wanted = [("user.owner", b"team a".to_vec()), ("system.posix_acl_access", list.clone())];
    let mut kept = Vec::new();
    for (name, value) in &wanted {
        match setxattr(&path, *name, value, XattrFlags::empty()) {
            Ok(()) => kept.push((*name, value)),
            Err(Errno::OPNOTSUPP) => eprintln!("{} knows no {name}: not tested", path.display()),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    pair.put(webhook("a"), "{}").await;
    for (name, value) in &kept {
        assert_eq!(attribute(&path, name).as_ref(), Some(*value), "{name}");
    }

    // A list that the folder has for new files is not given to one that had none.
    match setxattr(pair.folder.path(), "system.posix_acl_default", &list, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP) => return,
        set => set.unwrap(),
    }
    fs::remove_file(&path).unwrap();
    pair.write("plain", "{}");
    rustix::fs::removexattr(pair.path("plain"), "system.posix_acl_access").unwrap();
    fs::rename(pair.path("plain"), &path).unwrap();
    set_mode(&path, 0o640);
    pair.put(webhook("a"), "{}").await;
    assert_eq!(attribute(&path, "system.posix_acl_access"), None);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
}
