//! The badge of the secret store, the Health page and the tab of secrets tell one value.

use std::time::Duration;

use super::{scene, shown};
use crate::console::model::SecretsSummary;
use crate::console::screens::Tab;
use crate::console::shell::sample::{NOW, size};

#[test]
fn header_health_and_tab_tell_the_same_of_the_secrets_that_were_seen() {
    for (forbidden, missing, badge) in [
        (1, 2, "▲ unsealed 1 forbidden, 2 missing of 12 seen"),
        (0, 2, "▲ unsealed 2 missing of 12 seen"),
        (1, 0, "▲ unsealed 1 forbidden of 12 seen"),
        (0, 0, "● unsealed"),
    ] {
        let mut model = scene("health_vault", size(160, 50));
        model.secret_link.summary = SecretsSummary { seen: 12, forbidden, missing, until: None };
        let frame = shown(&model);
        assert!(frame.lines().next().unwrap().contains(badge), "{frame}");
        let is_bad = forbidden + missing > 0;
        assert_eq!(frame.contains("● healthy  vault"), !is_bad, "{frame}");
        assert_eq!(frame.contains("Health ▲"), is_bad, "{frame}");
        assert_eq!(frame.contains("needed and not there: 2 secrets of 12 seen"), missing > 0, "{frame}");
        assert_eq!(frame.contains("may not be read: 1 secret of 12 seen"), forbidden > 0, "{frame}");
        assert_eq!(frame.contains("Secrets 2✗"), missing > 0, "{frame}");
        assert_eq!(frame.contains("1⊘"), forbidden > 0, "{frame}");
    }
}

#[test]
fn what_was_seen_long_ago_says_when() {
    let mut model = scene("health_vault", size(160, 50));
    let until = Some(NOW - Duration::from_secs(250));
    model.secret_link.summary = SecretsSummary { seen: 12, forbidden: 1, missing: 0, until };
    for tab in [Tab::Health, Tab::Webhooks, Tab::Log] {
        model.tab = tab;
        let frame = shown(&model);
        let header = frame.lines().next().unwrap();
        assert!(header.contains("1 forbidden of 12 seen 4m ago"), "{header}");
        assert_eq!(frame.contains("1 secret of 12 seen (4m ago)"), tab == Tab::Health, "{frame}");
    }
}

#[test]
fn counts_of_secrets_stay_where_there_is_little_room() {
    for cols in [60, 80, 100] {
        let mut model = scene("vault", size(cols, 24));
        model.secret_link.summary = SecretsSummary { seen: 12, forbidden: 1, missing: 2, until: None };
        let frame = shown(&model);
        let header = frame.lines().next().unwrap();
        let told = header.contains("1⊘ 2✗ of 12") || header.contains("1 forbidden, 2 missing of 12 seen");
        assert!(told, "{cols}: {header}");
    }
}
