//! The line under the text: the problem at the cursor, or what is looked for.

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Phrase, width};
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::model::{Edit, Flaw, MOST_FLAWS};
use crate::console::theme::{Ink, glyph};
use crate::domain::json::Severity;
use crate::text::Safe;

/// Draws the problem that is nearest to the cursor, and which of how many it is.
pub(super) fn draw(canvas: &mut Canvas<'_>, edit: &Edit, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    if edit.preparing.is_some() {
        pen.put(Ink::Accent, format!("the review is being made {}", glyph::MORE));
        return;
    }
    let behind = if edit.flaws.is_behind(&edit.pad) { format!(" {}", glyph::MORE) } else { String::new() };
    let flaws = edit.flaws.list();
    let nearest = edit.flaws.nearest(edit.pad.cursor());
    let Some((at, flaw)) = nearest.and_then(|at| Some((at, flaws.get(at)?))) else {
        if behind.is_empty() {
            pen.put(Ink::Good, glyph::GOOD).put(Ink::Dim, " a JSON object");
        } else {
            pen.put(Ink::Dim, glyph::MORE);
        }
        return;
    };
    let more = if flaws.len() == MOST_FLAWS { "+" } else { "" };
    let mut right = Phrase::default();
    if let (Some(remedy), Some(key)) = (&flaw.remedy, key_for(Place::Editor, Action::Fix)) {
        right = Phrase::of(Ink::Key, key).and(Ink::Dim, format!(" {}", remedy.words()));
    }
    if flaws.len() > 1 {
        right.join(" · ", Phrase::of(Ink::Dim, format!("{} of {}{more}", at + 1, flaws.len())));
    }
    right.join("", Phrase::of(Ink::Dim, behind));
    let left = told(flaw);
    // The words come first; what mends it stands where there is room.
    if left.width() + right.width() + 2 <= pen.room() || pen.room() > 100 {
        pen.right(&right).margin(2);
    } else if flaws.len() > 1 {
        pen.right(&Phrase::of(Ink::Dim, format!("{} of {}{more}", at + 1, flaws.len()))).margin(2);
    }
    pen.phrase(&left);
}

fn told(flaw: &Flaw) -> Phrase {
    let (ink, mark) = match flaw.problem.severity {
        Severity::Error => (Ink::Bad, glyph::BAD),
        Severity::Warning => (Ink::Warning, glyph::WARNING),
    };
    let mut left = Phrase::of(ink, mark).and(ink, format!(" {flaw}"));
    if !flaw.path.is_empty() {
        left = left.and(Ink::Dim, format!(", in {}", flaw.path));
    }
    if !flaw.problem.expected.is_empty() {
        left = left.and(Ink::Dim, format!("; expected {}", flaw.problem.expected));
    }
    left
}

/// Draws the line in which it is typed what is looked for, and how many places there are.
pub(super) fn find_line(canvas: &mut Canvas<'_>, edit: &Edit, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    let tally = edit.find.tally();
    if !edit.find.input.text().is_empty() {
        let ink = if tally.total == 0 { Ink::Bad } else { Ink::Dim };
        let mark = if tally.total == 0 { format!("{} ", glyph::BAD) } else { String::new() };
        pen.right(&Phrase::of(ink, format!("{mark}{tally}"))).margin(2);
    }
    pen.put(Ink::Key, "find ");
    let before = width(&Safe::new(edit.find.input.before_cursor()));
    // A long text scrolls so that its cursor, and a blank for it, stay in sight.
    let left_out = (before + 2).saturating_sub(pen.room());
    let x = pen.x() + before.saturating_sub(left_out);
    pen.scroll(usize::from(left_out)).put(Ink::Text, edit.find.input.text());
    canvas.set_cursor(x, area.y);
}
