//! On a real etcd, which dies and comes back.

use crate::SECRET;
use crate::started::Started;
use crate::support::etcd::EtcdServer;

const OPEN: &str = r#"{"module":"log"}"#;

fn put(etcd: &EtcdServer, key: &str, value: &str) {
    let output = etcd.etcdctl(&["put", key, value]);
    assert!(output.status.success(), "{output:?}");
}

fn delete(etcd: &EtcdServer, key: &str) {
    let output = etcd.etcdctl(&["del", key]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_put_appears_and_a_delete_disappears_without_a_restart() {
    let etcd = EtcdServer::shared();
    put(&etcd, "/receiver-live/staging/webhooks/one", OPEN);
    let receiver = on(&etcd, "/receiver-live/", &[("ETCD_NAMESPACE", "staging")]);
    // The plain route is that of ETCD_NAMESPACE.
    receiver.answers("/webhook/one", 200);
    assert_eq!(receiver.status("/webhook/staging/one"), 200);
    assert_eq!(receiver.status("/webhook/other/one"), 404);

    put(&etcd, "/receiver-live/other/webhooks/two", OPEN);
    receiver.answers("/webhook/other/two", 200);
    assert_eq!(receiver.status("/webhook/two"), 404);
    put(&etcd, "/receiver-live/other/webhooks/two", r#"{"module":"log","authorization":"Bearer x"}"#);
    receiver.answers("/webhook/other/two", 401);
    delete(&etcd, "/receiver-live/other/webhooks/two");
    receiver.answers("/webhook/other/two", 404);
    assert_eq!(receiver.health()["components"]["etcd"], "healthy");
}

#[test]
fn a_document_that_cannot_be_used_is_complained_of_and_not_quoted() {
    let etcd = EtcdServer::shared();
    put(&etcd, "/receiver-odd/default/webhooks/broken", &format!("{{\"authorization\": \"{SECRET}"));
    put(&etcd, "/receiver-odd/default/webhooks/array", &format!("[\"{SECRET}\"]"));
    let vault = r#"{"module":"log","authorization":"Bearer {$vault:app/a#token}"}"#;
    put(&etcd, "/receiver-odd/default/webhooks/vault", vault);
    let receiver = on(&etcd, "/receiver-odd/", &[]);
    for id in ["broken", "array", "vault"] {
        receiver.answers(&format!("/webhook/{id}"), 500);
        assert!(receiver.said().contains(&format!("default/{id}")), "{}", receiver.said());
    }
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());
}

#[test]
fn it_goes_on_serving_while_etcd_is_down_and_says_so() {
    let etcd = EtcdServer::start();
    put(&etcd, "/cwm/default/webhooks/one", OPEN);
    let receiver = on(&etcd, "/cwm/", &[]);
    receiver.etcd_is("healthy");
    etcd.kill();
    receiver.etcd_is("disconnected");
    assert_eq!(receiver.health()["status"], "healthy");
    assert_eq!((receiver.status("/webhook/one"), receiver.status("/webhook/two")), (200, 404));

    etcd.restart();
    put(&etcd, "/cwm/default/webhooks/two", OPEN);
    delete(&etcd, "/cwm/default/webhooks/one");
    receiver.answers("/webhook/two", 200);
    receiver.answers("/webhook/one", 404);
    receiver.etcd_is("healthy");

    // One that hangs is as good as dead.
    etcd.freeze();
    receiver.etcd_is("disconnected");
    assert_eq!((receiver.status("/webhook/two"), receiver.status("/webhook/one")), (200, 404));
    etcd.thaw();
    receiver.etcd_is("healthy");
}

#[test]
fn a_receiver_that_starts_first_waits_for_etcd() {
    let etcd = EtcdServer::start();
    put(&etcd, "/cwm/default/webhooks/one", OPEN);
    etcd.kill();
    let receiver = on(&etcd, "/cwm/", &[]);
    assert_eq!(receiver.health()["components"]["etcd"], "disconnected");
    // Nothing is known yet: neither that there is such a webhook nor that there is none.
    assert_eq!(receiver.status("/webhook/one"), 503);
    etcd.restart();
    receiver.answers("/webhook/one", 200);
    receiver.etcd_is("healthy");
}

#[test]
fn the_flat_layout_has_one_namespace() {
    let etcd = EtcdServer::shared();
    put(&etcd, "/receiver-flat/one", OPEN);
    let receiver = on(&etcd, "/receiver-flat/", &[("ETCD_LAYOUT", "flat"), ("ETCD_NAMESPACE", "staging")]);
    receiver.answers("/webhook/one", 200);
    assert_eq!(receiver.status("/webhook/any/one"), 200);
    receiver.etcd_is("healthy");
}

fn on(etcd: &EtcdServer, prefix: &str, variables: &[(&str, &str)]) -> Started {
    Started::on_etcd(&etcd.address(), prefix, variables)
}
