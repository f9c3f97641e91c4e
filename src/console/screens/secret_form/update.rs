//! New values for fields of a secret: typed without echo, pasted or generated, reviewed in words, and written
//! on the condition that the version is still the one the form started from.

use crossterm::event::KeyEvent;

use super::state::{
    FieldChange, GeneratePrompt, NewSecretValue, SecretBase, SecretForm, SecretReview, ValuePrompt,
};
use super::view::height;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::overlays::{Overlay, PromptPurpose, prompt};
use crate::console::screens::secrets::actions::{
    PendingSecretWrite, SecretAction, SecretTarget, SecretWriteKind,
};
use crate::console::secret_jobs::SecretJob;
use crate::console::widgets::{Movement, TextInput};
use crate::domain::{
    Alphabet, FieldName, MissingRights, Opaque, Presence, SecretGenerator, SecretText, unescape_text,
};
use crate::provider::SecretCapabilities;
use crate::terminal_input::{NotTaken, SecretInput};

/// Opens the form. If it is for one field, asks for its value at once.
pub(crate) fn open(
    model: &mut Model,
    target: SecretTarget,
    presence: &Presence,
    rights: (SecretCapabilities, MissingRights),
    single: bool,
) {
    let SecretTarget { path, field } = target;
    let offered = model.secret_fields(&path);
    let mut form = match SecretForm::new(path, presence, rights, &offered) {
        Ok(form) => form,
        Err(words) => return model.notify(Tone::Bad, format!("nothing can be written: {words}")),
    };
    if let Some(permission) = form.barred_by() {
        let words = format!("nothing can be written: {permission} is missing");
        return model.notify(Tone::Bad, words);
    }
    let begins = single && field.is_some();
    if let Some(field) = field {
        form.cursor = form.row_or_insert(&field);
    }
    form.single = begins;
    model.secret_actions.form = Some(Box::new(form));
    if begins {
        enter_value(model);
    }
}

/// Asks for the value of the selected field.
pub(crate) fn enter_value(model: &mut Model) {
    let Some(form) = &mut model.secret_actions.form else { return };
    let Some(field) = form.selected().map(|row| row.name.clone()) else {
        return ask_name(model);
    };
    model.overlay = Some(Overlay::Value(Opaque(Box::new(ValuePrompt::new(field)))));
}

/// Asks for the name of another field.
pub(crate) fn ask_name(model: &mut Model) {
    prompt::ask(model, PromptPurpose::FieldName, "");
}

/// Adds a field with this name and asks for its value.
pub(crate) fn add_field(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    if name.is_empty() {
        return Err("type the field's name".into());
    }
    let Some(form) = &mut model.secret_actions.form else { return Err("the form is gone".into()) };
    let name = unescape_text(name).map_err(|error| error.to_string())?;
    form.cursor = form.row_or_insert(&FieldName::new(&name));
    enter_value(model);
    Ok(Vec::new())
}

/// Marks the selected field for removal, or unmarks it; a typed value is discarded.
pub(crate) fn toggle_removal(model: &mut Model) {
    let Some(form) = &mut model.secret_actions.form else { return };
    let cursor = form.cursor;
    let Some(row) = form.selected() else { return };
    row.change = match (&row.change, row.current) {
        (FieldChange::Keep, Some(_)) => FieldChange::Remove,
        _ => FieldChange::Keep,
    };
    let is_nothing = row.current.is_none() && matches!(row.change, FieldChange::Keep);
    if is_nothing {
        form.rows.remove(cursor);
        form.cursor = cursor.min(form.rows.len().saturating_sub(1));
    }
}

/// Moves in the form, or scrolls its review.
pub(crate) fn step(model: &mut Model, step: Movement) {
    let (rows, page) = (height(model), usize::from(model.frame().body.height));
    if let Some(review) = model.secret_actions.review_mut() {
        review.scroll = step.scroll(review.scroll, rows, page);
    } else if let Some(form) = &mut model.secret_actions.form {
        form.cursor = step.apply(form.cursor, form.rows.len(), page);
    }
}

/// Whether a movement changes anything.
pub(crate) fn can_step(model: &Model, by: Movement) -> bool {
    let page = usize::from(model.frame().body.height);
    match (model.secret_actions.review(), &model.secret_actions.form) {
        (Some(review), _) => by.can_scroll(review.scroll, height(model), page),
        (None, Some(form)) => by.apply(form.cursor, form.rows.len(), page) != form.cursor,
        (None, None) => false,
    }
}

fn value_entry(model: &mut Model) -> Option<&mut ValuePrompt> {
    match &mut model.overlay {
        Some(Overlay::Value(Opaque(entry))) => Some(entry),
        _ => None,
    }
}

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    match &mut model.overlay {
        Some(Overlay::Value(Opaque(entry))) => entry.enter(|input| input.key(key)),
        Some(Overlay::Generate(generate)) => {
            generate.length.key(key);
            generate.error = None;
        }
        _ => {}
    }
}

/// A pasted value; a trailing line break, as many programs copy it, is dropped.
pub(crate) fn paste(model: &mut Model, text: &str) {
    let Some(entry) = value_entry(model) else {
        return model.notify(Tone::Plain, "type the length");
    };
    let bare = text.strip_suffix('\n').unwrap_or(text);
    entry.enter(|input| input.paste(bare));
    if bare.len() < text.len() {
        model.notify(Tone::Plain, "the line break at the end of the paste was left out");
    }
}

/// Text that could not be decoded: a hidden value lacks it.
pub(crate) fn lost_text(model: &mut Model, why: NotTaken) {
    if let Some(entry) = value_entry(model) {
        entry.lose(why);
    }
}

/// Accepts the typed value, after a second entry if it was typed key by key without echo. Opens the review if
/// `review` is set, or if the form is for this one field.
pub(crate) fn accept(model: &mut Model, review: bool) {
    let Some(entry) = value_entry(model).filter(|entry| entry.awaited.is_none()) else { return };
    if entry.tell_loss() {
        return;
    }
    if entry.new.value.is_empty() {
        entry.error =
            Some("type or paste a value, or let one be generated; to take a field out, remove it".into());
        return;
    }
    let asks = entry.new.value.is_typed() && entry.new.generated.is_none() && !entry.is_plain();
    match &entry.repeated {
        None if asks => {
            entry.repeated = Some(SecretInput::default());
            return;
        }
        Some(again) if again.expose() != entry.new.value.expose() => {
            entry.new = NewSecretValue::default();
            entry.repeated = None;
            entry.error = Some("the two were not the same; type it anew".into());
            return;
        }
        _ => {}
    }
    let Some(Overlay::Value(Opaque(entry))) = model.overlay.take() else { return };
    let ValuePrompt { field, new, .. } = *entry;
    let Some(form) = &mut model.secret_actions.form else { return };
    form.cursor = form.row_or_insert(&field);
    if let Some(row) = form.selected() {
        row.change = FieldChange::Set(new);
    }
    if review || form.single {
        self::review(model);
    }
}

/// Discards the value being entered.
pub(crate) fn cancel_value(model: &mut Model) {
    if let Some(Overlay::Generate(generate)) = model.overlay.take() {
        model.overlay = Some(Overlay::Value(generate.entry));
    } else {
        // Cancelling the value of a single field also closes the form.
        model.secret_actions.form.take_if(|form| form.single && !form.is_changed());
    }
}

/// Asks for the length and alphabet of a generated value.
pub(crate) fn ask_generate(model: &mut Model) {
    let Some(Overlay::Value(entry)) = model.overlay.take_if(|open| matches!(open, Overlay::Value(_))) else {
        return;
    };
    let length = TextInput::of(SecretGenerator::LENGTH.to_string());
    model.overlay =
        Some(Overlay::Generate(GeneratePrompt { entry, length, alphabet: Alphabet::default(), error: None }));
}

pub(crate) fn step_alphabet(generate: &mut GeneratePrompt, step: Movement) {
    generate.alphabet = next_alphabet(generate, step);
}

pub(crate) fn next_alphabet(generate: &GeneratePrompt, step: Movement) -> Alphabet {
    let all = Alphabet::ALL;
    let at = all.iter().position(|alphabet| *alphabet == generate.alphabet).unwrap_or(0);
    all.get(step.apply(at, all.len(), all.len())).copied().unwrap_or(generate.alphabet)
}

/// Requests a generated value.
pub(crate) fn generate(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Generate(choice)) = &mut model.overlay else { return Vec::new() };
    let length = choice.length.text().trim().parse().ok();
    let Some(generate) = length.and_then(|length| SecretGenerator::new(length, choice.alphabet)) else {
        choice.error = Some(format!("a length from {} to {}", SecretGenerator::LEAST, SecretGenerator::MOST));
        return Vec::new();
    };
    let Some(Overlay::Generate(choice)) = model.overlay.take() else { return Vec::new() };
    let request = model.next_request();
    let Opaque(mut entry) = choice.entry;
    entry.awaited = Some(request);
    entry.repeated = None;
    entry.error = None;
    entry.new = NewSecretValue { generated: Some(generate), ..NewSecretValue::default() };
    model.overlay = Some(Overlay::Value(Opaque(entry)));
    vec![Effect::Secret(request, SecretJob::Generate(generate))]
}

/// Takes a generated value, if it is still pending.
pub(crate) fn on_generated(model: &mut Model, request: RequestId, made: Result<Opaque<SecretText>, String>) {
    let Some(entry) = value_entry(model).filter(|entry| entry.awaited == Some(request)) else { return };
    entry.awaited = None;
    match made {
        Ok(Opaque(text)) => {
            entry.error = entry.new.value.paste(text.expose()).err().map(|error| error.to_string());
        }
        Err(words) => {
            entry.new = NewSecretValue::default();
            entry.error = Some(words);
        }
    }
}

/// Opens the review of the write.
pub(crate) fn review(model: &mut Model) {
    let Some(form) = &model.secret_actions.form else { return };
    if !form.is_changed() {
        return model.notify(Tone::Plain, "no field changes: there is nothing to write");
    }
    let dependents = model.secret_dependents(&form.path, Some(&form.changed_names()));
    let review = SecretReview { opened: model.now.mono, scroll: 0 };
    if let Some(form) = &mut model.secret_actions.form {
        (form.review, form.dependents) = (Some(review), dependents);
    }
}

/// Leaves the review, or closes the form and wipes the values typed in it.
pub(crate) fn back(model: &mut Model) {
    if model.secret_actions.undo.take().is_some() {
        return;
    }
    let Some(form) = &mut model.secret_actions.form else { return };
    if form.review.take().is_some() {
        form.single = false;
        return;
    }
    if form.is_changed() {
        model.notify(Tone::Plain, "left; what was typed is forgotten");
    }
    model.secret_actions.form = None;
}

/// Writes what the review shows.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.secret_actions.review() else { return Vec::new() };
    if model.now.is_too_soon_after(review.opened) || model.is_secret_busy() {
        return Vec::new();
    }
    if let Some(words) = model.secret_actions.form.as_ref().and_then(|form| blocker(form)) {
        model.notify(Tone::Bad, words);
        return Vec::new();
    }
    let request = model.next_request();
    let Some(form) = &mut model.secret_actions.form else { return Vec::new() };
    form.sent = Some(request);
    model.secret_actions.writing = Some(PendingSecretWrite {
        request,
        path: form.path.clone(),
        description: form.describe(),
        before: form.base.version(),
        kind: SecretWriteKind::Form { undoable: matches!(form.base, SecretBase::At(_)) },
        fields: Some(form.changed_names()),
        unknown: false,
    });
    let job = SecretJob::Write(Box::new(form.write()));
    vec![Effect::Secret(request, job)]
}

/// Why it cannot be written as it is.
fn blocker(form: &SecretForm) -> Option<String> {
    if form.conflict.is_some() {
        return Some("nothing was written, and nothing will be: b bases it on what is there now".into());
    }
    let (right, permission) = form.missing_right()?;
    Some(format!("nothing was sent: you may not {} ({permission} is missing)", right.words()))
}

/// Inspects what is stored now, to rebase the form on it.
pub(crate) fn ask_rebase(model: &mut Model) -> Vec<Effect> {
    if model.is_secret_busy() {
        return Vec::new();
    }
    let request = model.next_request();
    let Some(form) = &mut model.secret_actions.form else { return Vec::new() };
    form.rebasing = true;
    let target = SecretTarget { path: form.path.clone(), field: None };
    let job = SecretJob::Inspect(form.path.clone());
    model.secret_actions.pending.begin(request, (SecretAction::SetFields, target));
    vec![Effect::Secret(request, job)]
}

/// Rebases the form on what is stored now, and shows the review again.
pub(crate) fn rebase(model: &mut Model, presence: &Presence) {
    let opened = model.now.mono;
    let Some(form) = &mut model.secret_actions.form else { return };
    form.rebasing = false;
    match form.rebase(presence) {
        Ok(()) => {
            form.review = form.review.map(|_| SecretReview { opened, scroll: 0 });
            let words = match form.base.version() {
                Some(version) => format!("based on {version} now; look before you write"),
                None => "based on what is there now; look before you write".into(),
            };
            model.notify(Tone::Plain, words);
        }
        Err(words) => model.notify(Tone::Bad, format!("what you typed is kept: {words}")),
    }
}

/// Deletes, undeletes or destroys versions, once confirmed.
pub(crate) fn change_version(model: &mut Model, job: SecretJob, description: String) -> Vec<Effect> {
    if !model.passes_gate() || model.is_secret_busy() {
        return Vec::new();
    }
    let (path, before) = match &job {
        SecretJob::Delete(path, version)
        | SecretJob::Undelete(path, version)
        | SecretJob::Destroy(path, version) => (path.clone(), Some(*version)),
        SecretJob::DestroyAll(path) => (path.clone(), None),
        _ => return Vec::new(),
    };
    let kind =
        if matches!(job, SecretJob::Undelete(..)) { SecretWriteKind::Undelete } else { SecretWriteKind::End };
    let request = model.next_request();
    model.secret_actions.writing =
        Some(PendingSecretWrite { request, path, description, before, kind, fields: None, unknown: false });
    vec![Effect::Secret(request, job)]
}
