//! The user, host and process that audit records name.

use std::fs;
use std::time::SystemTime;

use super::record::{AuditAction, AuditOutcome, AuditRecord, bounded};

const USERS: &str = "/etc/passwd";

const HOST: &str = "/proc/sys/kernel/hostname";

/// A record of this user and process, with the operation left blank.
pub(super) fn blank_record(context: String, store: String) -> AuditRecord {
    let uid = rustix::process::getuid().as_raw();
    let users = fs::read_to_string(USERS).unwrap_or_default();
    let host = fs::read_to_string(HOST).ok().and_then(|name| non_empty(&name));
    AuditRecord {
        at: SystemTime::now(),
        user: user(uid, &users, variable),
        uid,
        sudo_user: variable("SUDO_USER"),
        host: host.or_else(|| variable("HOSTNAME")).unwrap_or_else(|| "unknown".into()),
        pid: std::process::id(),
        context,
        store,
        commit: String::new(),
        action: AuditAction::Write,
        key: String::new(),
        before: None,
        after: None,
        outcome: AuditOutcome::Unknown,
        count: None,
        fields: Vec::new(),
        reason: None,
    }
}

/// The name of a user: from `/etc/passwd`, else `LOGNAME` or `USER`, else the numeric id.
fn user(uid: u32, users: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let listed = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| non_empty(name)).flatten()
    });
    listed
        .or_else(|| variable("LOGNAME"))
        .or_else(|| variable("USER"))
        .unwrap_or_else(|| format!("uid {uid}"))
}

fn variable(name: &str) -> Option<String> {
    non_empty(&std::env::var(name).ok()?)
}

fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| bounded(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_the_system_and_only_then_by_variables() {
        let users = "root:x:0:0:root:/root:/bin/sh\n:broken\nanna:x:1000:1000::/home/anna:/bin/sh\n";
        let login = |name: &str| (name == "LOGNAME").then(|| "somebody".to_owned());
        assert_eq!(user(1000, users, login), "anna");
        assert_eq!(user(1001, users, login), "somebody", "a user of a directory service");
        assert_eq!(user(1001, users, |_| None), "uid 1001");
    }
}
