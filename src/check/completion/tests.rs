use super::*;
use crate::check::template;

fn connections() -> Vec<(String, Option<String>)> {
    [("kafka_main", Some("kafka")), ("pg", Some("postgres")), ("odd", None), ("kafka_two", Some("kafka"))]
        .map(|(name, kind)| (name.to_owned(), kind.map(str::to_owned)))
        .to_vec()
}

fn at(kind: DocumentKind, marked: &str) -> Option<(String, usize, Completions)> {
    let cursor = marked.find('|').unwrap();
    let text = marked.replacen('|', "", 1);
    let found = Completions::at(kind, &text, cursor, &connections)?;
    Some((text, cursor, found))
}

/// The labels that are offered at the `|`, narrowed by what is typed before it.
fn offered(kind: DocumentKind, marked: &str) -> Vec<String> {
    let Some((text, cursor, found)) = at(kind, marked) else { return Vec::new() };
    let typed = text[found.token.start.min(cursor)..cursor].trim_start_matches('"').to_owned();
    found.matching(&typed).into_iter().map(|item| item.label.clone()).collect()
}

/// The text after an item was taken, with `|` at the cursor or around what is selected.
fn accepted(kind: DocumentKind, marked: &str, label: &str) -> String {
    let (mut text, _, found) = at(kind, marked).unwrap_or_else(|| panic!("nothing is offered: {marked}"));
    let item = found.items.iter().find(|item| item.label == label);
    let CompletionEdit { edits, selected } =
        found.accept(item.unwrap_or_else(|| panic!("no {label}: {marked}")));
    for (span, new) in edits.iter().rev() {
        text.replace_range(span.start..span.end, new);
    }
    text.insert(selected.end, '|');
    if !selected.is_empty() {
        text.insert(selected.start, '|');
    }
    text
}

const WEBHOOK: DocumentKind = DocumentKind::Webhook;
const CONNECTION: DocumentKind = DocumentKind::Connection;

#[test]
fn what_is_offered_is_what_the_receiver_would_read_there_and_is_not_there_yet() {
    let table: &[(DocumentKind, &str, &[&str])] = &[
        // What is needed comes first.
        (WEBHOOK, "{\"mod|", &["module", "module-config"]),
        (WEBHOOK, "{\n  \"module\": \"kafka\",\n  \"|\n}", &["connection", "module-config", "data_type"]),
        (WEBHOOK, "{\n  |\n}", &["module", "data_type"]),
        (WEBHOOK, "{ \"module\": \"log\", con| }", &["connection"]),
        // By a part of it, too.
        (WEBHOOK, "{\"module\": \"log\", \"auth|\"}", &["authorization", "basic_auth", "digest_auth"]),
        (WEBHOOK, "{\"jwt\": {\"secret\": \"x\", \"al|\"}}", &["algorithm"]),
        (WEBHOOK, "{\"jwt\": {\"|\"}, \"module\": \"log\"}", &["secret", "algorithm"]),
        // The settings of a module that is named later in the text.
        (WEBHOOK, "{\"module-config\": {\"|}, \"module\": \"kafka\"}", &["topic", "key", "partition"]),
        (WEBHOOK, "{\"chain\": [\"log\", {\"module\": \"s3\", \"module-config\": {\"|\"}}]}", &["bucket"]),
        (WEBHOOK, "{\"chain\": [{\"|\"}]}", &["module", "connection", "module-config", "retry"]),
        (CONNECTION, "{\"type\": \"mysql\", \"|\"}", &["host", "port", "database"]),
        // Values.
        (WEBHOOK, "{\"module\": \"ka|\"}", &["kafka"]),
        (WEBHOOK, "{\"module\": |\n}", &["log", "save_to_disk", "rabbitmq"]),
        (WEBHOOK, "{\"chain\": [\"lo|\"]}", &["log"]),
        (WEBHOOK, "{\"data_type\": \"|", &["json", "blob"]),
        (WEBHOOK, "{\"jwt\": {\"verify_exp\": |}}", &["true", "false"]),
        (WEBHOOK, "{\"jwt\": {\"verify_exp\": fa|}}", &["false"]),
        (WEBHOOK, "{\"rate_limit\": {\"max_requests\": |}}", &["100"]),
        (CONNECTION, "{\"type\": \"re|\"}", &["redis-rq"]),
        (WEBHOOK, "{\"module\": \"kafka\", \"connection\": \"|\"}", &["kafka_main", "odd", "kafka_two"]),
        (WEBHOOK, "{\"connection\": \"|\n \"module\": \"postgresql\"}", &["pg", "odd"]),
        (WEBHOOK, "{\"chain\": [{\"module\": \"kafka\", \"connection\": \"two|\"}]}", &["kafka_two"]),
    ];
    for (kind, text, expected) in table {
        let offered = offered(*kind, text);
        assert_eq!(offered.get(..expected.len()).unwrap_or(&offered), *expected, "{text}: {offered:?}");
    }
}

#[test]
fn where_nothing_is_known_nothing_is_offered() {
    for text in [
        "|",
        "{}|",
        "{\"module\"| : 1}",
        "{\"module\" |}",
        "{\"module\": \"log\"| }",
        "{\"module\": |\"log\"}",
        "{\"unknown\": \"|\"}",
        "{\"unknown\": {\"|\"}}",
        "{\"module-config\": {\"|\"}}",
        "{\"module\": \"log\", \"zzz|\"}",
        "{\"http\": [1, |]}",
    ] {
        assert_eq!(offered(WEBHOOK, text), [""; 0], "{text}");
    }
    assert!(
        offered(WEBHOOK, "{\"chain\": [{\"module\": \"kafka\", \"topic|\": 1}]}").is_empty(),
        "ignored there"
    );
    assert!(at(DocumentKind::Unknown, "{\"|\"}").is_none());
}

#[test]
fn what_is_taken_leaves_json_and_the_cursor_where_one_goes_on() {
    let table = [
        // Names, with something to go on with.
        (WEBHOOK, "{\"mod|", "module", "{\"module\": \"|\""),
        (WEBHOOK, "{\"mod|\"}", "module", "{\"module\": \"|\"}"),
        (WEBHOOK, "{mod|}", "module-config", "{\"module-config\": {|}}"),
        (
            WEBHOOK,
            "{\"module\": \"log\", \"ra|\"}",
            "rate_limit",
            "{\"module\": \"log\", \"rate_limit\": {|}}",
        ),
        (WEBHOOK, "{\"rate_limit\": {|}}", "max_requests", "{\"rate_limit\": {\"max_requests\": |100|}}"),
        (CONNECTION, "{\"type\": \"mysql\", \"po|\"}", "port", "{\"type\": \"mysql\", \"port\": |0|}"),
        (WEBHOOK, "{\"jwt\": {|}}", "verify_exp", "{\"jwt\": {\"verify_exp\": |true|}}"),
        // A name that has its value is only renamed.
        (WEBHOOK, "{\"modul|\": \"log\"}", "module", "{\"module\"|: \"log\"}"),
        // Commas where they are missing, and nowhere else.
        (
            WEBHOOK,
            "{\n  \"mod|\n  \"chain\": []\n}",
            "module-config",
            "{\n  \"module-config\": {|},\n  \"chain\": []\n}",
        ),
        (
            WEBHOOK,
            "{\n  \"module\": \"log\"\n  \"con|\n}",
            "connection",
            "{\n  \"module\": \"log\",\n  \"connection\": \"|\"\n}",
        ),
        (
            WEBHOOK,
            "{\"con|, \"module\": \"log\"}",
            "connection",
            "{\"connection\": \"|\", \"module\": \"log\"}",
        ),
        (
            WEBHOOK,
            "{\"con|, \"module\": 1, \"chain\": 2}",
            "connection",
            "{\"connection\": \"|\", \"module\": 1, \"chain\": 2}",
        ),
        // Values.
        (WEBHOOK, "{\"module\": \"k|\"}", "kafka", "{\"module\": \"kafka\"|}"),
        (WEBHOOK, "{\n  \"module\": \"k|\n}", "kafka", "{\n  \"module\": \"kafka\"|\n}"),
        (
            WEBHOOK,
            "{\"module\": k|, \"connection\": \"x\"}",
            "kafka",
            "{\"module\": \"kafka\"|, \"connection\": \"x\"}",
        ),
        (
            WEBHOOK,
            "{\"module\": \"|\n\"connection\": \"x\"}",
            "kafka",
            "{\"module\": \"kafka\",|\n\"connection\": \"x\"}",
        ),
        (WEBHOOK, "{\"module\": \"lo|g\"}", "log", "{\"module\": \"log\"|}"),
        (WEBHOOK, "{\"jwt\": {\"verify_exp\": t|}}", "true", "{\"jwt\": {\"verify_exp\": true|}}"),
        (WEBHOOK, "{\"chain\": [\"lo|\"]}", "log", "{\"chain\": [\"log\"|]}"),
        (
            WEBHOOK,
            "{\"chain\": [\"l|\n{\"module\": \"s3\"}]}",
            "log",
            "{\"chain\": [\"log\",|\n{\"module\": \"s3\"}]}",
        ),
    ];
    for (kind, text, label, expected) in table {
        assert_eq!(accepted(kind, text, label), expected, "{text}");
    }
}

#[test]
fn details_say_what_is_needed_of_which_type_and_what_never_works() {
    let detail = |text: &str, label: &str| {
        let (_, _, found) = at(WEBHOOK, text).unwrap();
        found.items.iter().find(|item| item.label == label).unwrap().detail.clone()
    };
    assert!(detail("{\"|\"}", "module").starts_with("needed · one of 20 words · Destination module."));
    assert!(detail("{\"module\": \"kafka\", \"|\"}", "connection").starts_with("needed · a text · Name of"));
    assert!(detail("{\"|\"}", "data_type").starts_with("json or blob · How the body is read"));
    assert_eq!(detail("{\"module\": \"|\"}", "websocket").find("does not work in version"), Some(0));
    assert_eq!(detail("{\"data_type\": \"|\"}", "json"), "what the receiver takes without it");
    assert_eq!(detail("{\"module\": \"kafka\", \"connection\": \"|\"}", "kafka_main"), "kafka");
}

/// Wherever one stops typing a template, taking anything that is offered leaves at most the end to be typed.
#[test]
fn of_every_template_cut_anywhere_the_place_is_found_without_a_panic() {
    for kind in [WEBHOOK, CONNECTION] {
        for choice in document_types(kind) {
            let text = template(kind, &choice.name, None).unwrap().text;
            for cut in 0..=text.len() {
                for text in [&text[..cut], &text] {
                    let Some(found) = Completions::at(kind, text, cut, &connections) else { continue };
                    for item in found.items.iter().take(3) {
                        let edit = found.accept(item);
                        assert!(edit.edits.iter().all(|(span, _)| text.get(span.start..span.end).is_some()));
                    }
                }
            }
        }
    }
}
