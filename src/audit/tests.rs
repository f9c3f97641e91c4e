//! Concurrent writers, rotation, lines that are no records.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use super::file::{AuditFile, FILE};
use super::*;
use crate::domain::{Address, Revision, Token};
use crate::provider::{Expect, Lease, Outcome};

fn key(address: &str) -> ResourceKey {
    address.parse::<Address>().unwrap().0
}

fn put(address: &str, expect: Expect) -> Op {
    Op::Put { key: key(address), document: "hunter2-plain".into(), expect, lease: Lease::Keep }
}

fn audit(folder: &Path) -> Arc<Audit> {
    Arc::new(Audit::new(Some(folder), "lab", "etcd 127.0.0.1:2379 /cwm/"))
}

fn records(folder: &Path) -> Vec<AuditRecord> {
    let line = |line: io::Result<AuditLine>| match line.unwrap() {
        AuditLine::Record(record) => *record,
        damaged => panic!("{damaged:?}"),
    };
    read(folder).unwrap().map(line).collect()
}

use std::io;

#[test]
fn the_operations_of_a_commit_belong_together_and_hold_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let audit = audit(folder.path());
    let five = Token::counter(5);
    let ops = [
        put("a/new", Expect::Absent),
        Op::Delete { key: key("a/old"), expect: Expect::Token(five) },
        put("connections/k", Expect::Anything),
    ];
    let mut pending = audit.begin(7, &ops);
    let after = |before, after| Outcome { before, after };
    let nine = Some(Token::counter(9));
    let outcomes = vec![after(None, nine), after(Some(five), None), after(Some(five), nine)];
    pending.answered(&Ok(Commit { at: Revision(9), outcomes }));
    pending.append().unwrap();

    let kept = records(folder.path());
    let words: Vec<_> = kept
        .iter()
        .map(|r| {
            (r.action.word(), r.key.as_str(), r.before.as_deref(), r.after.as_deref(), r.outcome.words())
        })
        .collect();
    assert_eq!(
        words,
        [
            ("create", "a/new", None, Some("9"), "done"),
            ("delete", "a/old", Some("5"), None, "done"),
            ("write", "connections/k", Some("5"), Some("9"), "done"),
        ]
    );
    assert!(kept.iter().all(|record| record.commit == kept[0].commit && record.commit.ends_with("-7")));
    assert!(kept.iter().all(|record| record.context == "lab" && record.pid == std::process::id()));
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(FILE), mode("audit.lock"), mode(".")), (0o600, 0o600, 0o700));
}

#[test]
fn a_commit_that_nobody_waits_for_any_more_is_kept_as_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let audit = audit(folder.path());
    drop(audit.begin(1, &[put("a/x", Expect::Absent)]));
    let mut told = audit.begin(2, &[put("a/x", Expect::Absent)]);
    told.found(&CommitStatus::NotWritten);
    drop(told);
    let outcomes: Vec<_> = records(folder.path()).iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [AuditOutcome::Unknown, AuditOutcome::FoundNotDone]);
}

#[test]
fn writers_at_once_tear_no_line_and_lose_none_when_files_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (writers, each) = (4, 100);
    thread::scope(|scope| {
        for writer in 0..writers {
            let folder = folder.path();
            scope.spawn(move || {
                // Five files of this size hold them all.
                let file = AuditFile { folder: folder.to_owned(), limit: 48 * 1024 };
                let mut record = audit(folder).blank();
                for number in 0..each {
                    record.key = format!("a/{writer}-{number}");
                    file.append(&[record.clone(), record.clone()]).unwrap();
                }
            });
        }
    });
    let kept = records(folder.path());
    assert_eq!(kept.len(), writers * each * 2);
    for writer in 0..writers {
        let mine: Vec<_> = kept.iter().filter(|r| r.key.starts_with(&format!("a/{writer}-"))).collect();
        let numbers: Vec<_> =
            mine.iter().map(|r| r.key.rsplit_once('-').unwrap().1.parse::<usize>()).collect();
        assert!(numbers.is_sorted_by_key(|number| number.clone().unwrap()), "in order over all files");
        assert_eq!(mine.len(), each * 2);
    }
    let aside = fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    let aside: Vec<_> = aside.filter(|entry| entry.file_name() != "audit.lock").collect();
    assert!(aside.len() > 1 && aside.len() <= 5, "{aside:?}");
    for entry in aside {
        let found = entry.metadata().unwrap();
        assert!(found.permissions().mode() & 0o777 == 0o600 && found.len() <= 48 * 1024, "{entry:?}");
    }
}

#[test]
fn the_oldest_file_goes_when_there_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let file = AuditFile { folder: folder.path().to_owned(), limit: 1 };
    let mut record = audit(folder.path()).blank();
    for number in 0..9 {
        record.key = number.to_string();
        file.append(&[record.clone()]).unwrap();
    }
    let keys: Vec<_> = records(folder.path()).into_iter().map(|record| record.key).collect();
    assert_eq!(keys, ["4", "5", "6", "7", "8"]);
}

#[test]
fn what_is_no_record_is_told_by_its_line_and_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let audit = audit(folder.path());
    audit.record_reveal(&key("a/x"), 3).unwrap();
    let path = folder.path().join(FILE);
    let whole = fs::read_to_string(&path).unwrap();
    // Cut off in the middle, of another kind, too long for a line, not even text.
    let long = "x".repeat(200_000);
    let damaged = format!("{whole}[]\n{long}\n");
    let mut bytes = damaged.into_bytes();
    bytes.extend_from_slice(b"\xff\xfe\n");
    bytes.extend_from_slice(&whole.as_bytes()[..40]);
    fs::write(&path, bytes).unwrap();
    audit.record_reveal(&key("a/x"), 4).unwrap();
    let lines: Vec<_> = read(folder.path())
        .unwrap()
        .map(|line| match line.unwrap() {
            AuditLine::Record(record) => record.count.unwrap().to_string(),
            AuditLine::Damaged { damaged } => damaged.replace(", line ", ":"),
        })
        .collect();
    assert_eq!(lines, ["3", "audit.jsonl:2", "audit.jsonl:3", "audit.jsonl:4", "audit.jsonl:5", "4"]);
}

#[test]
fn nothing_yet_is_no_lines_and_nowhere_is_said() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(&folder.path().join("missing")).unwrap().count(), 0);
    let nowhere = Audit::new(None, "lab", "files");
    let error = nowhere.record_reveal(&key("a/x"), 1).unwrap_err().to_string();
    assert!(error.contains("XDG_STATE_HOME"), "{error}");
    Audit::off().record_reveal(&key("a/x"), 1).unwrap();
    // A file where the folder should be.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error =
        Audit::new(Some(&file), "lab", "files").record_reveal(&key("a/x"), 1).unwrap_err().to_string();
    assert!(error.starts_with(&file.display().to_string()), "{error}");
}

#[test]
fn two_long_keys_are_recorded_as_two() {
    let name = |end: &str| recorded_name(&format!("default/{}{end}", "x".repeat(2_000)));
    assert_ne!(name("a"), name("b"));
    assert_eq!(name("a").chars().count(), 1_024 + 1 + 12);
    assert_eq!(recorded_name("default/orders"), "default/orders");
}
