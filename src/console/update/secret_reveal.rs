//! One value on the screen: asked for with a reason, shown for a short time, gone with the first thing
//! that could leave it to somebody else's eyes. Or one on the clipboard, which never comes by here.

use super::super::effect::{Effect, Request};
use super::super::model::{Model, Overlay, Purpose, SHOWN_FOR, SecretShown, Tone};
use super::super::secret_jobs::{Found, Outlet, Reading, RevealOrder, SecretJob};
use super::super::view::secret_shown_height;
use super::browse::Step;
use super::{prompt, secret_acts};
use crate::domain::{FieldName, Hidden, SecretPath, SecretVersion};
use crate::text::grouped;

/// Asks why it is to be read.
pub(super) fn ask_why(model: &mut Model, path: SecretPath, field: FieldName, to: Outlet) {
    let order = RevealOrder { path, field, reason: String::new(), to };
    prompt::ask(model, Purpose::Reason(order), "");
}

/// Reads it, once there is a reason.
pub(super) fn read(model: &mut Model, order: RevealOrder, reason: &str) -> Result<Vec<Effect>, String> {
    if reason.is_empty() {
        return Err("say why: it is kept in the audit, for those who look later".into());
    }
    if secret_acts::is_busy(model) {
        return Err("wait for the answer that is under way".into());
    }
    let order = RevealOrder { reason: reason.to_owned(), ..order };
    let request = model.next_request();
    model.overlay = None;
    model.say(Tone::Plain, format!("reading {}", order.path));
    model.hands.reading = Some((request, order.clone()));
    Ok(vec![Effect::Secret(request, SecretJob::Reveal(order))])
}

/// Shows what was read, unless something else was opened meanwhile. It is counted in any case.
pub(super) fn revealed(model: &mut Model, request: Request, reading: Reading) {
    let Reading { found, read } = reading;
    model.hands.reads += read as u64;
    let Some((_, order)) = model.hands.reading.take_if(|(asked, _)| *asked == request) else { return };
    let (path, field) = (&order.path, order.field.as_str());
    let (value, version) = match found {
        Ok(Found::Value(Hidden(value), version)) => (value, version),
        Ok(Found::Copied(version)) => return model.say(Tone::Good, copied(&order, version, read)),
        Ok(Found::NotCopied) => {
            let words = format!(
                "{field} of {path} was read and counted, and not copied: no program took it, and it is too long for \
                 the terminal"
            );
            return model.say(Tone::Bad, words);
        }
        Ok(Found::NoField) => {
            let words =
                format!("{path} has no field {field}; its {} values were read for that", grouped(read));
            return model.say(Tone::Bad, words);
        }
        Ok(Found::Nothing) => return model.say(Tone::Bad, format!("there is no secret {path} any more")),
        Err(error) => return model.say(Tone::Bad, error.to_string()),
    };
    if model.overlay.is_some() || model.is_covered() || !model.hands.waits {
        let words = format!("{field} of {path} came too late and was not shown; it was read and counted");
        return model.say(Tone::Plain, words);
    }
    model.notice = None;
    let until = model.now.mono + SHOWN_FOR;
    let RevealOrder { path, field, .. } = order;
    model.overlay = Some(Overlay::Shown(SecretShown { path, field, version, read, value, until, scroll: 0 }));
}

/// That it is on the clipboard now, and not only there.
fn copied(order: &RevealOrder, version: Option<SecretVersion>, read: usize) -> String {
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    let RevealOrder { path, field, .. } = order;
    let values = if read == 1 { "1 value".to_owned() } else { format!("{} values", grouped(read)) };
    format!("copied {} of {path}{version}; {values} read for it", field.as_str())
}

/// Hides a value that is shown; says whether one was.
pub(super) fn hide(model: &mut Model) -> bool {
    let shown = matches!(model.overlay, Some(Overlay::Shown(_)));
    if shown {
        model.overlay = None;
    }
    // What is still on its way is not shown either.
    model.hands.waits = false;
    shown
}

/// Hides it when its time is over.
pub(super) fn wake(model: &mut Model) {
    let now = model.now.mono;
    if matches!(&model.overlay, Some(Overlay::Shown(shown)) if shown.until <= now) {
        model.overlay = None;
    }
}

/// Hides it before the screen is anybody else's, or the person at it is gone.
pub(super) fn follow(model: &mut Model, effects: &[Effect]) {
    let leaves = |effect: &Effect| {
        matches!(effect, Effect::Lock | Effect::Suspend | Effect::EditOutside(..) | Effect::Quit(_))
    };
    if effects.iter().any(leaves) {
        hide(model);
    } else if effects.iter().any(|effect| matches!(effect, Effect::Secret(_, SecretJob::Reveal(_)))) {
        model.hands.waits = true;
    }
}

/// Scrolls a long value.
pub(super) fn scroll(model: &mut Model, step: Step) {
    let (rows, page) = secret_shown_height(model);
    if let Some(Overlay::Shown(shown)) = &mut model.overlay {
        shown.scroll = step.from(shown.scroll, rows.saturating_sub(page) + 1, page);
    }
}
