//! The secret store: its state, and how many values were read.

use super::view::{HealthLine, labelled};
use crate::check::ReceiverEnv;
use crate::console::model::Model;
use crate::console::screens::health::backend;
use crate::console::theme::StyleRole;
use crate::console::widgets::TextRun;
use crate::console::words;
use crate::domain::SecretStoreStatus;

pub(super) fn lines(model: &Model, room: u16) -> Vec<HealthLine> {
    let Some(lookup) = &model.context.secrets else { return Vec::new() };
    let link = &model.secret_link;
    let (glyph, ink) = words::standing_badge(link);
    let mut head = TextRun::of(ink, format!("{glyph} {}", words::standing(link)));
    head.join("  ", TextRun::of(StyleRole::Strong, link.backend));
    if link.standing.is_some() {
        head.join(
            "  ",
            TextRun::of(StyleRole::Dim, format!("since {} ago", words::ago(model, link.since).text)),
        );
    }
    let mut lines = vec![HealthLine::blank(), HealthLine::heading(head)];
    let mut add = |label: &str, ink, words: &str| lines.extend(labelled(label, ink, words, room));
    if let Some(why) = &link.blocked_reason {
        add("why", StyleRole::Warning, why);
        add("again", StyleRole::Text, "tried again by itself; ctrl-r tries now");
    }
    if link.standing == Some(SecretStoreStatus::Variables) && lookup.env == ReceiverEnv::NotVisible {
        let words = "the receiver's own variables are not visible from here";
        add("note", StyleRole::Warning, words);
    }
    let reads = usize::try_from(model.secret_actions.reads).unwrap_or(usize::MAX);
    add("session", StyleRole::Text, &format!("{} read", words::plural(reads, "secret value")));
    if let Some(health) = &model.health.secrets {
        lines.extend(backend::lines(model, health, room));
    }
    lines
}
