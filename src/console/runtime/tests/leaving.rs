//! Ways out: quitting, suspending, signals.

use super::*;

/// Quits by `q`; returns the exit code and how long that took.
fn leaving_takes(store: Fake, keys: &[u8], stalled: bool) -> (u8, Duration) {
    let runtime = many(2);
    let ended = runtime.block_on(async {
        let console = start(setup(store).config);
        shows(&console, "changes 0").await;
        console.type_keys(keys).await;
        console.stall(stalled);
        if stalled {
            // Redrawing puts a frame in flight that will not arrive.
            console.type_keys(b"LLL").await;
        }
        console.type_keys(b"q").await;
        let (code, took, seen) = console.ended().await.unwrap();
        assert!(!seen.claimed);
        (code, took)
    });
    runtime.shutdown_background();
    ended
}

#[test]
fn a_store_that_never_answers_does_not_delay_quitting() {
    let (code, took) = leaving_takes(Fake { hangs: true, ..Fake::default() }, b"uhtdhtd", false);
    assert_eq!(code, 0);
    assert!(took < CALL / 2, "{took:?}");
}

#[test]
fn a_stalled_terminal_delays_quitting_by_its_allowance_only() {
    let (code, took) = leaving_takes(Fake::default(), b"", true);
    assert_eq!(code, 0);
    assert!(took < LEAVE_WITHIN * 3, "{took:?}");
}

/// The deadline of one call: what quitting would take if it waited for the store.
const CALL: Duration = crate::provider::CALL_DEADLINE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspending_gives_the_terminal_back_and_takes_it_again() {
    let Setup { config, .. } = setup(Fake::default());
    let console = start(config);
    console.press(crossterm::event::KeyEvent::new(KeyCode::Char('z'), KeyModifiers::NONE)).await;
    assert!(console.until(|seen| seen.stops == 1).await);
    console.signal(Signal::Continue).await;
    shows(&console, "resumed").await;
    let seen = console.snapshot();
    assert!(seen.claimed && seen.claims == 2);
    console.type_keys(b"q").await;
    assert_eq!(console.ended().await.unwrap().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_that_the_system_drops_does_not_lose_the_terminal() {
    let Setup { config, .. } = setup(Fake::default());
    let console = start(config);
    console.type_keys(b"z").await;
    shows(&console, "resumed").await;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_and_a_closed_terminal_end_it_with_their_code() {
    for code in [143, 129] {
        let console = start(setup(Fake { hangs: true, ..Fake::default() }).config);
        console.signal(Signal::Terminate(code)).await;
        let (ended, _, seen) = console.ended().await.unwrap();
        assert_eq!((ended, seen.claimed), (code, false));
    }
    let console = start(setup(Fake::default()).config);
    console.send(crate::console::terminal::TerminalInput::Closed).await;
    assert_eq!(console.ended().await.unwrap().0, signals::HUNG_UP);
}
