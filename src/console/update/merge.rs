//! A draft and what was stored meanwhile: merged by path, what clashes decided key by key.

use crate::compare::merge::{Choice, Place as Spot, merge};
use crate::compare::{self, Raw};
use crate::domain::json::{Lexer, Shape, walk};
use crate::domain::{DocumentKind, Entry, MAX_EDITABLE};
use crate::inventory::Inventory;
use crate::text::placeholders::{conceal_within, fill};

use super::super::layout::edit_frame;
use super::super::model::{
    Base, Edit, Input, Merging, Model, NotReady, Overlay, Prompt, Purpose, Stage, Tone, Upstream, WIDE_MERGE,
};
use super::browse::Step;
use super::{absence, edit};

/// The longest value that is typed on a line, in bytes.
const MAX_VALUE: usize = 400;

/// Merges the open draft with what is stored now, where that is something else than its base.
pub(super) fn open(model: &mut Model) {
    let Some(edit) = &model.edit else { return };
    if edit.upstream == Upstream::Unchanged && edit.store.as_ref() == model.inventory.store() {
        let words = "nothing to merge: what is stored is what your draft is based on";
        return model.say(Tone::Plain, words);
    }
    if let Err(words) = begin(model, None) {
        model.say(Tone::Bad, words);
    }
}

/// A write was refused because somebody was first: `told` is what the store says is there.
pub(super) fn conflict(model: &mut Model, told: Option<Entry>) {
    if let Err(words) = begin(model, told) {
        model.say(Tone::Bad, format!("nothing was written, your draft is kept: {words}"));
    }
}

fn begin(model: &mut Model, told: Option<Entry>) -> Result<(), String> {
    let Model { edit, inventory, .. } = model;
    let Some(edit) = edit else { return Ok(()) };
    let now = stored_now(inventory, edit, told);
    if let (None, Some(refusal)) = (&now, absence::refusal(inventory, &edit.key)) {
        return Err(refusal.to_string());
    }
    let mine = edit.mine().map_err(|reason| unready(&reason))?;
    let mine = mine.text().unwrap_or_default();
    let store = inventory.store().cloned();
    if let (None, Base::Absent { .. }) = (&now, &edit.base) {
        // Another store that does not have it either: there is nothing to merge with.
        edit.go_on(mine, None, store);
        edit::review(model);
        return Ok(());
    }
    let merging = merging(edit, mine, now, store)?;
    edit.stage = Stage::Merge(Box::new(merging));
    Ok(())
}

/// What the picture shows, or what the store told with a refusal: the later one counts.
fn stored_now(inventory: &Inventory, edit: &Edit, told: Option<Entry>) -> Option<Entry> {
    let seen = inventory.get(&edit.key).map(|row| row.entry());
    match (seen, told) {
        (Some(seen), Some(told)) if told.revision > seen.revision => Some(told),
        (None, told) => told.filter(|_| edit.upstream != Upstream::Deleted),
        (seen, _) => seen,
    }
}

/// Why a draft cannot be merged yet.
fn unready(reason: &NotReady) -> String {
    match reason {
        NotReady::Syntax(error) => {
            format!("what is no JSON cannot be merged by path: mend it first, {error}")
        }
        NotReady::Placeholder(unfilled) => format!("it cannot be merged yet: {unfilled}"),
        NotReady::Unchanged => "the draft is what it is based on".into(),
    }
}

fn merging(
    edit: &Edit,
    mine: &str,
    now: Option<Entry>,
    store: Option<crate::domain::StoreId>,
) -> Result<Merging, &'static str> {
    let theirs = now.as_ref().map(|now| now.document.text()).transpose();
    let theirs = theirs.map_err(|_| "what is stored now is not UTF-8 text: put or delete replaces it")?;
    if theirs.is_some_and(|theirs| theirs.len() > MAX_EDITABLE) {
        return Err("what is stored now is larger than 1 MiB: put or delete replaces it");
    }
    let base = match &edit.base {
        Base::Stored(entry) => entry.document.text().ok(),
        Base::Absent { .. } => None,
    };
    let merge = merge(base, mine, theirs);
    let clashes = merge.clashes().count();
    Ok(Merging {
        shown: merge.shown(DocumentKind::of(&edit.key)),
        merge,
        choices: vec![None; clashes],
        values: vec![None; clashes],
        selected: 0,
        scroll: None,
        full: None,
        theirs: now,
        replaced: edit.store != store,
        store,
        typing: None,
    })
}

/// Does the merge anew where somebody wrote again, keeping the choices that still fit.
pub(super) fn follow(model: &mut Model) {
    let Model { edit, inventory, overlay, .. } = model;
    let Some(edit) = edit else { return };
    let Stage::Merge(before) = &edit.stage else { return };
    let same_store = before.store.as_ref() == inventory.store();
    let told = before.theirs.clone().filter(|_| same_store);
    let now = stored_now(inventory, edit, told);
    let is = |entry: &Option<Entry>| entry.as_ref().map(|entry| (entry.token, entry.document.clone()));
    if same_store && is(&now) == is(&before.theirs) {
        return;
    }
    let (hidden, mine) = (edit.upstream == Upstream::Hidden, edit.mine());
    let anew = mine
        .map_err(|_| "")
        .and_then(|mine| merging(edit, mine.text().unwrap_or_default(), now, inventory.store().cloned()));
    let Some(mut anew) = anew.ok().filter(|_| !hidden) else {
        edit.stage = Stage::Editing;
        overlay.take_if(is_value);
        return model.say(Tone::Bad, "what is stored now cannot be merged any more: your draft is kept");
    };
    let Stage::Merge(before) = std::mem::replace(&mut edit.stage, Stage::Editing) else { return };
    anew.choices = anew.merge.keep(&before.merge, &before.choices);
    let kept = anew.choices.iter().flatten().count();
    anew.selected = anew.first_left().unwrap_or(0);
    if let Some((clash, secrets)) = before.typing {
        let row = before.merge.clashes().nth(clash);
        let clash = anew.merge.clashes().position(|other| Some(other) == row);
        anew.typing = clash.map(|clash| (clash, secrets));
        if anew.typing.is_none() {
            overlay.take_if(is_value);
        }
    }
    edit.stage = Stage::Merge(Box::new(anew));
    refresh(model);
    let kept = if kept == 1 { "1 choice".into() } else { format!("{kept} choices") };
    model.say(Tone::Bad, format!("it changed again meanwhile: merged anew, {kept} kept"));
}

fn is_value(overlay: &mut Overlay) -> bool {
    matches!(overlay, Overlay::Prompt(prompt) if prompt.purpose == Purpose::Value)
}

fn current(model: &mut Model) -> Option<&mut Merging> {
    match &mut model.edit.as_mut()?.stage {
        Stage::Merge(merging) => Some(merging),
        _ => None,
    }
}

/// Lets what is shown follow the choices.
fn refresh(model: &mut Model) {
    let Some(kind) = model.edit.as_ref().map(|edit| DocumentKind::of(&edit.key)) else { return };
    let Some(merging) = current(model) else { return };
    let shown = |(clash, choice): (usize, &Option<Choice>)| {
        choice.as_ref().and_then(|choice| merging.merge.shown_choice(kind, clash, choice))
    };
    merging.values = merging.choices.iter().enumerate().map(shown).collect();
    if merging.full.is_some() {
        merging.full = Some(full(merging, kind));
    }
}

fn full(merging: &Merging, kind: DocumentKind) -> Vec<compare::DiffLine> {
    let text = merging.merge.text(&merging.decided()).ok().flatten().unwrap_or_default();
    compare::lines(kind, merging.merge.theirs().unwrap_or_default(), &text)
}

/// Between the places of the merge and its whole text.
pub(super) fn toggle_full(model: &mut Model) {
    let Some(kind) = model.edit.as_ref().map(|edit| DocumentKind::of(&edit.key)) else { return };
    let Some(merging) = current(model) else { return };
    merging.full = if merging.full.is_some() { None } else { Some(full(merging, kind)) };
    merging.scroll = None;
}

/// To another clash, or some lines on.
pub(super) fn step(model: &mut Model, step: Step) {
    let body = edit_frame(&model.frame(), true).text;
    let Some(merging) = current(model) else { return };
    let wide = body.width >= WIDE_MERGE;
    let height = usize::from(merging.list(body).height);
    let clashes = merging.choices.len();
    if matches!(step, Step::Page(_)) || merging.full.is_some() || clashes == 0 {
        let most = merging.lines(wide).saturating_sub(height);
        merging.scroll = Some(step.from(merging.first(wide, height), most + 1, height));
    } else {
        merging.selected = step.from(merging.selected, clashes, height);
        merging.scroll = None;
    }
}

/// Decides the selected clash.
pub(super) fn choose(model: &mut Model, choice: &Choice) {
    let Some(merging) = current(model) else { return };
    match merging.choices.get_mut(merging.selected) {
        Some(slot) => *slot = Some(choice.clone()),
        None => return model.say(Tone::Plain, "nothing clashes: there is nothing to choose"),
    }
    merging.scroll = None;
    refresh(model);
}

/// Decides every clash that has no choice yet.
pub(super) fn choose_all(model: &mut Model, choice: &Choice) {
    let Some(merging) = current(model) else { return };
    for slot in merging.choices.iter_mut().filter(|slot| slot.is_none()) {
        *slot = Some(choice.clone());
    }
    refresh(model);
}

/// Asks for another value than mine or theirs; it begins with what is chosen, or with mine.
pub(super) fn ask_value(model: &mut Model) {
    let Some(kind) = model.edit.as_ref().map(|edit| DocumentKind::of(&edit.key)) else { return };
    let Some(merging) = current(model) else { return };
    let clash = merging.selected;
    let Some(row) = merging.merge.clashes().nth(clash).filter(|_| merging.merge.takes_value(clash)) else {
        let words = "here it is mine or theirs: choose, and change the merged draft afterwards";
        return model.say(Tone::Bad, words);
    };
    let Spot::Path(path) = &row.place else { return };
    let value = match merging.choices.get(clash) {
        Some(Some(Choice::Edited(value))) => Some(value),
        Some(Some(Choice::Theirs)) => row.theirs.as_ref().or(row.mine.as_ref()),
        _ => row.mine.as_ref().or(row.theirs.as_ref()),
    };
    let (text, kept) = conceal_within(kind, &path.names(), &on_one_line(value.map_or("", Raw::text)));
    if text.len() > MAX_VALUE {
        let words = "too long for one line: choose mine or theirs, and change the merged draft afterwards";
        return model.say(Tone::Bad, words);
    }
    merging.typing = Some((clash, kept));
    let prompt =
        Prompt { purpose: Purpose::Value, input: Input::of(text), error: None, candidates: Vec::new() };
    model.overlay = Some(Overlay::Prompt(prompt));
}

fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for lexeme in Lexer::new(text).filter(|lexeme| lexeme.shape != Shape::Space) {
        out.push_str(lexeme.span.of(text));
        out.push_str(if matches!(lexeme.shape, Shape::Colon | Shape::Comma) { " " } else { "" });
    }
    out
}

/// Takes the value that was typed.
///
/// # Errors
/// Why it is not taken, in words.
pub(super) fn take_value(model: &mut Model, text: &str) -> Result<(), String> {
    let words = |column: usize, reason: &str| format!("column {column}: {reason}");
    walk(text, |_| ()).map_err(|error| words(error.column, error.reason))?;
    let Some(merging) = current(model) else { return Ok(()) };
    let Some((clash, kept)) = &merging.typing else { return Ok(()) };
    let filled = fill(text, kept).map_err(|error| words(error.column, error.reason))?;
    if let Some(slot) = merging.choices.get_mut(*clash) {
        *slot = Some(Choice::Edited(Raw::new(&filled)));
    }
    merging.typing = None;
    model.overlay = None;
    refresh(model);
    Ok(())
}

/// Once every clash is decided, the draft becomes the merged text, and is reviewed.
pub(super) fn finish(model: &mut Model) {
    let Some(edit) = &mut model.edit else { return };
    let Stage::Merge(merging) = &mut edit.stage else { return };
    if let Some(first) = merging.first_left() {
        let left = merging.left();
        (merging.selected, merging.scroll, merging.full) = (first, None, None);
        let words = if left == 1 { "1 clash has".into() } else { format!("{left} clashes have") };
        return model.say(Tone::Bad, format!("{words} no choice yet: m takes yours, t theirs"));
    }
    let (now, store) = (merging.theirs.clone(), merging.store.clone());
    match merging.merge.text(&merging.decided()) {
        Ok(Some(text)) => {
            edit.go_on(&text, now, store);
            edit::review(model);
        }
        Ok(None) => {
            let words = format!("{} stays deleted, and the draft of it is let go", edit.key);
            model.edit = None;
            model.say(Tone::Plain, words);
        }
        Err(undecided) => model.say(Tone::Bad, undecided.to_string()),
    }
}
