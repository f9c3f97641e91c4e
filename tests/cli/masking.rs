//! Secrets that are told by their name, their look or the name beside them: no command prints one, whatever it
//! is asked for and however it fails. The harness searches what each prints and leaves.

use crate::support::home::Home;
use crate::support::planted;
use crate::{confdeck, json};

fn stored() -> Home {
    let home = Home::new();
    let document = planted::document_of_secrets();
    home.write("work/webhooks.json", format!("{{\"one\": {document}}}"));
    home.write("work/connections.json", format!("{{\"two\": {document}}}"));
    // A missing comma, an unclosed string and a text that is not JSON at all.
    home.write("work/comma.json", document.replacen(",\n", "\n", 1));
    home.write("work/cut.json", &document[..document.len() - 8]);
    home.write("work/lines.json", document.replace(['{', '}'], ""));
    home
}

#[test]
fn no_command_prints_a_secret_of_any_name_or_look() {
    let home = stored();
    for key in ["default/one", "connections/two"] {
        let table = confdeck(&home, &["get", key]).run().expect_code(0).out();
        for shown in
            ["\"module\": \"log\"", "\"name\": \"password\"", "\"Key\": \"X-Api-Key\"", "services/••••••••"]
        {
            assert!(table.contains(shown), "{shown} in {table}");
        }
        assert_eq!(table.matches("••••••••").count(), 30, "{table}");
        for words in [
            &["get", key, "--merged"][..],
            &["get", key, "--merged", "-o", "json"],
            &["put", key, "comma.json"],
            &["put", key, "cut.json"],
            &["put", key, "lines.json"],
            &["put", key, "webhooks.json", "--expect-revision", "000000000000"],
            &["put", key, "comma.json", "--force"],
            &["secrets", "presence", key],
            &["delete", key, "--expect-revision", "000000000000"],
        ] {
            confdeck(&home, words).run();
        }
    }
    for words in [
        &["list", "namespaces"][..],
        &["list", "webhooks", "-o", "json"],
        &["list", "connections"],
        &["health"],
        &["health", "-o", "json"],
        &["secrets", "list"],
        &["audit", "-o", "json"],
    ] {
        confdeck(&home, words).run();
    }
    for words in [&["watch"][..], &["watch", "-o", "table"]] {
        let mut watch = confdeck(&home, words).start();
        watch.wait_for("SYNCED");
    }
}

#[test]
fn the_stored_text_is_printed_where_it_is_asked_for() {
    let home = stored();
    let get = confdeck(&home, &["get", "default/one", "-o", "json"]);
    let get = ["planted-", "AKIAPLANTED", "BsYW50ZWQt", "wbGFudGVkL", "cGxhbnRlZC"]
        .iter()
        .fold(get, |get, mark| get.reveals(mark));
    let printed = json(&get.run().expect_code(0).out());
    assert_eq!(printed, json(&planted::document_of_secrets()));
}
