//! A write that would leave the receiver without any webhook, by keys, up to the store.

use crate::store::Etcd;

const STORED: &str = r#"{"type": "redis-rq", "host": "redis", "port": 6379}"#;

#[test]
fn a_write_that_darkens_the_receiver_is_stopped_in_its_review_and_forced_by_its_name() {
    let store = Etcd::new();
    store.put("global/connections/redis_main", STORED);
    store.put("production/webhooks/orders", r#"{"module": "log"}"#);
    for (columns, rows) in [(120, 40), (80, 24)] {
        let mut terminal = store.open(columns, rows);
        terminal.unlock();
        terminal.edit("connections/redis_main");
        terminal.replace("\"redis\"", "\"localhost\"");
        terminal.review();
        let screen = terminal.wait_for("STOPPED");
        assert!(screen.has("ALLOW_LOCALHOST_FOR_TESTS"), "{}", screen.framed());
        terminal.answer("enter");
        terminal.wait_for("the receiver would serve nothing");
        assert_eq!(store.value("global/connections/redis_main").as_deref(), Some(STORED));
        terminal.type_text("connections/redis_main\n");
        terminal.wait_gone("REVIEW");
        let forced = STORED.replace("\"redis\"", "\"localhost\"");
        assert_eq!(store.value("global/connections/redis_main"), Some(forced));

        // What fails already is changed without force, and mended so.
        terminal.edit("connections/redis_main");
        terminal.replace("6379", "6380");
        terminal.review();
        let screen = terminal.wait_for("no worse than what is stored");
        assert!(!screen.has("STOPPED"), "{}", screen.framed());
        terminal.answer("enter");
        terminal.wait_gone("REVIEW");
        store.put("global/connections/redis_main", STORED);
    }
}
