//! Over a real etcd, with `etcdctl` as the other hand.

use std::sync::Arc;
use std::time::Instant;

use crate::support::etcd::{Cluster, EtcdServer, Late, Launch, Snip};
use crate::support::home::Home;
use crate::support::run::{PATIENCE, Program};
use crate::{SECRET, json};

/// A prefix of an etcd that no other test uses.
struct Store {
    server: Arc<EtcdServer>,
    prefix: &'static str,
}

impl Store {
    fn new(prefix: &'static str) -> Self {
        Self { server: EtcdServer::shared(), prefix }
    }

    /// On a server of its own.
    fn on(server: EtcdServer, prefix: &'static str) -> Self {
        Self { server: Arc::new(server), prefix }
    }

    fn confdeck(&self, arguments: &[&str]) -> Program {
        Program::confdeck(arguments)
            .env("CONFIG_BACKEND", "etcd")
            .env("ETCD_HOST", self.server.address())
            .env("ETCD_PREFIX", self.prefix)
    }

    fn etcdctl(&self, arguments: &[&str]) -> String {
        let output = self.server.etcdctl(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn value(&self, key: &str) -> String {
        let key = format!("{}{key}", self.prefix);
        let printed = self.etcdctl(&["get", &key, "--print-value-only"]);
        // etcdctl adds one line break to what is stored.
        printed.strip_suffix('\n').unwrap_or(&printed).to_owned()
    }

    /// Waits until this is stored.
    fn wait_for(&self, key: &str, value: &str) {
        let begun = Instant::now();
        while self.value(key) != value {
            assert!(begun.elapsed() < PATIENCE, "{key} is not stored");
        }
    }

    fn put(&self, key: &str, value: &str) {
        self.etcdctl(&["put", &format!("{}{key}", self.prefix), value]);
    }
}

/// Names that look alike, or like the escapes of another, and how each is shown.
const ALIKE: [(&str, &str); 8] = [
    ("orders", "orders"),
    ("orders ", r"orders\x20"),
    ("caf\u{e9}", "caf\u{e9}"),
    ("cafe\u{301}", r"cafe\u{301}"),
    ("a b", "a b"),
    ("a  b", r"a \x20b"),
    (r"orders\x20", r"orders\\x20"),
    ("or\u{200b}ders", r"or\u{200b}ders"),
];

#[test]
fn names_that_look_alike_are_listed_apart_and_what_is_shown_of_one_names_it() {
    let store = Store::new("/alike/");
    for (number, (id, _)) in ALIKE.iter().enumerate() {
        store.put(&format!("prod/webhooks/{id}"), &format!("{{\"n\":{number}}}"));
    }
    let listed = store.confdeck(&["list", "webhooks"]).run().expect_code(0).out();
    let rows = json(&store.confdeck(&["list", "webhooks", "-o", "json"]).run().expect_code(0).out());
    for (number, (id, shown)) in ALIKE.iter().enumerate() {
        let line = listed.lines().filter(|line| line.starts_with(&format!("prod       {shown}  ")));
        assert_eq!(line.count(), 1, "{shown}\n{listed}");
        let address = format!("prod/{shown}");
        let got = store.confdeck(&["get", &address, "-o", "json"]).run().expect_code(0).out();
        assert_eq!(got, format!("{{\"n\":{number}}}\n"), "{address}");
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == address.as_str()).unwrap();
        assert_eq!(row["id"], *id);
    }
    let home = crate::support::home::Home::new();
    let delete = store.confdeck(&["delete", r"prod/orders\x20", "--yes"]).at_home(&home).run().expect_code(0);
    assert!(delete.out().starts_with(r"prod/orders\x20  "), "{}", delete.out());
    assert_eq!(
        (store.value("prod/webhooks/orders "), store.value("prod/webhooks/orders")),
        ("".into(), "{\"n\":0}".into())
    );
    let audit =
        |key: &str| store.confdeck(&["audit", "--key", key]).at_home(&home).run().expect_code(0).out();
    assert_eq!((audit(r"prod/orders\x20").lines().count(), audit("prod/orders").lines().count()), (2, 1));
}

#[test]
fn a_key_of_any_bytes_is_named_by_what_is_shown_of_it() {
    let store = Store::new("/bytes-alike/");
    let tails: [(&[u8], &str); 4] = [
        (b"odd\xff", r"key:odd\xff"),
        (b"odd\xfe", r"key:odd\xfe"),
        (b"", r"key:\empty"),
        (b"a\x1b[2J/ ", r"key:a\x1b[2J/\x20"),
    ];
    for (tail, address) in tails {
        store.server.put_bytes(&[store.prefix.as_bytes(), tail].concat(), address);
    }
    for (_, address) in tails {
        let got = store.confdeck(&["get", address, "-o", "json"]).run().expect_code(0).out();
        assert_eq!(got, format!("{address}\n"));
    }
    store.confdeck(&["delete", tails[0].1, "--yes"]).run().expect_code(0);
    let gone = store.confdeck(&["get", tails[0].1]).run().expect_code(4).err();
    assert!(gone.contains(r"key:odd\xff does not exist"), "{gone}");
    store.confdeck(&["get", tails[1].1]).run().expect_code(0);
}

#[test]
fn etcdctl_reads_back_byte_for_byte_what_was_put() {
    let store = Store::new("/bytes/");
    let odd = "{ \"module\" : \"log\",\r\n\t\"n\": 1.0e2, \"n\": 1, \"u\": \"\\u00e4\" }\n\n";
    store.confdeck(&["put", "production/orders"]).input(odd).run().expect_code(0);
    assert_eq!(store.value("production/webhooks/orders"), odd);
    let got = store.confdeck(&["get", "production/orders", "-o", "json"]).run().expect_code(0);
    assert_eq!(got.out(), odd);
    store.confdeck(&["put", "connections/redis_main", r#"{"type":"redis"}"#]).run().expect_code(0);
    assert_eq!(store.value("global/connections/redis_main"), r#"{"type":"redis"}"#);
}

#[test]
fn a_stale_token_and_a_create_over_something_exit_3_and_change_nothing() {
    let store = Store::new("/conflict/");
    let put = |more: &[&str]| store.confdeck(&["put", "live/x", "{}", "-o", "json"]).with(more).run();
    let first = json(&put(&["--create"]).expect_code(0).out());
    assert!(first["before"].is_null());
    let token = first["after"].as_str().unwrap();
    store.put("live/webhooks/x", r#"{"by":"etcdctl"}"#);
    put(&["--expect-revision", token]).expect_code(3);
    put(&["--create"]).expect_code(3);
    assert_eq!(store.value("live/webhooks/x"), r#"{"by":"etcdctl"}"#);
    let delete = store.confdeck(&["delete", "live/x", "--expect-revision", token]);
    delete.run().expect_code(3);
    // Without a condition it replaces, as etcdctl does, and says what it replaced.
    let replaced = json(&put(&[]).expect_code(0).out());
    assert_eq!(store.value("live/webhooks/x"), "{}");
    let (before, after) = (replaced["before"].as_str().unwrap(), replaced["after"].as_str().unwrap());
    put(&["--expect-revision", before]).expect_code(3);
    put(&["--expect-revision", after]).expect_code(0);
}

#[test]
fn a_time_to_live_is_a_lease_and_a_put_without_one_keeps_it() {
    let store = Store::new("/lease/");
    store.confdeck(&["put", "live/x", "{}", "--ttl", "10m"]).run().expect_code(0);
    store.confdeck(&["put", "live/x", r#"{"n":1}"#]).run().expect_code(0);
    let shown = store.confdeck(&["get", "live/x"]).run().expect_code(0).out();
    let lease = shown.lines().find_map(|line| line.strip_prefix("lease")).unwrap();
    let left = lease.split(", ").nth(1).and_then(|left| left.strip_suffix(" s left")).unwrap();
    assert!((500..=600).contains(&left.parse::<u32>().unwrap()), "{lease}");
}

#[test]
fn what_is_too_large_is_told_with_the_limit_before_it_is_sent() {
    let store = Store::new("/large/");
    let document = |kib: usize| format!("{{\"module\":\"{}\"}}", "x".repeat(kib * 1024));
    let put =
        |kib: usize, more: &[&str]| store.confdeck(&["put", "live/x"]).with(more).input(document(kib)).run();
    let error = put(2_000, &["--create"]).expect_code(8).err();
    assert!(error.contains("1564672 bytes") && error.contains("nothing was sent"), "{error}");
    // Without a condition it is sent twice, to keep a lease if there is one.
    let error = put(1_000, &[]).expect_code(8).err();
    assert!(error.contains("sent twice") && error.contains("at most 1536 KiB"), "{error}");
    store.confdeck(&["get", "live/x"]).run().expect_code(4);
    put(1_000, &["--create"]).expect_code(0);
    put(1_000, &["--ttl", "10m"]).expect_code(0);
}

#[test]
fn all_shapes_of_keys_are_listed_where_they_belong() {
    let store = Store::new("/shapes/");
    store.put("a/webhooks/one", r#"{"module":"log","authorization":"Bearer planted-plain"}"#);
    store.put("b/webhooks/two", "not json");
    store.put("global/connections/c", r#"{"type":"kafka","password":"planted-plain"}"#);
    store.put("a/webhooks/x/y", "{}");
    let list = |arguments: &[&str]| store.confdeck(&["list"]).with(arguments).run().expect_code(0).out();
    assert_eq!(list(&["namespaces"]), "NAMESPACE  WEBHOOKS\na          1\nb          1\n");
    let webhooks = list(&["webhooks"]);
    assert_eq!(webhooks.lines().count(), 3, "{webhooks}");
    assert!(webhooks.contains("not JSON") && !webhooks.contains(SECRET), "{webhooks}");
    assert_eq!(list(&["webhooks", "a"]).lines().count(), 2);
    assert!(!list(&["connections", "-o", "json"]).contains(SECRET));
    store.confdeck(&["get", "key:a/webhooks/x/y"]).run().expect_code(0);
    store.confdeck(&["delete", "key:a/webhooks/x/y", "--yes"]).run().expect_code(0);
    store.confdeck(&["get", "key:a/webhooks/x/y"]).run().expect_code(4);
}

#[test]
fn a_webhook_asked_for_by_its_raw_key_is_a_webhook_with_its_secrets_hidden() {
    let store = Store::new("/alias/");
    let header = r#"{"module":"http","module-config":{"headers":{"X-Any":"planted-plain"}}}"#;
    store.put("a/webhooks/one", header);
    let shown = store.confdeck(&["get", "key:a/webhooks/one"]).run().expect_code(0).out();
    assert!(shown.contains("a/one") && shown.contains("X-Any") && !shown.contains(SECRET), "{shown}");
}

#[test]
fn health_and_calls_tell_a_store_that_is_there_from_one_that_is_not() {
    let store = Store::new("/health/");
    let healthy = store.confdeck(&["health", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&healthy)["condition"], "healthy");
    let gone = |arguments: &[&str]| {
        // Nothing listens on the discard port of this machine.
        Program::confdeck(arguments).env("CONFIG_BACKEND", "etcd").env("ETCD_HOST", "127.0.0.1:9").run()
    };
    gone(&["health"]).expect_code(2);
    let error = gone(&["get", "live/x"]).expect_code(6).err();
    assert!(error.starts_with("confdeck: ") && error.contains("127.0.0.1:9"), "{error}");
    gone(&["put", "live/x", "{}"]).expect_code(6);
}

/// A `put` or `delete` that reaches the store behind a way that can be cut.
fn behind(store: &Store, snip: &Snip, arguments: &[&str]) -> Program {
    store.confdeck(arguments).env("ETCD_HOST", snip.address())
}

/// The token of a document, as `get` shows it.
fn token_of(store: &Store, address: &str) -> String {
    let got = store.confdeck(&["get", address]).run().expect_code(0).out();
    got.lines().find_map(|line| line.strip_prefix("token")).unwrap().trim().to_owned()
}

#[test]
fn a_write_whose_answer_was_lost_is_looked_for_and_told() {
    let store = Store::new("/unknown/");
    store.put("live/webhooks/x", r#"{"n":1}"#);
    let version = || {
        let printed = store.etcdctl(&["get", "/unknown/live/webhooks/x", "--write-out=fields"]);
        let version =
            printed.lines().find_map(|line| line.strip_prefix("\"Version\" : ")).unwrap().to_owned();
        version.parse::<u32>().unwrap()
    };
    let snip = Snip::before(&store.server);
    let token = token_of(&store, "live/x");
    let put = ["put", "live/x", r#"{"n":2}"#, "--expect-revision", &token];

    // Lost on its way there, and everything is reachable again while it looks.
    snip.lose("{\"n\":2}");
    let running = behind(&store, &snip, &put).start();
    snip.wait_until_met();
    snip.reopen();
    let said = running.finish().expect_code(7).err();
    assert!(said.contains("is not stored so far") && said.contains("cannot be done twice"), "{said}");
    assert_eq!((store.value("live/webhooks/x"), version()), (r#"{"n":1}"#.to_owned(), 1));

    // Its answer lost on the way back.
    snip.deafen("{\"n\":2}", || {});
    let running = behind(&store, &snip, &put).start();
    snip.wait_until_met();
    store.wait_for("live/webhooks/x", r#"{"n":2}"#);
    snip.reopen();
    let done = running.finish().expect_code(0);
    assert!(done.err().contains("live/x was stored after all: token"), "{}", done.err());
    assert!(done.out().starts_with(&format!("live/x  {token} -> ")), "{}", done.out());
    assert_eq!(version(), 2);

    // And when nobody answers any more, it says how to look.
    snip.lose("{\"n\":3}");
    let lost = behind(&store, &snip, &["put", "live/x", r#"{"n":3}"#]).run().expect_code(7).err();
    assert!(lost.contains("confdeck get live/x shows what is stored"), "{lost}");
    assert_eq!(version(), 2);
}

#[test]
fn merged_is_what_the_receiver_has_and_says_what_is_not_known() {
    let store = Store::new("/receiver/");
    let document = r#"{"topic": "{$TOPIC}", "host": "{$HOST:localhost}", "module-config": {}}"#;
    store.put("default/webhooks/orders", document);
    let home = Home::new();
    home.write("work/receiver.env", format!("TOPIC=theirs\nWEBHOOK_ORDERS_TOKEN={SECRET}\n"));
    // What confdeck has by these names is another thing.
    let run = |words: &[&str], env: &str, merges: &str| {
        let program = store.confdeck(words).at_home(&home).env("TOPIC", "ours").env("HOST", "ours");
        let program = program.env("WEBHOOK_ORDERS_TOKEN", "planted-ours").env("CONFDECK_RECEIVER_ENV", env);
        program.env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", merges)
    };
    let merged = |reveal: &[&str], env: &str, merges: &str| {
        let words = [&["get", "default/orders", "--merged", "-o", "json"], reveal].concat();
        let merged = run(&words, env, merges).reveals(SECRET).run().expect_code(0);
        (json(&merged.out()), merged.err())
    };
    for reveal in [&[][..], &["--reveal"]] {
        let (unknown, said) = merged(reveal, "unknown", "");
        assert_eq!(unknown, json(document), "{said}");
        assert!(said.contains("not visible from here, and so not filled in: HOST, TOPIC;"), "{said}");
        let (known, said) = merged(reveal, "file:receiver.env", "");
        let expected = r#"{"topic": "theirs", "host": "localhost", "module-config": {}}"#;
        assert_eq!(known, json(expected), "{said}");
        assert!(!said.contains("not visible"), "{said}");
    }
    let (unknown, said) = merged(&["--reveal"], "unknown", "true");
    assert_eq!(unknown, json(document));
    assert!(
        said.contains("TOPIC, WEBHOOK_ORDERS_CHANNEL_TOKEN, ") && said.contains("_ORDERS_TOKEN;"),
        "{said}"
    );
    let (known, said) = merged(&["--reveal"], "file:receiver.env", "true");
    assert_eq!(known["authorization"], format!("Bearer {SECRET}"));
    assert!(said.contains("merged in from the variables of orders: bearer-token"), "{said}");

    let get = ["secrets", "get", "default/orders", "bearer-token", "--reveal"];
    let hidden = run(&get, "unknown", "").run().expect_code(2);
    assert!(hidden.err().contains("not visible from here"), "{}", hidden.err());
    let shown = run(&get, "file:receiver.env", "").reveals(SECRET).run().expect_code(0);
    assert_eq!(shown.out(), format!("{SECRET}\n"));
    let missing = run(&["get", "default/orders", "--merged"], "file:none.env", "").run().expect_code(2);
    assert!(missing.err().contains("cannot read none.env (CONFDECK_RECEIVER_ENV)"), "{}", missing.err());
}

#[test]
fn a_flat_store_has_its_own_secrets_merged_by_every_command() {
    let store = Store::new("/flat/");
    store.put("orders", r#"{"module": "log"}"#);
    let run = |words: &[&str]| {
        let program =
            store.confdeck(words).env("ETCD_LAYOUT", "flat").env("CONFDECK_RECEIVER_ENV", "process");
        program.env("WEBHOOK_ORDERS_TOKEN", SECRET)
    };
    let needs =
        json(&run(&["secrets", "presence", "default/orders", "-o", "json"]).run().expect_code(0).out());
    assert!(needs.as_array().unwrap().iter().any(|need| need["kind"] == "own"), "{needs}");
    let merged = run(&["get", "default/orders", "--merged", "--reveal", "-o", "json"]).reveals(SECRET).run();
    assert_eq!(json(&merged.expect_code(0).out())["authorization"], format!("Bearer {SECRET}"));
}

#[test]
fn a_write_that_comes_after_it_was_looked_for_was_never_told_as_not_done() {
    let store = Store::new("/late/");
    store.put("live/webhooks/x", r#"{"n":1}"#);
    let token = token_of(&store, "live/x");
    let late = Late::before(&store.server);
    let put = ["put", "live/x", r#"{"n":2}"#, "--expect-revision", &token];
    late.keep("{\"n\":2}");
    let running = store.confdeck(&put).env("ETCD_HOST", late.address()).start();
    late.wait_until_kept();
    let said = running.finish().expect_code(7).err();
    assert!(said.contains("is not stored so far, but the write may still be on its way"), "{said}");
    assert_eq!(store.value("live/webhooks/x"), r#"{"n":1}"#);

    late.deliver();
    store.wait_for("live/webhooks/x", r#"{"n":2}"#);
    // Who repeats it as told meets the own write, and is told that it is there.
    let again = store.confdeck(&put).run().expect_code(3).err();
    assert!(again.contains("live/x holds just this document already"), "{again}");
    assert!(!again.contains("changed by someone else"), "{again}");
}

/// The leader of three stops when a write has reached it, and goes on once the write was looked for elsewhere.
fn written_to_a_leader_that_stops(condition: &[&str], told: &str) {
    let cluster = Arc::new(Cluster::start(3));
    let leader = cluster.leader();
    let snip = Snip::before(cluster.member(leader));
    let hosts = format!("{},{}", snip.address(), cluster.hosts(&cluster.others(leader)));
    let confdeck = |arguments: &[&str]| {
        Program::confdeck(arguments)
            .env("CONFIG_BACKEND", "etcd")
            .env("ETCD_HOST", hosts.as_str())
            .env("ETCD_PREFIX", "/paused/")
    };
    confdeck(&["put", "ns/k30", r#"{"n":1}"#]).run().expect_code(0);
    let stopping = Arc::clone(&cluster);
    snip.deafen("{\"n\":2}", move || stopping.member(leader).freeze());
    let running = confdeck(&["put", "ns/k30", r#"{"n":2}"#]).with(condition).start();
    snip.wait_until_met();
    let said = running.finish().expect_code(7).err();
    assert!(said.contains(told) && said.contains("confdeck get ns/k30 shows what is stored"), "{said}");
    cluster.member(leader).thaw();
    // It may have come by now or not: either was said to be possible.
    let got = confdeck(&["get", "ns/k30", "-o", "json"]).run().expect_code(0).out();
    assert!([r#"{"n":1}"#, r#"{"n":2}"#].contains(&got.trim_end()), "{got}");
}

#[test]
fn a_leader_that_stops_around_a_write_makes_its_outcome_unknown_and_nothing_else() {
    // The first write of a cluster makes its revision 2.
    let told = "ns/k30 is not stored so far, but the write may still be on its way and be done yet";
    written_to_a_leader_that_stops(&["--expect-revision", "2"], told);
    // Without a condition, what is there is told to be nobody else's for sure.
    written_to_a_leader_that_stops(&[], "ns/k30 does not hold what was sent (token 2 is stored now)");
}

#[test]
fn a_full_database_refuses_a_put_and_takes_a_delete() {
    let server = Launch::default().flags(&["--quota-backend-bytes", "300000"]).start();
    let store = Store::on(server, "/full/");
    store.put("live/webhooks/x", r#"{"module":"log"}"#);
    store.server.fill_up("/full/ballast");
    // Of a put on no condition etcd looks at the quota alone, not at its alarm.
    let told = store.confdeck(&["put", "live/y", "{}", "--create"]).run().expect_code(6).err();
    assert!(told.contains("live/y was not written: the database of etcd at"), "{told}");
    assert!(told.contains("clear its alarm"), "{told}");
    store.confdeck(&["get", "live/y"]).run().expect_code(4);
    // The first write of this server had revision 2.
    let over = store.confdeck(&["put", "live/x", "{}", "--expect-revision", "2"]).run().expect_code(6).err();
    assert!(over.contains("live/x was not written"), "{over}");
    assert_eq!(store.value("live/webhooks/x"), r#"{"module":"log"}"#);
    store.confdeck(&["delete", "live/x", "--yes"]).run().expect_code(0);
    store.confdeck(&["get", "live/x"]).run().expect_code(4);
    store.confdeck(&["delete", "live/x", "--yes"]).run().expect_code(4);
}

#[test]
fn an_id_alone_is_in_the_namespace_that_the_receiver_serves_on_its_plain_route() {
    let store = Store::new("/plain/");
    store.put("staging/webhooks/orders", r#"{"at":"staging"}"#);
    store.put("default/webhooks/orders", r#"{"at":"default"}"#);
    for (namespace, at) in [("staging", "staging"), ("", "default")] {
        let get = store.confdeck(&["get", "orders", "-o", "json"]);
        let get = if namespace.is_empty() { get } else { get.env("ETCD_NAMESPACE", namespace) };
        assert_eq!(get.run().expect_code(0).out(), format!("{{\"at\":\"{at}\"}}\n"));
    }
    let put =
        store.confdeck(&["put", "new", r#"{"module":"log"}"#, "--create"]).env("ETCD_NAMESPACE", "staging");
    let home = put.home.clone();
    put.run().expect_code(0);
    assert_eq!(store.value("staging/webhooks/new"), r#"{"module":"log"}"#);
    for (namespace, count) in [("staging", 1), ("default", 0)] {
        let program = |words: &[&str]| store.confdeck(words).at_home(&home).env("ETCD_NAMESPACE", namespace);
        let of = |words: &[&str]| program(words).run().expect_code(0);
        let written = of(&["audit", "--key", "new", "-o", "json"]).out();
        assert_eq!(crate::json(&written).as_array().unwrap().len(), count, "{written}");
        let looked = of(&["secrets", "presence", "orders"]).err();
        assert!(looked.contains(&format!("{namespace}/orders needs no secret")), "{looked}");
    }
}
