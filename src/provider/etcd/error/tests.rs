use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn fault(code: Code, message: &str) -> Fault {
    Fault::from(etcd_client::Error::GRpcStatus(tonic::Status::new(code, message)))
}

#[test]
fn etcds_refusals_are_told_apart() {
    assert_eq!(fault(Code::Unavailable, "etcdserver: no leader"), Fault::NoLeader);
    assert_eq!(fault(Code::Unavailable, "etcdserver: rpc not supported for learner"), Fault::Learner);
    // That of etcd 3.6.
    assert_eq!(fault(Code::FailedPrecondition, "etcdserver: rpc not supported for learner"), Fault::Learner);
    assert_eq!(fault(Code::Unavailable, "etcdserver: request timed out"), Fault::Broken);
    assert_eq!(fault(Code::PermissionDenied, "etcdserver: permission denied"), Fault::Denied);
    assert_eq!(fault(Code::InvalidArgument, "etcdserver: user name is empty"), Fault::NoLogin);
    assert_eq!(
        fault(Code::OutOfRange, "etcdserver: mvcc: required revision has been compacted"),
        Fault::Compacted
    );
    assert_eq!(
        fault(Code::InvalidArgument, "etcdserver: revision of auth store is old"),
        Fault::TokenExpired
    );
    assert_eq!(fault(Code::Unknown, "auth: revision in header is old"), Fault::TokenExpired);
    assert_eq!(fault(Code::Unauthenticated, "etcdserver: invalid auth token"), Fault::TokenExpired);
    assert_eq!(fault(Code::OutOfRange, "Error, decoded message length too large"), Fault::ResponseTooLarge);
    let future = "etcdserver: mvcc: required revision is a future revision";
    assert_eq!(fault(Code::OutOfRange, future), Fault::FutureRevision);
    let exhausted = "grpc: received message larger than max (1048707 vs. 589824)";
    assert_eq!(fault(Code::ResourceExhausted, exhausted), Fault::RequestTooLarge);
    let busy = fault(Code::ResourceExhausted, "etcdserver: too many requests");
    assert_eq!(busy.message("e:1"), "etcd at e:1 refused: too many requests");
    assert!(!busy.may_be_done());
}

#[test]
fn a_refusal_is_etcds_own_by_code_and_message() {
    let etcds = "etcdserver: permission denied";
    for code in (1..17).map(Code::from) {
        for message in ["", "upstream connect error", "etcdserver: something new", etcds] {
            let refused = (code, message) == (Code::PermissionDenied, etcds);
            assert_eq!(fault(code, message).may_be_done(), !refused, "{code:?} {message}");
        }
    }
    let words = fault(Code::NotFound, "no such route").message("e:1");
    assert!(words.starts_with("what answers for etcd at e:1 says what etcd does not"), "{words}");
}

/// A server that ends every call with a reason of HTTP/2, as proxies under load do.
async fn hanging_up(reason: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut head = [0; 9];
        while stream.read_exact(&mut head).await.is_ok() {
            let [a, b, c, kind, flags, id @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]).try_into().unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
            let answer = match (kind, flags) {
                // Headers are answered with RST_STREAM, settings with an ACK.
                (1, _) => [&[0, 0, 4, 3, 0], &id[..], &[0, 0, 0, reason]].concat(),
                (4, 0) => vec![0, 0, 0, 4, 1, 0, 0, 0, 0],
                _ => continue,
            };
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_call_that_a_connection_ended_was_refused_by_nobody() {
    const ENHANCE_YOUR_CALM: u8 = 0xb;
    const INADEQUATE_SECURITY: u8 = 0xc;
    for reason in [ENHANCE_YOUR_CALM, INADEQUATE_SECURITY] {
        let client = etcd_client::Client::connect([hanging_up(reason).await], None).await.unwrap();
        let fault = Fault::from(client.kv_client().get("k", None).await.unwrap_err());
        assert_eq!(fault, Fault::Broken, "{reason:#x}");
        let error = fault.into_write_error("e:1", &ResourceKey::foreign(*b"x"), String::new);
        assert!(matches!(error, Error::OutcomeUnknown { .. }));
    }
}

#[test]
fn a_write_is_in_doubt_only_when_it_may_have_been_applied() {
    let key = ResourceKey::foreign(*b"x");
    let foreign = Fault::Foreign(Code::NotFound);
    for doubtful in [Fault::Timeout, Fault::Broken, Fault::ResponseTooLarge, Fault::NoSpace, foreign] {
        let error = doubtful.into_write_error("e:1", &key, String::new);
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
    }
    for certain in
        [Fault::Unreachable, Fault::NoLeader, Fault::Denied, Fault::RequestTooLarge, Fault::StoreReplaced]
    {
        let error = certain.into_write_error("e:1", &key, String::new);
        assert!(!matches!(error, Error::OutcomeUnknown { .. }), "{error}");
    }
}

#[test]
fn of_several_faults_the_one_that_tells_most_is_told() {
    let told = |faults: &[Fault]| {
        let latest = |earlier, fault: Fault| Some(fault.or_more_specific(earlier));
        faults.iter().cloned().fold(None, latest).unwrap()
    };
    assert_eq!(told(&[Fault::NoLeader, Fault::Unreachable, Fault::Timeout]), Fault::NoLeader);
    assert_eq!(told(&[Fault::Broken, Fault::Unreachable]), Fault::Unreachable);
    assert_eq!(told(&[Fault::Timeout, Fault::Denied, Fault::NoLeader]), Fault::Denied);
}

#[test]
fn no_words_repeat_what_a_status_carried() {
    let planted = "token=s3cr3t {\"password\":\"hunter2\"}";
    for code in 0..17 {
        let words = fault(Code::from(code), planted).message("e:1");
        assert!(!words.contains("s3cr3t") && !words.contains("hunter2"), "{words}");
    }
}
