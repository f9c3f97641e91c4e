//! What all rules find in the document that a draft would become. A task makes the document, what is known around it
//! is gathered, and a second task judges it: nothing of that waits for a key, and no key waits for it.

use std::sync::Arc;

use super::diagnostics::BufferDiagnostic;
use super::state::Draft;
use super::text_buffer::LineStarts;
use crate::check::rules::RECEIVER_ONLY_JSON;
use crate::check::{
    Diagnostic, DocumentInput, MemberDescriptions, Overrun, ReceiverProfile, Subject, diagnose,
};
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Surroundings};
use crate::console::request::AT_ONCE;
use crate::domain::{Document, DocumentKind, Masking, ResourceKey};
use crate::inventory::Facts;
use crate::text::placeholders::{ConcealedSecrets, FilledDraft, fill_with_places};

/// A document costs so much more than a usual job over its bytes: it is parsed, and every rule reads it.
const COST_PER_BYTE: usize = 4;

struct DraftText {
    key: ResourceKey,
    masking: Masking,
    text: String,
    secrets: ConcealedSecrets,
}

/// The document that a draft would become.
struct DraftDocument {
    key: ResourceKey,
    text: String,
    filled: FilledDraft,
    facts: Facts,
}

impl DraftText {
    fn of(edit: &Draft) -> Self {
        let (key, masking) = (edit.key.clone(), edit.masking.clone());
        Self { key, masking, text: edit.buffer.text(), secrets: edit.concealed_secrets.clone() }
    }

    fn read(self) -> (MemberDescriptions, DraftDocument) {
        let Self { key, masking, text, secrets } = self;
        let descriptions = MemberDescriptions::of(DocumentKind::of(&key), &text);
        let filled = fill_with_places(&text, &secrets);
        let facts = Facts::scan(&masking, &Document::from(filled.text()));
        (descriptions, DraftDocument { key, text, filled, facts })
    }
}

impl DraftDocument {
    /// What is found, and the own rules that cost too much.
    fn judge(
        &self,
        receiver: &ReceiverProfile,
        around: &Surroundings,
    ) -> (Vec<BufferDiagnostic>, Vec<Overrun>) {
        let mut found =
            diagnose(Subject::Document(&DocumentInput::new(&self.key, &self.facts, receiver, around)));
        let own = receiver.own_rules.judge(&[(&self.key, self.facts.document.text().unwrap_or_default())]);
        found.extend(receiver.rules.apply(own.found.into_iter().flatten().collect()).found);
        let starts = LineStarts::of(&self.text);
        // Of the text the draft's own rule says that already.
        let found = found.into_iter().filter(|found| found.rule != RECEIVER_ONLY_JSON.id);
        (found.map(|found| self.in_draft(found, &starts)).collect(), own.overruns)
    }

    /// The diagnostic at its place in the draft.
    fn in_draft(&self, found: Diagnostic, starts: &LineStarts) -> BufferDiagnostic {
        let span = self.filled.span_in_draft(found.span);
        // A correction of what is concealed would show it.
        let mut fix = found.fix.filter(|fix| !self.filled.is_concealed(fix.span));
        if let Some(fix) = &mut fix {
            fix.span = self.filled.span_in_draft(fix.span);
        }
        let mut flaw = BufferDiagnostic::of(Diagnostic { span, fix, ..found }, &self.text, starts);
        let before = self.text.get(span.start.saturating_sub(flaw.from.at)..span.start);
        let column = before.map_or(0, |before| before.chars().count());
        flaw.found.place = flaw.found.place.map(|_| (flaw.from.row + 1, column + 1));
        flaw
    }
}

/// Begins to check the document of the draft, if that is due.
pub(super) fn begin(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    model.edit.as_ref().filter(|edit| edit.diagnostics.is_document_due(now))?;
    let request = model.next_request();
    let edit = model.edit.as_mut()?;
    edit.diagnostics.begin_document(edit.buffer.revision(), request);
    let (cost, text) = (edit.buffer.len() * COST_PER_BYTE, DraftText::of(edit));
    let job = Compute::new(cost, move || Some(text.read()), None, on_read);
    Some(Effect::Compute(request, job))
}

fn on_read(
    model: &mut Model,
    request: RequestId,
    read: Option<(MemberDescriptions, DraftDocument)>,
) -> Vec<Effect> {
    let now = model.now.mono;
    let Some(edit) = &mut model.edit else { return Vec::new() };
    let revision = edit.buffer.revision();
    if !edit.diagnostics.accept_step(request, revision, now) {
        return Vec::new();
    }
    let Some((descriptions, document)) = read else { return Vec::new() };
    edit.diagnostics.descriptions = descriptions;
    if document.facts.error.is_some() {
        // Of what is no document, rules say nothing.
        edit.diagnostics.accept_document(Vec::new(), revision);
        return Vec::new();
    }
    let around = Surroundings::of_draft(model, &document.key, &document.facts);
    let (request, receiver) = (model.next_request(), Arc::clone(&model.context.receiver));
    let Some(edit) = &mut model.edit else { return Vec::new() };
    edit.diagnostics.begin_document(revision, request);
    let cost = edit.buffer.len() * COST_PER_BYTE;
    let is_costly = !receiver.own_rules.is_empty();
    let job = Compute::new(cost, move || Some(document.judge(&receiver, &around)), None, on_judged);
    vec![Effect::Compute(request, if is_costly { job.off_the_loop() } else { job })]
}

fn on_judged(
    model: &mut Model,
    request: RequestId,
    judged: Option<(Vec<BufferDiagnostic>, Vec<Overrun>)>,
) -> Vec<Effect> {
    let now = model.now.mono;
    let (found, overruns) = judged.unzip();
    model.disable_own_rules(&overruns.unwrap_or_default());
    if let Some(edit) = &mut model.edit {
        let revision = edit.buffer.revision();
        if edit.diagnostics.accept_step(request, revision, now) {
            // Without an answer it stays unchecked, which is shown.
            found.into_iter().for_each(|found| edit.diagnostics.accept_document(found, revision));
        }
    }
    Vec::new()
}

/// Checks the document of a small draft now, for a key that needs the answer; where own rules judge, whose cost
/// nobody knows before, the answer comes soon.
pub(crate) fn finish(model: &mut Model) {
    let now = model.now.mono;
    let Some(edit) = &mut model.edit else { return };
    let is_small =
        edit.buffer.len() * COST_PER_BYTE <= AT_ONCE && model.context.receiver.own_rules.is_empty();
    if !is_small || !edit.diagnostics.is_document_behind(&edit.buffer) {
        return;
    }
    edit.diagnostics.require_document_check(now);
    let mut next: Vec<Effect> = begin(model).into_iter().collect();
    while let Some(Effect::Compute(request, job)) = next.pop() {
        next = job.run().apply(model, request);
    }
}
