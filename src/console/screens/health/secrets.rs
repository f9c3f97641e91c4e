//! The secret store: its state, and how many values were read.

use super::view::heading;
use crate::check::ReceiverEnv;
use crate::console::model::Model;
use crate::console::screens::health::backend;
use crate::console::theme::StyleRole;
use crate::console::widgets::{ReviewPage, TextRun};
use crate::console::words;
use crate::domain::SecretStoreStatus;

pub(super) fn add(page: &mut ReviewPage<'_>, model: &Model) {
    let Some(lookup) = &model.context.secrets else { return };
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
    page.blank();
    heading(page, head);
    if let Some(why) = &link.blocked_reason {
        page.fact("why", StyleRole::Warning, why);
        page.fact("again", StyleRole::Text, "tried again by itself; ctrl-r tries now");
    }
    if link.standing == Some(SecretStoreStatus::Variables) && lookup.env == ReceiverEnv::NotVisible {
        let words = "the receiver's own variables are not visible from here";
        page.fact("note", StyleRole::Warning, words);
    }
    let reads = usize::try_from(model.secret_actions.reads).unwrap_or(usize::MAX);
    page.fact("session", StyleRole::Text, &format!("{} read", words::plural(reads, "secret value")));
    if let Some(health) = &model.health.secrets {
        backend::add(page, model, health);
    }
}
