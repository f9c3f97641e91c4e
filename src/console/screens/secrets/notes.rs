//! Notes about the list as a whole: what of the store was not listed, and why.

use super::listing::{ListingEnd, ListingProgress, MAX_FOLDERS, MAX_NAMES_LISTED};
use crate::console::model::Model;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::TextRun;
use crate::console::words;

/// Lines of at most `room` columns; none while there is nothing to report.
pub(crate) fn lines(model: &Model, room: u16) -> Vec<TextRun> {
    let walk = &model.secrets_page.listing;
    let mut lines = Vec::new();
    let mut add = |ink: StyleRole, words: String| {
        lines.extend(TextRun::wrap(ink, &words, room.max(8)));
    };
    let warned = |words: String| format!("{} {words}", glyph::WARNING);
    if walk.asked.is_some() {
        add(StyleRole::Dim, listing_progress(walk));
    }
    match &walk.ended {
        Some(ListingEnd::TooManyNames) => {
            let most = words::grouped(MAX_NAMES_LISTED);
            add(
                StyleRole::Warning,
                warned(format!("more is stored than is listed: listing ends after {most} names")),
            );
        }
        Some(ListingEnd::TooManyFolders(left)) => {
            let (most, left) = (words::grouped(MAX_FOLDERS), words::grouped(*left));
            let words =
                format!("more is stored than is listed: listing ends after {most} folders, {left} wait");
            add(StyleRole::Warning, warned(words));
        }
        Some(ListingEnd::Failed(reason)) => {
            add(StyleRole::Warning, warned(format!("what is stored was not listed to its end: {reason}")));
        }
        Some(ListingEnd::Complete) | None => {}
    }
    if let Some((folder, why)) = walk.refused.first() {
        let others = match walk.refusals - 1 {
            0 => String::new(),
            others => format!("; and {} more", words::plural(others, "folder")),
        };
        add(StyleRole::Warning, warned(format!("not listed: {folder} ({why}){others}")));
    }
    if walk.invalid_names > 0 {
        let odd = words::plural(walk.invalid_names, "stored name");
        add(StyleRole::Dim, format!("{odd} that no reference could hold"));
    }
    lines
}

fn listing_progress(walk: &ListingProgress) -> String {
    let mounts: Vec<String> = walk.mounts.iter().map(|mount| format!("{}/", mount.as_str())).collect();
    let folders = words::plural(walk.folders, "folder");
    format!("listing what is stored in {} {} {folders} so far", mounts.join(" and "), glyph::DOT)
}
