//! New documents: a module or a type is chosen, its template is edited where it says so, and stored.

use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// Names a new document and waits for the choice.
#[track_caller]
fn name(terminal: &mut Terminal, name: &str, of: &str) {
    terminal.keys("n");
    terminal.wait_for("new document");
    terminal.keys("ctrl-u");
    terminal.type_text(&format!("{name}\n"));
    terminal.wait_for(of);
}

/// Reviews and writes what is open.
#[track_caller]
fn store(terminal: &mut Terminal) {
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
}

#[test]
fn webhooks_and_a_connection_begin_with_what_their_module_needs() {
    let files = Files::new("{}\n");
    let mut terminal = files.open(120, 40);
    // A connection first, so that a webhook finds it.
    terminal.keys("2");
    name(&mut terminal, "connections/kafka_main", "type of connections/kafka_main");
    terminal.type_text("kafka\n");
    terminal.wait_for("edit-me-kafka.example.com:9092");
    terminal.replace("edit-me-kafka", "broker");
    store(&mut terminal);
    terminal.wait_for("kafka_main");

    terminal.keys("1");
    name(&mut terminal, "default/orders", "module of default/orders");
    terminal.type_text("kafka\n");
    let screen = terminal.wait_for("\"connection\": \"kafka_main\"");
    // The cursor stands at the first thing to fill in, so that typing can begin there.
    assert_eq!(screen.cursor(), screen.find("EDIT-ME"), "{}", screen.framed());
    terminal.replace("EDIT-ME", "orders");
    store(&mut terminal);

    name(&mut terminal, "default/audit", "module of default/audit");
    terminal.wait_for("log ");
    terminal.keys("down up enter");
    terminal.wait_for("NEW default/audit");
    store(&mut terminal);

    let list = |what| Program::confdeck(["list", what]).at_home(&files.home).run().expect_code(0).out();
    let (webhooks, connections) = (list("webhooks"), list("connections"));
    assert!(webhooks.contains("orders  kafka   kafka_main"), "{webhooks}");
    assert!(webhooks.contains("audit   log"), "{webhooks}");
    assert!(connections.contains("kafka_main  kafka"), "{connections}");
}

#[test]
fn a_choice_that_is_left_writes_nothing_and_keeps_no_draft() {
    let files = Files::new("{}\n");
    let mut terminal = files.open(80, 24);
    name(&mut terminal, "default/orders", "module of default/orders");
    terminal.type_text("rabbit");
    terminal.wait_for("queue");
    terminal.keys("esc");
    terminal.wait_gone("module of");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), crate::terminal::Exit::Code(0));
    assert_eq!(files.text(), "{}\n");
}
