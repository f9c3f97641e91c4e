//! Three-way merge of a draft with what was stored meanwhile: by path, with clashes decided one by one.

use super::state::{MERGE_COLUMNS_FROM, MergeInput, MergeState};
use crate::compare::RawJson;
use crate::compare::merge::{ConflictChoice, MergePlace};
use crate::console::action::Action;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{Overlay, PromptPurpose, prompt};
use crate::console::screens::editor::{Base, Draft, DraftStage, Upstream};
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::Movement;
use crate::domain::json::{LexemeKind, Lexer, walk};
use crate::domain::{Document, Entry};
use crate::inventory::Inventory;
use crate::text::placeholders::{conceal_within, fill_hidden};

/// The longest value that can be edited on a prompt line, in bytes.
const MAX_VALUE: usize = 400;

const KEPT: &str = "your draft is kept: ";

/// A merge renumbers placeholders, so those in an external editor would stand for other secrets.
const AWAY: &str = "it is open in another program: end that first, there or with esc, then ctrl-g merges";

/// Merges the open draft with what is stored now, if that differs from the draft's base.
pub(crate) fn open(model: &mut Model) {
    let Some(edit) = &model.edit else { return };
    if edit.upstream == Upstream::Unchanged && edit.store.as_ref() == model.inventory.store() {
        let words = "nothing to merge: what is stored is what your draft is based on";
        return model.notify(Tone::Plain, words);
    }
    if let Err(words) = begin(model, None, "") {
        model.notify(Tone::Bad, words);
    }
}

/// A write was refused because of a conflict; `told` is the entry that the store reported.
pub(crate) fn conflict(model: &mut Model, told: Option<Entry>) {
    let on_failure = "nothing was written, your draft is kept: ";
    if let Err(words) = begin(model, told, on_failure) {
        model.notify(Tone::Bad, format!("{on_failure}{words}"));
    }
}

fn begin(model: &mut Model, told: Option<Entry>, on_failure: &'static str) -> Result<(), String> {
    if model.external_edit.is_some() {
        return Err(AWAY.into());
    }
    let Model { edit, inventory, .. } = model;
    let Some(edit) = edit else { return Ok(()) };
    let now = stored_now(inventory, edit, told);
    if let (None, Some(refusal)) = (&now, denied_if_hidden(inventory, &edit.key)) {
        return Err(refusal.to_string());
    }
    let ask = merge_input(edit, now, inventory);
    if let (None, Base::Absent { .. }) = (&ask.theirs, &edit.base) {
        // Another store that does not have the document either: there is nothing to merge with.
        let mine = ask.draft.document_or_original();
        if let Ok(Ok(mine)) = mine.as_ref().map(Document::text) {
            edit.rebase_on_merge(mine, None, ask.store);
            model.update_editor_view();
        }
        return Err("it is not stored here either: review it again".into());
    }
    edit.pending_merge = Some((Box::new(ask), on_failure));
    Ok(())
}

fn merge_input(edit: &Draft, now: Option<Entry>, inventory: &Inventory) -> MergeInput {
    let base = edit.base.entry().map(|entry| entry.document.clone());
    let store = inventory.store().cloned();
    MergeInput { draft: edit.review_input(), base, theirs: now, replaced: edit.store != store, store }
}

/// The later of the entry in the inventory and the one that the store reported with its refusal.
fn stored_now(inventory: &Inventory, edit: &Draft, told: Option<Entry>) -> Option<Entry> {
    let seen = inventory.get(&edit.key).map(|row| row.entry());
    match (seen, told) {
        (Some(seen), Some(told)) if told.revision > seen.revision => Some(told),
        (None, told) => told.filter(|_| edit.upstream != Upstream::Deleted),
        (seen, _) => seen,
    }
}

/// Requests the merge that was begun, and merges again if the stored document changed.
pub(crate) fn follow(model: &mut Model) -> Option<Effect> {
    let Model { edit, inventory, .. } = &mut *model;
    let edit = edit.as_mut()?;
    if let DraftStage::Merge(before) = &edit.stage
        && edit.pending_merge.is_none()
        && !edit.merging.is_pending()
    {
        let same_store = before.store.as_ref() == inventory.store();
        let told = before.theirs.clone().filter(|_| same_store);
        let now = stored_now(inventory, edit, told);
        let is = |entry: &Option<Entry>| entry.as_ref().map(|entry| (entry.token, entry.document.clone()));
        if !same_store || is(&now) != is(&before.theirs) {
            if edit.upstream == Upstream::Hidden {
                show(model, Err(format!("{KEPT}it may not be read any more")));
            } else {
                edit.pending_merge = Some((Box::new(merge_input(edit, now, inventory)), KEPT));
            }
        }
    }
    let (ask, on_failure) = model.edit.as_mut()?.pending_merge.take()?;
    let (bytes, request) = (ask.size(), model.next_request());
    let edit = model.edit.as_mut()?;
    edit.merging.begin(request, edit.buffer.revision());
    let run = move || ask.merge_state().map_err(|words| format!("{on_failure}{words}"));
    let broken = Err(format!("{KEPT}the merge broke down, see the log"));
    Some(Effect::Compute(request, Compute::new(bytes, run, broken, on_merged)))
}

/// Takes the result of a merge, if it is still pending and the text is unchanged.
fn on_merged(model: &mut Model, request: RequestId, result: Result<MergeState, String>) -> Vec<Effect> {
    if let Some(edit) = &mut model.edit
        && edit.merging.accept(request) == Some(edit.buffer.revision())
    {
        show(model, result);
    }
    Vec::new()
}

/// Shows a merge; if it replaces another, choices that still fit are kept.
fn show(model: &mut Model, result: Result<MergeState, String>) {
    let Some(edit) = &mut model.edit else { return };
    let before = std::mem::replace(&mut edit.stage, DraftStage::Editing);
    let mut merging = match result {
        Ok(merging) => merging,
        Err(words) => {
            model.overlay.take_if(is_value);
            return model.notify(Tone::Bad, words);
        }
    };
    let kept = if let DraftStage::Merge(before) = before { Some(merging.resume(*before)) } else { None };
    if kept.is_some() && merging.typing.is_none() {
        model.overlay.take_if(is_value);
    }
    edit.stage = DraftStage::Merge(Box::new(merging));
    if let Some(kept) = kept {
        let kept = if kept == 1 { "1 choice".into() } else { format!("{kept} choices") };
        model.notify(Tone::Bad, format!("it changed again meanwhile: merged anew, {kept} kept"));
    }
}

fn is_value(overlay: &mut Overlay) -> bool {
    matches!(overlay, Overlay::Prompt(prompt) if prompt.purpose == PromptPurpose::Value)
}

fn current(model: &mut Model) -> Option<&mut MergeState> {
    if let DraftStage::Merge(merging) = &mut model.edit.as_mut()?.stage { Some(merging) } else { None }
}

/// Toggles between the list of places and the whole merged text.
pub(crate) fn toggle_full(model: &mut Model) {
    let Some(merging) = current(model) else { return };
    merging.full_diff = if merging.full_diff.is_some() { None } else { Some(merging.full_diff()) };
    merging.scroll = None;
}

/// Moves to another clash, or scrolls.
pub(crate) fn step(model: &mut Model, step: Movement) {
    let body = edit_layout(&model.frame(), true).text;
    let Some(merging) = current(model) else { return };
    let wide = body.width >= MERGE_COLUMNS_FROM;
    let height = usize::from(merging.list(body).height);
    let conflicts = merging.choices.len();
    if matches!(step, Movement::Page(_)) || merging.full_diff.is_some() || conflicts == 0 {
        merging.scroll = Some(step.scroll(merging.first(wide, height), merging.lines(wide), height));
    } else {
        merging.selected = step.apply(merging.selected, conflicts, height);
        merging.scroll = None;
    }
}

/// Whether a movement changes anything.
pub(crate) fn can_step(model: &Model, step: Movement) -> bool {
    let body = edit_layout(&model.frame(), true).text;
    let Some(DraftStage::Merge(merging)) = model.edit.as_ref().map(|edit| &edit.stage) else { return false };
    let wide = body.width >= MERGE_COLUMNS_FROM;
    let height = usize::from(merging.list(body).height);
    let conflicts = merging.choices.len();
    if matches!(step, Movement::Page(_)) || merging.full_diff.is_some() || conflicts == 0 {
        step.can_scroll(merging.first(wide, height), merging.lines(wide), height)
    } else {
        step.apply(merging.selected, conflicts, height) != merging.selected
    }
}

pub(crate) fn choose(model: &mut Model, choice: &ConflictChoice) {
    let Some(merging) = current(model) else { return };
    match merging.choices.get_mut(merging.selected) {
        Some(slot) => *slot = Some(choice.clone()),
        None => return model.notify(Tone::Plain, "nothing clashes: there is nothing to choose"),
    }
    merging.scroll = None;
    merging.refresh();
}

/// Decides every clash that has no choice yet.
pub(crate) fn choose_all(model: &mut Model, choice: &ConflictChoice) {
    let Some(merging) = current(model) else { return };
    for slot in merging.choices.iter_mut().filter(|slot| slot.is_none()) {
        *slot = Some(choice.clone());
    }
    merging.refresh();
}

/// Asks for a value other than mine or theirs, starting with the chosen one, or with mine.
pub(crate) fn ask_value(model: &mut Model) {
    let Some(merging) = current(model) else { return };
    let conflict = merging.selected;
    let Some(row) = merging.merge.conflicts().nth(conflict).filter(|_| merging.merge.accepts_value(conflict))
    else {
        let words = "here it is mine or theirs: choose, and change the merged draft afterwards";
        return model.notify(Tone::Bad, words);
    };
    let MergePlace::Path(path) = &row.place else { return };
    let value = match merging.choices.get(conflict) {
        Some(Some(ConflictChoice::Edited(value))) => Some(value),
        Some(Some(ConflictChoice::Theirs)) => row.theirs.as_ref().or(row.mine.as_ref()),
        _ => row.mine.as_ref().or(row.theirs.as_ref()),
    };
    let (text, kept) =
        conceal_within(&merging.masking, &path.names(), &on_one_line(value.map_or("", RawJson::text)));
    if text.len() > MAX_VALUE {
        let words = "too long for one line: choose mine or theirs, and change the merged draft afterwards";
        return model.notify(Tone::Bad, words);
    }
    merging.typing = Some((conflict, kept));
    prompt::ask(model, PromptPurpose::Value, text);
}

fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for lexeme in Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
        out.push_str(lexeme.span.of(text));
        out.push_str(if matches!(lexeme.kind, LexemeKind::Colon | LexemeKind::Comma) { " " } else { "" });
    }
    out
}

/// Takes the value that was typed.
///
/// # Errors
/// Why it is rejected.
pub(crate) fn take_value(model: &mut Model, text: &str) -> Result<(), String> {
    let words = |column: usize, reason: &str| format!("column {column}: {reason}");
    walk(text, |_| ()).map_err(|error| words(error.column, error.reason))?;
    let Some(merging) = current(model) else { return Ok(()) };
    let Some((conflict, kept)) = &merging.typing else { return Ok(()) };
    let names = match merging.merge.conflicts().nth(*conflict).map(|row| &row.place) {
        Some(MergePlace::Path(path)) => path.names(),
        _ => Vec::new(),
    };
    let filled = fill_hidden(&merging.masking, &names, text, kept)
        .map_err(|error| words(error.column, error.reason))?;
    if let Some(slot) = merging.choices.get_mut(*conflict) {
        *slot = Some(ConflictChoice::Edited(RawJson::new(&filled)));
    }
    merging.typing = None;
    merging.refresh();
    model.overlay = None;
    Ok(())
}

/// Once every clash is decided, the draft becomes the merged text and is reviewed.
pub(crate) fn finish(model: &mut Model) -> Vec<Effect> {
    if model.external_edit.is_some() {
        model.notify(Tone::Bad, AWAY);
        return Vec::new();
    }
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let DraftStage::Merge(merging) = &mut edit.stage else { return Vec::new() };
    if edit.merging.is_pending() {
        model.notify(Tone::Plain, "it changed again meanwhile, and is being merged anew");
        return Vec::new();
    }
    if let Some(first) = merging.first_undecided() {
        let left = merging.undecided_count();
        (merging.selected, merging.scroll, merging.full_diff) = (first, None, None);
        let words = if left == 1 { "1 clash has".into() } else { format!("{left} clashes have") };
        model.notify(Tone::Bad, format!("{words} no choice yet: m takes yours, t theirs"));
        return Vec::new();
    }
    let (now, store) = (merging.theirs.clone(), merging.store.clone());
    match merging.merge.text(&merging.choices_or_theirs()) {
        Ok(Some(text)) => {
            edit.rebase_on_merge(&text, now, store);
            model.update_editor_view();
            return vec![Effect::Act(Action::Review)];
        }
        Ok(None) => {
            let words = format!("{} stays deleted, and the draft of it is let go", edit.key);
            model.edit = None;
            model.notify(Tone::Plain, words);
        }
        Err(undecided) => model.notify(Tone::Bad, undecided.to_string()),
    }
    Vec::new()
}
