//! Going to another context: what refuses it, what is saved first, and what stays if it fails.

use super::*;
use crate::console::drafts::DraftJob;

fn console() -> TestConsole {
    let mut console = TestConsole::loaded();
    console.model.contexts = vec!["lab".into(), "prod".into(), "staging".into()];
    console
}

fn go(console: &mut TestConsole, name: &str) {
    console.keys(":").text(&format!("context {name}")).keys("enter");
}

fn error(console: &TestConsole) -> String {
    match &console.model.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.error.clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

fn resolving(console: &TestConsole) -> Option<(RequestId, String)> {
    console.effects.iter().rev().find_map(|effect| match effect {
        Effect::ResolveContext(request, name) => Some((*request, name.clone())),
        _ => None,
    })
}

#[test]
fn the_palette_completes_the_names_of_contexts() {
    let mut console = console();
    console.keys(":").text("conte").keys("tab enter");
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("no prompt") };
    assert_eq!(prompt.input.text(), "context ");
    assert_eq!(prompt.candidates, ["context lab", "context prod", "context staging"]);
    console.text("st").keys("tab enter");
    assert_eq!(resolving(&console).map(|(_, name)| name).as_deref(), Some("staging"));
}

#[test]
fn what_does_not_exist_is_told_with_the_names_that_do() {
    let mut console = console();
    go(&mut console, "production");
    assert_eq!(error(&console), "there is no such context; known are lab, prod, staging");
    let mut alone = TestConsole::loaded();
    alone.keys(":").text("context").keys("enter");
    assert!(alone.notice().contains("the config file has no [contexts.NAME]"), "{}", alone.notice());
    assert!(resolving(&console).is_none() && resolving(&alone).is_none());
}

#[test]
fn open_work_and_a_write_without_an_answer_are_not_left() {
    let mut console = console();
    console.keys("e").text("x");
    console.model.overlay = None;
    prompt(&mut console, "context lab");
    assert_eq!(error(&console), "leave the draft first: esc");
    assert!(resolving(&console).is_none());
}

/// Opens the prompt as its action does, whatever is in front, and enters a line.
fn prompt(console: &mut TestConsole, line: &str) {
    crate::console::overlays::prompt::ask(
        &mut console.model,
        crate::console::overlays::PromptPurpose::Command,
        line,
    );
    console.keys("enter");
}

#[test]
fn drafts_are_saved_before_the_settings_are_read_and_again_before_the_context_is_entered() {
    let mut console = console();
    console.keys("e").text("x").keys("esc");
    assert_eq!(console.model.drafts.len(), 1, "{}", console.notice());
    go(&mut console, "lab");
    let saves = |console: &TestConsole| {
        console.effects.iter().filter(|effect| matches!(effect, Effect::Draft(DraftJob::Save(..)))).count()
    };
    let (request, name) = resolving(&console).unwrap();
    assert_eq!((saves(&console), name.as_str()), (1, "lab"));
    console.effects.clear();
    console.send(AppEvent::Answer(request, Answer::ContextResolved(Ok(()))));
    assert!(
        matches!(console.effects.last(), Some(Effect::EnterContext { name, accepts_loss: false }) if name == "lab")
    );
    // An answer that nobody waits for any more enters nothing.
    console.effects.clear();
    console.send(AppEvent::Answer(request, Answer::ContextResolved(Ok(()))));
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::EnterContext { .. })));
}

#[test]
fn settings_that_cannot_be_used_are_told_here_and_this_context_stays() {
    let mut console = console();
    console.keys("j");
    let selected = console.selected();
    go(&mut console, "staging");
    let (request, _) = resolving(&console).unwrap();
    let words = "c.toml:3:1: \"hosts\" is not known".to_owned();
    console.send(AppEvent::Answer(request, Answer::ContextResolved(Err(words.clone()))));
    assert_eq!(console.notice(), format!("not gone to staging: {words}"));
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::EnterContext { .. })));
    assert_eq!((console.selected(), &*console.model.context.name), (selected, "prod"));
}
