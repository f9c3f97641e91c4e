//! Going on with another context: one terminal, claimed once, and nothing left of the store before.

use super::*;
use crate::config::{SettingSources, Settings};

/// What the program asks for once the settings are there.
pub(super) fn enter_other() -> Vec<Effect> {
    vec![Effect::EnterContext { name: "other".into(), accepts_loss: false }]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_context_goes_on_on_the_same_terminal_and_nothing_of_the_old_one_does() {
    let Setup { store: old, config } = setup(Fake::default());
    let Setup { store: new, config: mut next } = setup(Fake::default());
    next.context.name = "other".into();
    let next = Mutex::new(Some(next));
    let open = move |_: &Settings| {
        let config = next.lock().unwrap().take().ok_or("its theme cannot be read")?;
        let program = |context: ConsoleContext, _| {
            let mut program = Scripted::default();
            program.note(format!("this is {}", context.name), Redraw::Now);
            program
        };
        Ok(NextConsole { config, program: Box::new(program) })
    };
    let resolve = |_: &str| Settings::resolve(&SettingSources::default()).map_err(|error| error.to_string());
    let contexts = ContextSwitch { resolve: Arc::new(resolve), open: Box::new(open) };
    let console = HeadlessConsole::start_contexts(config, SIZE, |_, _| Scripted::default(), Some(contexts));
    console.type_keys(b"a").await;
    shows(&console, "key a").await;
    old.say(WatchEvent::Progress { at: Revision(1) }).await;

    console.type_keys(b">").await;
    shows(&console, "this is other").await;
    assert!(!screen(&console.snapshot().written).contains("key a"));
    console.type_keys(b"b").await;
    shows(&console, "key b").await;
    let seen = console.snapshot();
    assert_eq!((seen.claims, seen.claimed), (1, true), "no second alternate screen, no flicker");
    assert_eq!((old.opened.load(Ordering::SeqCst), new.opened.load(Ordering::SeqCst)), (1, 1));
    let watch = old.watches.lock().unwrap().pop().unwrap().0;
    let closed = async { while watch.send(WatchEvent::Progress { at: Revision(2) }).await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_secs(20), closed).await.is_ok(), "the old watch ends");

    // One that cannot be opened changes nothing.
    console.type_keys(b">").await;
    shows(&console, "stays, not other: its theme cannot be read").await;
    shows(&console, "key b").await;
    console.type_keys(b"q").await;
    assert_eq!(console.ended().await.unwrap().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_cannot_be_read_are_told_to_the_program() {
    let Setup { config, .. } = setup(Fake::default());
    let open = |_: &Settings| -> std::result::Result<NextConsole<Scripted>, String> { Err("opened".into()) };
    let resolve = |name: &str| -> std::result::Result<Settings, String> { Err(format!("no {name}")) };
    let contexts = ContextSwitch { resolve: Arc::new(resolve), open: Box::new(open) };
    let console = HeadlessConsole::start_contexts(config, SIZE, |_, _| Scripted::default(), Some(contexts));
    console.type_keys(b">").await;
    shows(&console, "context Err(\"no other\")").await;
    console.type_keys(b"q").await;
    assert_eq!(console.ended().await.unwrap().0, 0);
}
