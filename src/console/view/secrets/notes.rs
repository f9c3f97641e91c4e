//! What is to be said of the list as a whole: what of the store was not listed, and why.

use super::super::widgets::Phrase;
use super::super::words;
use crate::console::model::{Ended, MOST_FOLDERS, MOST_NAMES, Model, Walk};
use crate::console::theme::{Ink, glyph};

/// Lines of so many columns; none while there is nothing to be said.
pub(super) fn lines(model: &Model, room: u16) -> Vec<Phrase> {
    let walk = &model.secrets_page.walk;
    let mut lines = Vec::new();
    let mut add = |ink: Ink, words: String| {
        lines.extend(words::wrap(&words, room.max(8)).into_iter().map(|line| Phrase::of(ink, line)));
    };
    let warned = |words: String| format!("{} {words}", glyph::WARNING);
    if walk.asked.is_some() {
        add(Ink::Dim, underway(walk));
    }
    match &walk.ended {
        Some(Ended::Names) => {
            let most = words::grouped(MOST_NAMES);
            add(
                Ink::Warning,
                warned(format!("more is stored than is listed: listing ends after {most} names")),
            );
        }
        Some(Ended::Folders(left)) => {
            let (most, left) = (words::grouped(MOST_FOLDERS), words::grouped(*left));
            let words =
                format!("more is stored than is listed: listing ends after {most} folders, {left} wait");
            add(Ink::Warning, warned(words));
        }
        Some(Ended::Failed(reason)) => {
            add(Ink::Warning, warned(format!("what is stored was not listed to its end: {reason}")));
        }
        Some(Ended::Whole) | None => {}
    }
    if let Some((folder, why)) = walk.refused.first() {
        let others = match walk.refusals - 1 {
            0 => String::new(),
            others => format!("; and {} more", words::plural(others, "folder")),
        };
        add(Ink::Warning, warned(format!("not listed: {folder} ({why}){others}")));
    }
    if walk.odd > 0 {
        let odd = words::plural(walk.odd, "stored name");
        add(Ink::Dim, format!("{odd} that no reference could hold"));
    }
    lines
}

fn underway(walk: &Walk) -> String {
    let mounts: Vec<String> = walk.mounts.iter().map(|mount| format!("{}/", mount.as_str())).collect();
    let folders = words::plural(walk.folders, "folder");
    format!("listing what is stored in {} {} {folders} so far", mounts.join(" and "), glyph::DOT)
}
