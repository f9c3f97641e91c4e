//! Notes about the list as a whole: what of the store was not listed, and why.

use super::listing::{ListingEnd, MAX_FOLDERS, MAX_NAMES_LISTED};
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
    if walk.asked.is_some() {
        let mounts: Vec<String> = walk.mounts.iter().map(|mount| format!("{}/", mount.as_str())).collect();
        let (mounts, folders) = (mounts.join(" and "), words::plural(walk.folders, "folder"));
        add(StyleRole::Dim, format!("listing what is stored in {mounts} {} {folders} so far", glyph::DOT));
    }
    let end = match &walk.ended {
        Some(ListingEnd::TooManyNames) => {
            let most = words::grouped(MAX_NAMES_LISTED);
            Some(format!("more is stored than is listed: listing ends after {most} names"))
        }
        Some(ListingEnd::TooManyFolders(left)) => {
            let (most, left) = (words::grouped(MAX_FOLDERS), words::grouped(*left));
            Some(format!("more is stored than is listed: listing ends after {most} folders, {left} wait"))
        }
        Some(ListingEnd::Failed(reason)) => {
            Some(format!("what is stored was not listed to its end: {reason}"))
        }
        Some(ListingEnd::Complete) | None => None,
    };
    let refused = walk.refused.first().map(|(folder, why)| {
        let others = match walk.refusals - 1 {
            0 => String::new(),
            others => format!("; and {} more", words::plural(others, "folder")),
        };
        format!("not listed: {folder} ({why}){others}")
    });
    for words in end.into_iter().chain(refused) {
        add(StyleRole::Warning, format!("{} {words}", glyph::WARNING));
    }
    if walk.invalid_names > 0 {
        let odd = words::plural(walk.invalid_names, "stored name");
        add(StyleRole::Dim, format!("{odd} that no reference could hold"));
    }
    lines
}
