//! The rule about the store that documents are in.

use crate::check::{Diagnostic, OwnSecrets, Reach, Rule, RuleCheck, StoreInput};
use crate::domain::json::Severity;

/// The receiver cannot read the store that the documents are in.
pub const UNREADABLE_STORE: Rule = Rule {
    id: "L32",
    name: "unreadable-store",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "an etcd with TLS or a login, which the receiver cannot read",
    check: RuleCheck::Store(unreadable_store),
};

fn unreadable_store(rule: &Rule, store: &StoreInput<'_>, found: &mut Vec<Diagnostic>) {
    // A program on this library merges own secrets, and reads what confdeck reads.
    if store.receiver.lookup.own != OwnSecrets::NotMerged {
        return;
    }
    let what = match (store.tls, store.login) {
        (true, true) => "TLS and a login",
        (true, false) => "TLS",
        (false, true) => "a login",
        (false, false) => return,
    };
    let message = format!(
        "this etcd is used with {what}: Core Webhook Module reads etcd in plaintext and without a user \
         only, and serves no webhook otherwise"
    );
    let remedy = "let the receiver read another way, for example through a local proxy";
    found.push(Diagnostic { remedy, ..rule.diagnostic(message) });
}
