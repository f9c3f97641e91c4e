//! TLS as clusters are really run, and each way it fails in its own words.

use std::path::Path;

use super::*;
use crate::support::etcd::certs::{Authority, Pair, Valid};
use confdeck::provider::etcd::{IdentityFiles, TlsFiles};

const HERE: [&str; 2] = ["127.0.0.1", "localhost"];

/// A server with this certificate, which asks its clients for one of `clients`.
fn serve(pair: &Pair, clients: Option<&Authority>) -> EtcdServer {
    let client_ca = clients.map(Authority::file);
    Launch::default().tls(Tls::Files { cert: pair.cert.clone(), key: pair.key.clone(), client_ca }).start()
}

fn files(trusted: &Authority, identity: Option<&Pair>) -> TlsFiles {
    let identity = identity.map(|Pair { cert, key }| IdentityFiles { cert: cert.clone(), key: key.clone() });
    TlsFiles { ca_cert: Some(trusted.file()), identity }
}

fn at(host: &str, tls: TlsFiles) -> EtcdProvider {
    let mut settings = settings_at(host, KeyLayout::Namespaced, "/cwm/");
    settings.tls = tls;
    EtcdProvider::new(settings)
}

/// What a read, a write and a watch say of a store that is out of reach: the same, and none of them
/// that a write might have been stored.
async fn told(provider: &EtcdProvider) -> String {
    let read = provider.get(&webhook("a")).await;
    let Err(Error::Unavailable { reason, .. }) = read else { panic!("{read:?}") };
    let write = provider.set(webhook("a"), Document::from("{}"), Expect::Absent, Lease::Keep).await;
    let Err(Error::Unavailable { reason: of_write, .. }) = write else { panic!("{write:?}") };
    assert_eq!(of_write, reason);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    let said = |reader: &Reader| matches!(&reader.state, LinkState::Connecting { error, .. } if error.as_ref() == Some(&reason));
    reader.until(&reason, said).await;
    reason
}

#[track_caller]
fn says(reason: &str, all: &[&str]) {
    for part in all {
        assert!(reason.contains(part), "no {part:?} in: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_the_right_one_is_told_by_its_fault() {
    let (ca, other) = (Authority::new(), Authority::new());
    let good = serve(&ca.server(&HERE, Valid::Now), None);
    for host in [good.address(), good.address().replace("127.0.0.1", "localhost")] {
        let provider = at(&host, files(&ca, None));
        put(&provider, &webhook("a"), "{}").await;
        Reader::new(provider.watch(KeyPrefix::All)).until_synced().await;
    }
    let stranger = told(&at(&good.address(), files(&other, None))).await;
    says(
        &stranger,
        &["the certificate of etcd at 127.0.0.1:", "not signed by anybody trusted", "ETCD_CACERT"],
    );

    for (pair, words) in [
        (ca.server(&["etcd.example", "10.0.0.1"], Valid::Now), "is for etcd.example, 10.0.0.1, not for 127"),
        (ca.server(&HERE, Valid::Past), "expired on 2020-01-01: it has to be renewed"),
        (ca.server(&HERE, Valid::Future), "is not valid before 2100-01-01: check the clocks"),
        (ca.self_signed(&HERE), "not signed by anybody trusted"),
    ] {
        let server = serve(&pair, None);
        says(&told(&at(&server.address(), files(&ca, None))).await, &[&server.address(), words]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown_asked_for_and_refused() {
    let (ca, other) = (Authority::new(), Authority::new());
    let server = serve(&ca.server(&HERE, Valid::Now), Some(&ca));
    let known = at(&server.address(), files(&ca, Some(&ca.client("ann", Valid::Now))));
    put(&known, &webhook("b"), "{}").await;
    Reader::new(known.watch(KeyPrefix::All)).until_synced().await;

    let nobody = told(&at(&server.address(), files(&ca, None))).await;
    says(&nobody, &[&server.address(), "asks for a client certificate: set ETCD_CERT and ETCD_KEY"]);
    let strange = told(&at(&server.address(), files(&ca, Some(&other.client("ann", Valid::Now))))).await;
    says(&strange, &[&server.address(), "refuses our client certificate", "ETCD_CERT must be signed by"]);
    // How exactly the server says it differs from version to version.
    let old = told(&at(&server.address(), files(&ca, Some(&ca.client("old", Valid::Past))))).await;
    says(&old, &[&server.address(), "our client certificate", "expired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_plain_do_not_take_each_other_for_dead() {
    let ca = Authority::new();
    let secured = serve(&ca.server(&HERE, Valid::Now), None);
    let plainly = told(&at(&format!("http://{}", secured.address()), TlsFiles::default())).await;
    says(&plainly, &[&secured.address(), "speaks TLS: write https:// before its name in ETCD_HOST"]);
    let guarded = serve(&ca.server(&HERE, Valid::Now), Some(&ca));
    let plainly = told(&at(&guarded.address(), TlsFiles::default())).await;
    says(&plainly, &["speaks TLS"]);

    let store = fresh();
    let secretly = told(&at(&store.server.address(), files(&ca, None))).await;
    says(&secretly, &[&store.server.address(), "does not speak TLS: write http:// before its name"]);
    // What is no etcd at all, and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap().to_string();
    says(&told(&at(&address, files(&ca, None))).await, &["cannot connect to etcd at", &address]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_member_whose_certificate_is_wrong_is_named_and_passed_over() {
    let ca = Authority::new();
    let old = serve(&ca.server(&HERE, Valid::Past), None);
    let good = serve(&ca.server(&HERE, Valid::Now), None);
    let both = at(&format!("{},{}", old.address(), good.address()), files(&ca, None));
    put(&both, &webhook("a"), "{}").await;
    Reader::new(both.watch(KeyPrefix::All)).until_synced().await;

    let dead = at(&format!("127.0.0.1:1,{},127.0.0.1:2", old.address()), files(&ca, None));
    let reason = told(&dead).await;
    // That one, and none of the others.
    says(&reason, &[&format!("the certificate of etcd at {} expired", old.address())]);
    assert_eq!(reason.matches("127.0.0.1:").count(), 1, "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_that_cannot_be_used_is_named_with_its_variable() {
    let ca = Authority::new();
    let (ann, bob) = (ca.client("ann", Valid::Now), ca.client("bob", Valid::Now));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let encrypted = write(
        "encrypted",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let older = write(
        "older",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END RSA PRIVATE KEY-----\n",
    );
    let text = write("text", "hunter2\n");
    let missing = folder.path().join("missing");
    let reason = async |ca_cert: &Path, cert: &Path, key: &Path| {
        let identity = IdentityFiles { cert: cert.to_owned(), key: key.to_owned() };
        told(&at("127.0.0.1:1", TlsFiles { ca_cert: Some(ca_cert.to_owned()), identity: Some(identity) }))
            .await
    };
    let trusted = ca.file();
    for (said, words, path, variable) in [
        (reason(&missing, &ann.cert, &ann.key).await, "cannot read", &missing, "(ETCD_CACERT)"),
        (reason(&text, &ann.cert, &ann.key).await, "no certificate in PEM", &text, "(ETCD_CACERT)"),
        (reason(&trusted, &missing, &ann.key).await, "cannot read", &missing, "(ETCD_CERT)"),
        (reason(&trusted, &ann.key, &ann.key).await, "no certificate in PEM", &ann.key, "(ETCD_CERT)"),
        (reason(&trusted, &ann.cert, &missing).await, "cannot read", &missing, "(ETCD_KEY)"),
        (reason(&trusted, &ann.cert, &text).await, "no private key in PEM", &text, "(ETCD_KEY)"),
        (reason(&trusted, &ann.cert, &encrypted).await, "it is encrypted", &encrypted, "(ETCD_KEY)"),
        (reason(&trusted, &ann.cert, &older).await, "it is encrypted", &older, "(ETCD_KEY)"),
        (reason(&trusted, &ann.cert, &bob.key).await, "does not belong to", &ann.cert, "(ETCD_KEY)"),
    ] {
        says(&said, &[words, &path.display().to_string(), variable]);
        assert!(!said.contains("hunter2"), "{said}");
    }
}
