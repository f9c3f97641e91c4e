//! A draft and what was stored meanwhile: merged by path, what clashes decided key by key.

use crate::compare::Raw;
use crate::compare::merge::{Choice, Place as Spot};
use crate::domain::json::{Lexer, Shape, walk};
use crate::domain::{Document, Entry};
use crate::inventory::Inventory;
use crate::text::placeholders::{conceal_within, fill_hidden};

use super::super::effect::{Effect, Request};
use super::super::layout::edit_frame;
use super::super::model::{
    Ask, Base, Edit, Input, Merging, Model, Overlay, Prompt, Purpose, Stage, Tone, Upstream, WIDE_MERGE,
};
use super::browse::Step;
use super::{absence, prepare};

/// The longest value that is typed on a line, in bytes.
const MAX_VALUE: usize = 400;

/// Placeholders are numbered anew by a merge: those in another program would stand for other secrets.
const AWAY: &str = "it is open in another program: end that first, there or with esc, then ctrl-g merges";

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
    if model.away.is_some() {
        return Err(AWAY.into());
    }
    let Model { edit, inventory, .. } = model;
    let Some(edit) = edit else { return Ok(()) };
    let now = stored_now(inventory, edit, told);
    if let (None, Some(refusal)) = (&now, absence::refusal(inventory, &edit.key)) {
        return Err(refusal.to_string());
    }
    let ask = ask(edit, now, inventory);
    if let (None, Base::Absent { .. }) = (&ask.now, &edit.base) {
        // Another store that does not have it either: there is nothing to merge with.
        let mine = ask.finish.mine();
        if let Ok(Ok(mine)) = mine.as_ref().map(Document::text) {
            edit.go_on(mine, None, ask.store);
            model.settle_editor();
        }
        return Err("it is not stored here either: review it again".into());
    }
    if ask.is_large() {
        edit.asking = Some(Box::new(ask));
        return Ok(());
    }
    edit.stage = Stage::Merge(Box::new(ask.merging()?));
    Ok(())
}

fn ask(edit: &Edit, now: Option<Entry>, inventory: &Inventory) -> Ask {
    let base = match &edit.base {
        Base::Stored(entry) => Some(entry.document.clone()),
        Base::Absent { .. } => None,
    };
    let store = inventory.store().cloned();
    Ask { finish: edit.to_finish(), base, now, replaced: edit.store != store, store }
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

/// Asks for a large merge to be made outside of the loop, and does a merge anew where somebody wrote
/// again.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    let Model { edit, inventory, .. } = &mut *model;
    let edit = edit.as_mut()?;
    if let Stage::Merge(before) = &edit.stage
        && edit.asking.is_none()
        && edit.merging.is_none()
    {
        let same_store = before.store.as_ref() == inventory.store();
        let told = before.theirs.clone().filter(|_| same_store);
        let now = stored_now(inventory, edit, told);
        let is = |entry: &Option<Entry>| entry.as_ref().map(|entry| (entry.token, entry.document.clone()));
        if !same_store || is(&now) != is(&before.theirs) {
            let hidden = edit.upstream == Upstream::Hidden;
            let ask = ask(edit, now, inventory);
            match (hidden, ask.is_large()) {
                (true, _) => made(model, Err("it may not be read any more".into())),
                (_, true) => edit.asking = Some(Box::new(ask)),
                (_, false) => made(model, ask.merging()),
            }
        }
    }
    let ask = model.edit.as_mut()?.asking.take()?;
    let request = model.next_request();
    let edit = model.edit.as_mut()?;
    edit.merging = Some((request, edit.pad.revision()));
    Some(Effect::PrepareMerge(request, ask))
}

/// Takes a merge in that was made outside of the loop, if it is still waited for and of the text that
/// is there.
pub(super) fn merged(model: &mut Model, request: Request, result: Result<Merging, String>) {
    let Some(edit) = &mut model.edit else { return };
    let Some((_, revision)) = edit.merging.take_if(|(asked, _)| *asked == request) else { return };
    if revision == edit.pad.revision() {
        made(model, result);
    }
}

/// Shows a merge; one that takes the place of another keeps the choices that still fit.
fn made(model: &mut Model, result: Result<Merging, String>) {
    let Some(edit) = &mut model.edit else { return };
    let before = std::mem::replace(&mut edit.stage, Stage::Editing);
    let again = matches!(before, Stage::Merge(_));
    let kept = match (result, before) {
        (Ok(mut merging), Stage::Merge(before)) => {
            let kept = merging.resume(*before);
            let still_typing = merging.typing.is_some();
            edit.stage = Stage::Merge(Box::new(merging));
            if !still_typing {
                model.overlay.take_if(is_value);
            }
            kept
        }
        (Ok(merging), _) => {
            edit.stage = Stage::Merge(Box::new(merging));
            return;
        }
        (Err(words), _) => {
            model.overlay.take_if(is_value);
            return model.say(Tone::Bad, format!("your draft is kept: {words}"));
        }
    };
    if again {
        let kept = if kept == 1 { "1 choice".into() } else { format!("{kept} choices") };
        model.say(Tone::Bad, format!("it changed again meanwhile: merged anew, {kept} kept"));
    }
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

/// Between the places of the merge and its whole text.
pub(super) fn toggle_full(model: &mut Model) {
    let Some(merging) = current(model) else { return };
    merging.full = if merging.full.is_some() { None } else { Some(merging.whole_text()) };
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
    merging.refresh();
}

/// Decides every clash that has no choice yet.
pub(super) fn choose_all(model: &mut Model, choice: &Choice) {
    let Some(merging) = current(model) else { return };
    for slot in merging.choices.iter_mut().filter(|slot| slot.is_none()) {
        *slot = Some(choice.clone());
    }
    merging.refresh();
}

/// Asks for another value than mine or theirs; it begins with what is chosen, or with mine.
pub(super) fn ask_value(model: &mut Model) {
    let Some(merging) = current(model) else { return };
    let (kind, clash) = (merging.kind, merging.selected);
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
    let names = merging.merge.clashes().nth(*clash).and_then(|row| match &row.place {
        Spot::Path(path) => Some(path.names()),
        _ => None,
    });
    let filled = fill_hidden(merging.kind, &names.unwrap_or_default(), text, kept)
        .map_err(|error| words(error.column, error.reason))?;
    if let Some(slot) = merging.choices.get_mut(*clash) {
        *slot = Some(Choice::Edited(Raw::new(&filled)));
    }
    merging.typing = None;
    merging.refresh();
    model.overlay = None;
    Ok(())
}

/// Once every clash is decided, the draft becomes the merged text, and is reviewed.
pub(super) fn finish(model: &mut Model) -> Vec<Effect> {
    if model.away.is_some() {
        model.say(Tone::Bad, AWAY);
        return Vec::new();
    }
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let Stage::Merge(merging) = &mut edit.stage else { return Vec::new() };
    if edit.merging.is_some() {
        model.say(Tone::Plain, "it changed again meanwhile, and is being merged anew");
        return Vec::new();
    }
    if let Some(first) = merging.first_left() {
        let left = merging.left();
        (merging.selected, merging.scroll, merging.full) = (first, None, None);
        let words = if left == 1 { "1 clash has".into() } else { format!("{left} clashes have") };
        model.say(Tone::Bad, format!("{words} no choice yet: m takes yours, t theirs"));
        return Vec::new();
    }
    let (now, store) = (merging.theirs.clone(), merging.store.clone());
    match merging.merge.text(&merging.decided()) {
        Ok(Some(text)) => {
            edit.go_on(&text, now, store);
            model.settle_editor();
            return prepare::review(model);
        }
        Ok(None) => {
            let words = format!("{} stays deleted, and the draft of it is let go", edit.key);
            model.edit = None;
            model.say(Tone::Plain, words);
        }
        Err(undecided) => model.say(Tone::Bad, undecided.to_string()),
    }
    Vec::new()
}
