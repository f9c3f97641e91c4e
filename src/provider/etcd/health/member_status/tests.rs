use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::super::super::KeyLayout;
use super::super::super::settings::{Endpoint, EtcdLogin, EtcdSettings, Password};
use super::*;

/// Everything that is sent to a member that never answers.
async fn overheard(named: AddressSource) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let listening = tokio::spawn(async move {
        loop {
            let (mut peer, _) = listener.accept().await.unwrap();
            let ears = Arc::clone(&ears);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = peer.read(&mut buffer).await {
                    ears.lock().extend_from_slice(&buffer[..count]);
                }
            });
        }
    });
    let mut settings = EtcdSettings::new(Endpoint::parse("127.0.0.1:1", 2379).unwrap(), KeyLayout::Flat);
    settings.login = Some(EtcdLogin { username: "ann".into(), password: Password::new("hunter2".into()) });
    let connector = Connector::new(settings);
    let deadline = Instant::now() + Duration::from_millis(500);
    let url = format!("http://{address}");
    let contacts = ClientPool::default();
    let (answer, _) = query_member(&connector, &contacts, named, url, deadline).await;
    assert!(answer.status.is_err() && contacts.lock().is_empty());
    listening.abort();
    let heard = heard.lock();
    assert!(!heard.is_empty(), "it was asked");
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn the_password_goes_to_configured_members_alone() {
    assert!(overheard(AddressSource::Settings).await.contains("hunter2"));
    assert!(!overheard(AddressSource::Cluster).await.contains("hunter2"));
}

#[test]
fn alarms_stand_among_the_errors_of_a_status() {
    assert_eq!(
        alarm("memberID:10276657743932975437 alarm:NOSPACE "),
        Some((10276657743932975437, "NOSPACE".into()))
    );
    assert_eq!(alarm("alarm:CORRUPT"), Some((0, "CORRUPT".into())));
    assert_eq!(alarm("memberID:x alarm:\u{1b}[2J"), Some((0, "UNKNOWN".into())));
    assert_eq!(alarm("etcdserver: no leader"), None);
}

#[test]
fn a_url_ends_in_its_authority() {
    for url in ["http://a:1", "https://a:1/", "a:1"] {
        assert_eq!(authority(url), "a:1");
    }
}
