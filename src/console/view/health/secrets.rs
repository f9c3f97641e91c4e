//! The store of secrets: how it stands, and how many values were read.

use super::super::widgets::Phrase;
use super::super::words;
use super::{Line, backend, labelled};
use crate::check::ReceiverEnv;
use crate::console::model::Model;
use crate::console::theme::Ink;
use crate::domain::SecretStanding;

pub(super) fn lines(model: &Model, room: u16) -> Vec<Line> {
    let Some(eyes) = &model.context.secrets else { return Vec::new() };
    let link = &model.secret_link;
    let (glyph, ink) = words::standing_look(link);
    let mut head = Phrase::of(ink, format!("{glyph} {}", words::standing(link)));
    head.join("  ", Phrase::of(Ink::Strong, link.backend));
    if link.standing.is_some() {
        head.join("  ", Phrase::of(Ink::Dim, format!("since {} ago", words::ago(model, link.since).text)));
    }
    let mut lines = vec![Line::blank(), Line::heading(head)];
    let mut add = |label: &str, ink, words: &str| lines.extend(labelled(label, ink, words, room));
    if let Some(why) = &link.why {
        add("why", Ink::Warning, why);
        add("again", Ink::Text, "tried again by itself; ctrl-r tries now");
    }
    if link.standing == Some(SecretStanding::Variables) && eyes.env == ReceiverEnv::NotVisible {
        let words = "the receiver's own variables are not visible from here";
        add("note", Ink::Warning, words);
    }
    let reads = usize::try_from(model.hands.reads).unwrap_or(usize::MAX);
    add("session", Ink::Text, &format!("{} read", words::plural(reads, "secret value")));
    if let Some(health) = &model.health.secrets {
        lines.extend(backend::lines(model, health, room));
    }
    lines
}
