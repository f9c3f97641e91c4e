//! Its own settings, of an application file, and what becomes of their changes while it runs.

use std::fs;
use std::io::{Read, Write};
use std::iter;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::SECRET;
use crate::started::Started;
use crate::support::etcd::EtcdServer;
use crate::support::http;

/// An application with one file, which is read soon after it has changed.
const APPLICATION: &str = r#"
name = "receiver"
[[layers]]
kind = "file"
path = "settings.json"
debounce = "20ms"
[settings."listen.port"]
type = "integer"
default = 0
max = 65535
[settings."limits.body"]
type = "bytes"
default = "1KiB"
max = "1MiB"
[settings."log.level"]
default = "info"
allowed = ["error", "warn", "info", "debug"]
"#;

fn on(settings: &Value) -> Started {
    Started::on_application(APPLICATION, &[("settings.json", &settings.to_string())], &[])
}

/// Another file under the same name, as editors save.
fn set(receiver: &Started, settings: &Value) {
    fs::write(receiver.file("new"), settings.to_string()).unwrap();
    fs::rename(receiver.file("new"), receiver.file("settings.json")).unwrap();
}

/// The status of a body so long.
fn body(receiver: &Started, length: usize) -> u16 {
    let text = format!("\"{}\"", "x".repeat(length - 2));
    receiver.post("/webhook/open", &[], text.as_bytes()).status
}

#[test]
fn limits_of_the_application_file_change_while_it_runs() {
    let receiver = on(&json!({}));
    assert_eq!((body(&receiver, 1024), body(&receiver, 1025)), (200, 413));
    set(&receiver, &json!({"limits": {"body": "2KiB", "requests": 1}}));
    receiver.says("limits.body is 2048, by settings.json:1:19, in the layer settings.json");
    receiver.says("limits.requests is 1, by ");
    assert_eq!((body(&receiver, 2048), body(&receiver, 2049)), (200, 413));

    // One that stalls is the only one that is answered. It is refused itself while the last one is not quite done.
    let stall = || {
        let mut stalled = TcpStream::connect(receiver.address()).unwrap();
        stalled.write_all(b"POST /webhook/open HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{").unwrap();
        thread::sleep(Duration::from_millis(50));
        (receiver.status("/webhook/open") == 503).then_some(stalled)
    };
    let mut stalled = iter::repeat_with(stall).take(100).flatten().next().expect("others are refused");
    assert_eq!(receiver.health()["components"]["settings"], "healthy", "it is no webhook");
    set(&receiver, &json!({"limits": {"requests": 2}}));
    receiver.answers("/webhook/open", 200);
    assert_eq!(body(&receiver, 1025), 413, "the default again");
    stalled.write_all(b"}").unwrap();
    let mut answer = [0; 12];
    stalled.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[test]
fn it_moves_to_another_address_and_open_connections_go_on() {
    let mut receiver = on(&json!({}));
    let first = receiver.address();
    let mut open = TcpStream::connect(first).unwrap();
    open.write_all(b"POST /webhook/open HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    set(&receiver, &json!({"listen": {"port": free}}));
    let second = receiver.moves();
    assert_eq!((second.ip(), second.port()), (first.ip(), free));
    assert_eq!(receiver.status("/webhook/open"), 200);
    assert!(TcpStream::connect(first).is_err(), "nobody listens there any more");
    open.write_all(b"}").unwrap();
    let mut answer = [0; 12];
    open.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    // All addresses on the port that one of them is taken on, by itself.
    set(&receiver, &json!({"listen": {"port": free, "host": "0.0.0.0"}}));
    assert_eq!(receiver.moves().to_string(), format!("0.0.0.0:{free}"));
    assert_eq!(receiver.status("/webhook/open"), 200);

    // Where another listens it cannot go.
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    set(&receiver, &json!({"listen": {"port": port, "host": "0.0.0.0"}}));
    receiver.says(&format!("cannot listen on \"0.0.0.0\", port {port}: "));
    assert_eq!(http::get(second, "/health").unwrap().status, 200);
}

#[test]
fn the_log_level_changes_while_it_runs() {
    let receiver = on(&json!({"log": {"level": "warn"}}));
    assert_eq!(receiver.status("/webhook/quiet"), 404);
    set(&receiver, &json!({"log": {"level": "info"}}));
    receiver.until("telling", |said| {
        receiver.status("/webhook/told");
        said.contains("/webhook/told: 404")
    });
    assert!(!receiver.said().contains("/webhook/quiet"), "{}", receiver.said());
    set(&receiver, &json!({"log": {"level": "error"}}));
    receiver.until("silent", |said| {
        receiver.status("/webhook/told");
        receiver.said() == said
    });
}

#[test]
fn a_bad_value_changes_nothing_and_is_told_by_its_place_alone() {
    let receiver = on(&json!({"limits": {"body": "2KiB"}}));
    for bad in [
        json!({"limits": {"body": SECRET}}),
        json!({"limits": {"body": "2MiB"}}),
        json!({"limits": {"body": 5}, "listen": {"port": SECRET}}),
    ] {
        let refusals = |said: &str| said.matches("settings are not put in force").count();
        let before = refusals(&receiver.said());
        set(&receiver, &bad);
        receiver.until("a refusal", |said| refusals(said) > before);
        assert_eq!((body(&receiver, 2048), body(&receiver, 2049)), (200, 413));
    }
    receiver.says(
        "limits.body: it is more than 1MiB, the most that it may be (settings.json:1:19, in the layer \
         settings.json); correct it there",
    );
    assert_eq!(receiver.health()["components"]["settings"], "degraded");
    // One that fits its declaration, or has none, and not the receiver.
    set(&receiver, &json!({"limits": {"requests": "many"}}));
    receiver
        .says("limits.requests: it is a text and not usize (settings.json:1:23, in the layer settings.json)");
    assert_eq!((body(&receiver, 2048), body(&receiver, 2049)), (200, 413), "all or nothing");
    set(&receiver, &json!({"limits": {"body": "3KiB"}}));
    receiver.says("limits.body is 3072");
    assert_eq!((body(&receiver, 3072), body(&receiver, 3073)), (200, 413));
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn a_change_in_etcd_is_told_with_its_origin_and_a_secret_by_a_mask() {
    let etcd = EtcdServer::shared();
    let root = "/receiver-settings/Receiver";
    let put = |key: &str, value: &str| {
        let output = etcd.etcdctl(&["put", &format!("{root}/{key}"), value]);
        assert!(output.status.success(), "{output:?}");
    };
    put("Database/PoolSize", "20");
    let application = format!(
        r#"
        name = "receiver"
        [[layers]]
        kind = "file"
        path = "settings.json"
        [[layers]]
        kind = "etcd"
        root = "{root}"
        host = "http://{}"
        [settings."listen.port"]
        type = "integer"
        default = 0
        [settings."database.pool_size"]
        type = "integer"
        default = 5
        max = 100
        etcd = "Database/PoolSize"
        [settings."database.password"]
        etcd = "Database/Password"
        [settings."log.level"]
        default = "info"
        "#,
        etcd.address()
    );
    let file = [("settings.json", r#"{"database": {"pool_size": 10}}"#)];
    let receiver = Started::on_application(&application, &file, &[]);
    put("Database/PoolSize", "30");
    receiver.says(&format!("database.pool_size is 30, by {root}/Database/PoolSize at "));
    put("Database/Password", SECRET);
    receiver.says("database.password is ••••••••, by ");
    put("Database/PoolSize", "101");
    receiver.says("database.pool_size: it is more than 100, the most that it may be (");
    // Taken back: the file's value is in force again.
    assert!(etcd.etcdctl(&["del", &format!("{root}/Database/PoolSize")]).status.success());
    receiver.says("database.pool_size is 10, by settings.json:1:28, in the layer settings.json");
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn the_example_s_own_application_file_starts_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications/receiver.toml");
    let variables = [("CONFDECK_APP", file.to_str().unwrap()), ("RECEIVER_LIMITS__BODY", "3KiB")];
    let receiver = Started::on_files(&json!({"open": {"module": "log"}}), &variables);
    assert_eq!((body(&receiver, 3072), body(&receiver, 3073)), (200, 413));
    assert_eq!(receiver.health()["components"]["settings"], "healthy");
}

#[test]
fn what_it_cannot_be_started_with_is_told() {
    let said = Started::refused(&["--app", "absent.toml"], &[]);
    assert!(said.starts_with("receiver: ") && said.contains("absent.toml"), "{said}");
    let said = Started::refused(&["--app"], &[]);
    assert_eq!(said, "receiver: the only argument is --app FILE, an application file\n");
    let said = Started::refused(&[], &[("PORT", "eighty")]);
    assert_eq!(said, "receiver: PORT is not a number from 0 to 65535\n");
}
