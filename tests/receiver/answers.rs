//! What a sender is answered, what is delivered, and how it ends.

use serde_json::json;

use crate::SECRET;
use crate::started::Started;

const TOO_LONG: usize = 10 * 1024 * 1024 + 1;

#[test]
fn every_kind_of_mistake_has_its_status() {
    let receiver = Started::on_files(
        &json!({
            "open": {"module": "log"},
            "blob": {"module": "log", "data_type": "blob"},
            "queue": {"module": "kafka", "connection": "kafka_main"},
            "none": {},
            "odd-type": {"module": "log", "data_type": "JSON"},
            "no-type": {"module": "log", "data_type": null},
        }),
        &[],
    );
    for (path, status) in [
        ("/webhook/open", 200),
        ("/webhook/default/open", 200),
        // Files hold one namespace and serve it under any name that is one.
        ("/webhook/any/open", 200),
        ("/webhook/absent", 404),
        ("/webhook", 404),
        ("/elsewhere", 404),
        ("/webhook/bad%20ns/open", 400),
        ("/webhook/a.b/open", 400),
        ("/webhook/a%2Fb", 400),
        ("/webhook/-open", 400),
        ("/webhook/Health", 400),
        ("/webhook/queue", 501),
        ("/webhook/none", 400),
        ("/webhook/odd-type", 415),
        ("/webhook/no-type", 400),
    ] {
        assert_eq!(receiver.status(path), status, "{path}");
    }
    let namespace = "n".repeat(65);
    assert_eq!(receiver.status(&format!("/webhook/{namespace}/open")), 400);
    let body = |path, body: &[u8]| receiver.post(path, &[], body).status;
    for bad in [&b"{"[..], b"", b"\xff", b"{} {}"] {
        assert_eq!(body("/webhook/open", bad), 400);
    }
    assert_eq!(body("/webhook/blob", b"\xff\x00{"), 200);
    assert_eq!(body("/webhook/blob", &vec![b'x'; TOO_LONG]), 413);
    assert_eq!(body("/webhook/blob", &vec![b'x'; TOO_LONG - 1]), 200);
    let detail = receiver.post("/webhook/absent", &[], b"{}").json();
    assert_eq!(detail, json!({"detail": "no such webhook"}));
}

#[test]
fn payloads_are_printed_without_their_secrets_and_without_escapes() {
    let receiver = Started::on_files(
        &json!({
            "line": {"module": "log"},
            "pretty": {"module": "log", "module-config": {"pretty_print": true}},
            "whole": {"module": "log", "module-config": {"redact_sensitive": false}},
            "blob": {"module": "log", "data_type": "blob"},
            "checked": {"module": "log", "authorization": format!("Bearer {SECRET}")},
        }),
        &[],
    );
    let body = format!(r#"{{"order":1,"password":"{SECRET}","note":"\u001b[31m\u202e"}}"#);
    let authorization = format!("Bearer {SECRET}");
    for id in ["line", "pretty", "blob", "checked"] {
        let headers = [("Authorization", authorization.as_str())];
        assert_eq!(receiver.post(&format!("/webhook/{id}"), &headers, body.as_bytes()).status, 200);
    }
    assert_eq!(receiver.post("/webhook/line", &[], b"\"\x1b[31m\"").status, 400);
    let said = receiver.said();
    assert!(!said.contains(SECRET), "{said}");
    assert!(said.contains("default/line {"), "{said}");
    assert!(said.contains("default/pretty\n{\n  \"order\": 1,\n"), "{said}");
    assert!(said.contains(&format!("default/blob {} bytes\n", body.len())), "{said}");

    // Asked for in so many words, and the payload alone.
    assert_eq!(receiver.post("/webhook/whole", &[], br#"{"password":"shown"}"#).status, 200);
    assert!(receiver.said().contains(r#"default/whole {"password":"shown"}"#), "{}", receiver.said());
    assert!(!receiver.said().contains('\u{1b}'));
}

#[test]
fn own_secrets_come_from_variables_and_references_are_resolved() {
    let receiver = Started::on_files(
        &json!({
            "my-orders": {"module": "log"},
            "named": {"module": "log", "authorization": "Bearer {$SENDER_TOKEN}"},
        }),
        &[("WEBHOOK_MY_ORDERS_TOKEN", SECRET), ("SENDER_TOKEN", SECRET)],
    );
    let authorization = format!("Bearer {SECRET}");
    for id in ["my-orders", "named"] {
        let path = format!("/webhook/{id}");
        assert_eq!(receiver.post(&path, &[("Authorization", &authorization)], b"{}").status, 200, "{id}");
        assert_eq!(receiver.post(&path, &[("Authorization", "Bearer x")], b"{}").status, 401, "{id}");
        assert_eq!(receiver.status(&path), 401, "{id}");
    }
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn sigterm_ends_it_even_while_a_sender_stalls() {
    use std::io::Write;
    let mut receiver = Started::on_files(&json!({"open": {"module": "log"}}), &[]);
    assert_eq!(receiver.status("/webhook/open"), 200);
    let mut stalled = std::net::TcpStream::connect(receiver.address()).unwrap();
    stalled.write_all(b"POST /webhook/open HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{").unwrap();
    assert_eq!(receiver.terminated().code(), Some(0), "{}", receiver.said());
}
