//! Writes: conditions, conflicts, single fields, versions.

use confdeck::domain::{Presence, SecretVersion, VersionState};
use confdeck::provider::{Error, SecretExpect};

use super::{Secrets, json_of, text_in, texts_of};

pub(crate) async fn create_only_creates(secrets: &Secrets) {
    if !secrets.can().versions {
        return;
    }
    let (path, one) = (secrets.path("a"), Some(SecretVersion(1)));
    let create =
        async |text| secrets.writer().put(&path, &texts_of(&[("f", text)]), SecretExpect::Absent).await;
    assert_eq!(create("mine").await, Ok(one));
    assert_eq!(create("again").await, Err(Error::SecretConflict { path: path.clone(), now: one }));
    // One that is deleted was there, and its versions still are.
    secrets.writer().delete(&path, &[SecretVersion(1)]).await.unwrap();
    assert_eq!(create("again").await, Err(Error::SecretConflict { path: path.clone(), now: one }));
    let expect = SecretExpect::Version(SecretVersion(1));
    let next = secrets.writer().put(&path, &texts_of(&[("f", "next")]), expect).await;
    assert_eq!(next, Ok(Some(SecretVersion(2))));
    assert_eq!(secrets.text("a", "f").await, "next");
}

/// Line 4 of the issue.
pub(crate) async fn of_two_writers_the_loser_sees_a_conflict(secrets: &Secrets) {
    if !secrets.can().versions {
        return;
    }
    let path = secrets.path("rotated");
    secrets.put("rotated", &[("f", "0")]).await;
    let (left, right) = (secrets.mine.writer.clone().unwrap(), secrets.theirs.writer.clone().unwrap());
    for round in 1..=9 {
        let seen = SecretExpect::Version(SecretVersion(round));
        let text = |who: &str| texts_of(&[("f", &format!("{who} {round}"))]);
        let (mine, theirs) = (text("left"), text("right"));
        let results = if round % 2 == 0 {
            tokio::join!(left.put(&path, &mine, seen), right.patch(&path, &theirs, seen))
        } else {
            tokio::join!(left.patch(&path, &mine, seen), right.put(&path, &theirs, seen))
        };
        let next = Some(SecretVersion(round + 1));
        let (winner, lost) = match results {
            (Ok(won), Err(lost)) if won == next => ("left", lost),
            (Err(lost), Ok(won)) if won == next => ("right", lost),
            other => panic!("exactly one wins: {other:?}"),
        };
        assert_eq!(lost, Error::SecretConflict { path: path.clone(), now: next });
        assert_eq!(secrets.text("rotated", "f").await, format!("{winner} {round}"));
    }
    let versions = secrets.reader().versions(&path).await.unwrap().unwrap();
    let kept = versions.list.iter().filter(|info| info.state == VersionState::Available).count();
    assert_eq!((versions.list.len(), kept), (10, 10), "no version is lost");
    let revealer = secrets.theirs.revealer();
    for info in &versions.list {
        let revealed = revealer.reveal(&path, Some(info.version)).await.unwrap().unwrap();
        let text = text_in(&revealed, "f");
        let round = (info.version.0 - 1).to_string();
        assert!(text.ends_with(&round), "{} holds {text:?}", info.version);
    }
}

pub(crate) async fn a_patch_leaves_the_other_fields(secrets: &Secrets) {
    if !secrets.can().patch {
        return;
    }
    let path = secrets.path("a");
    let others =
        [("n", "-12.25"), ("o", r#"{"b":{"c":[1,null]}}"#), ("t", r#""line\nend\u0001""#), ("z", "null")];
    let mut first = json_of(&others);
    first.set(confdeck::domain::FieldName::new("f"), texts_of(&[("f", "old")]).remove("f").unwrap());
    secrets.writer().put(&path, &first, secrets.create()).await.unwrap();
    let mut before = Vec::new();
    for (name, _) in others {
        before.push(secrets.json("a", name).await);
    }
    let change = texts_of(&[("f", "new"), ("g", "")]);
    let patched = secrets.writer().patch(&path, &change, SecretExpect::Version(SecretVersion(1))).await;
    assert_eq!(patched, Ok(Some(SecretVersion(2))));
    for ((name, _), before) in others.iter().zip(before) {
        assert_eq!(secrets.json("a", name).await, before, "{name}");
    }
    assert_eq!((secrets.text("a", "f").await.as_str(), secrets.text("a", "g").await.as_str()), ("new", ""));
    let stale = secrets.writer().patch(&path, &change, SecretExpect::Version(SecretVersion(1))).await;
    assert_eq!(stale, Err(Error::SecretConflict { path, now: Some(SecretVersion(2)) }));
}

pub(crate) async fn a_patch_of_nothing_is_refused(secrets: &Secrets) {
    if !secrets.can().patch {
        return;
    }
    let path = secrets.path("a");
    let patch =
        async |expect| secrets.writer().patch(&path, &texts_of(&[("f", "v")]), expect).await.unwrap_err();
    let invalid = patch(SecretExpect::Anything).await;
    assert!(matches!(invalid, Error::Invalid { .. }), "{invalid}");
    let gone = patch(SecretExpect::Version(SecretVersion(3))).await;
    assert_eq!(gone, Error::SecretConflict { path: path.clone(), now: None });
    assert_eq!(secrets.presence("a").await, Presence::Missing);
    secrets.put("a", &[("f", "v")]).await;
    secrets.writer().delete(&path, &[SecretVersion(1)]).await.unwrap();
    let deleted = patch(SecretExpect::Version(SecretVersion(1))).await;
    assert!(matches!(deleted, Error::Invalid { .. }), "{deleted}");
}

pub(crate) async fn a_patch_never_removes(secrets: &Secrets) {
    if !secrets.can().patch {
        return;
    }
    secrets.put("a", &[("f", "v"), ("g", "w")]).await;
    for json in ["null", "{\"x\":null}", "[null]"] {
        let change = json_of(&[("f", json)]);
        let refused =
            secrets.writer().patch(&secrets.path("a"), &change, SecretExpect::Anything).await.unwrap_err();
        assert!(matches!(refused, Error::Unsupported { .. }), "{json}: {refused}");
    }
    assert_eq!(secrets.text("a", "f").await, "v");
}

pub(crate) async fn delete_undelete_destroy(secrets: &Secrets) {
    let (path, one, two) = (secrets.path("a"), SecretVersion(1), SecretVersion(2));
    secrets.put("a", &[("f", "1")]).await;
    if !secrets.can().versions {
        for refused in [
            secrets.writer().delete(&path, &[one]).await,
            secrets.writer().undelete(&path, &[one]).await,
            secrets.writer().destroy(&path, &[one]).await,
        ] {
            assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
        }
        assert_eq!(secrets.text("a", "f").await, "1");
        return;
    }
    secrets.put("a", &[("f", "2")]).await;
    let state = async |version: SecretVersion| {
        let versions = secrets.reader().versions(&path).await.unwrap().unwrap();
        versions.list.into_iter().find(|info| info.version == version).unwrap().state
    };
    secrets.writer().delete(&path, &[two]).await.unwrap();
    assert!(matches!(state(two).await, VersionState::Deleted(Some(_))));
    assert_eq!(state(one).await, VersionState::Available);
    secrets.writer().undelete(&path, &[two]).await.unwrap();
    assert_eq!((state(two).await, secrets.text("a", "f").await.as_str()), (VersionState::Available, "2"));
    secrets.writer().destroy(&path, &[one]).await.unwrap();
    secrets.writer().undelete(&path, &[one]).await.unwrap();
    assert_eq!(state(one).await, VersionState::Destroyed, "for ever");
    assert_eq!(secrets.text("a", "f").await, "2");
    let none = secrets.writer().delete(&path, &[]).await.unwrap_err();
    assert!(matches!(none, Error::Invalid { .. }), "{none}");
    // Nothing happens to what is not there.
    secrets.writer().delete(&secrets.path("nothing"), &[one]).await.unwrap();
    assert_eq!(secrets.presence("nothing").await, Presence::Missing);
}

pub(crate) async fn destroy_all_leaves_nothing(secrets: &Secrets) {
    secrets.put("a", &[("f", "1")]).await;
    secrets.put("a", &[("f", "2")]).await;
    secrets.writer().destroy_all(&secrets.path("a")).await.unwrap();
    assert_eq!(secrets.presence("a").await, Presence::Missing);
    assert_eq!(secrets.reader().list(&secrets.folder("")).await, Ok(vec![]));
    secrets.writer().destroy_all(&secrets.path("a")).await.unwrap();
}

pub(crate) async fn what_it_cannot_do_is_refused(secrets: &Secrets) {
    let (can, path) = (secrets.can(), secrets.path("a"));
    if !can.versions {
        for expect in [SecretExpect::Absent, SecretExpect::Version(SecretVersion(1))] {
            let refused = secrets.writer().put(&path, &texts_of(&[("f", "v")]), expect).await.unwrap_err();
            assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
        }
        let refused = secrets.reader().versions(&path).await.unwrap_err();
        assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
    }
    if !can.patch {
        let refused = secrets.writer().patch(&path, &texts_of(&[("f", "v")]), SecretExpect::Anything).await;
        assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
    }
    let elsewhere =
        confdeck::domain::SecretPath::Variables(confdeck::domain::WebhookId::new("orders").unwrap());
    let refused = secrets.reader().presence(&elsewhere).await.unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
    assert_eq!(secrets.presence("a").await, Presence::Missing, "nothing was written");
}
