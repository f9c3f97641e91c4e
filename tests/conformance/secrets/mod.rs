//! One suite for every store of secrets, gated by what the store says it can do.

pub(crate) mod odd;
pub(crate) mod reading;
pub(crate) mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use confdeck::domain::{
    FieldName, KvPath, Mount, Presence, SecretFolder, SecretPath, SecretText, SecretValue, SecretVersion,
};
use confdeck::provider::memory::MemorySecrets;
use confdeck::provider::vault::{
    KvVersion, VaultAddress, VaultLogin, VaultSecrets, VaultSettings, VaultToken,
};
use confdeck::provider::{
    Result, SecretAccess, SecretCapabilities, SecretData, SecretExpect, SecretFields, SecretReader,
    SecretWriter,
};

use crate::support::bao::Bao;
use crate::support::planted::MARK;

/// An empty mount of a store, and two users of it.
pub(crate) struct Secrets {
    mine: SecretAccess,
    theirs: SecretAccess,
    mount: Mount,
    _server: Option<Arc<Bao>>,
}

pub(crate) async fn memory() -> Option<Secrets> {
    let store = MemorySecrets::new();
    let mount = Mount::new("webhooks").unwrap();
    Some(Secrets { mine: store.access(true), theirs: store.access(true), mount, _server: None })
}

pub(crate) async fn kv2() -> Option<Secrets> {
    Some(on_a_server(KvVersion::V2, "team/two").await)
}

pub(crate) async fn kv1() -> Option<Secrets> {
    Some(on_a_server(KvVersion::V1, "one").await)
}

/// Every case has a mount to itself on a server that they share.
async fn on_a_server(version: KvVersion, name: &str) -> Secrets {
    static MOUNTS: AtomicU32 = AtomicU32::new(0);
    let mount = format!("{name}-{}", MOUNTS.fetch_add(1, Ordering::Relaxed));
    let at = mount.clone();
    let server = tokio::task::spawn_blocking(move || {
        let server = Bao::shared();
        server.mount(&at, if version == KvVersion::V2 { 2 } else { 1 });
        server
    });
    let server = server.await.unwrap();
    let user = || vault(&server, &server.root_token(), version).access(true);
    Secrets { mine: user(), theirs: user(), mount: Mount::new(&mount).unwrap(), _server: Some(server) }
}

pub(crate) fn vault(server: &Bao, token: &str, version: KvVersion) -> VaultSecrets {
    let login = VaultLogin::Token(VaultToken::new(token.to_owned()).unwrap());
    let mut settings = VaultSettings::new(VaultAddress::parse(&server.address()).unwrap(), login);
    settings.kv = version;
    // The machine is busy; what is tested is not how fast it is.
    settings.timeout = std::time::Duration::from_secs(60);
    VaultSecrets::new(settings)
}

impl Secrets {
    fn reader(&self) -> &dyn SecretReader {
        &*self.mine.reader
    }

    fn writer(&self) -> &dyn SecretWriter {
        &**self.mine.writer.as_ref().unwrap()
    }

    fn can(&self) -> SecretCapabilities {
        self.reader().capabilities()
    }

    fn path(&self, path: &str) -> SecretPath {
        SecretPath::Kv { mount: self.mount.clone(), path: KvPath::new(path).unwrap() }
    }

    fn folder(&self, folder: &str) -> SecretFolder {
        let folder = (!folder.is_empty()).then(|| KvPath::new(folder).unwrap());
        SecretFolder { mount: self.mount.clone(), folder }
    }

    /// What a new secret is written with: KV 1 takes no condition.
    fn create(&self) -> SecretExpect {
        if self.can().versions { SecretExpect::Absent } else { SecretExpect::Anything }
    }

    async fn put(&self, path: &str, texts: &[(&str, &str)]) -> Option<SecretVersion> {
        self.writer().put(&self.path(path), &texts_of(texts), SecretExpect::Anything).await.unwrap()
    }

    async fn presence(&self, path: &str) -> Presence {
        self.reader().presence(&self.path(path)).await.unwrap()
    }

    async fn reveal(&self, path: &str) -> Result<Option<SecretData>> {
        self.mine.revealer().reveal(&self.path(path), None).await
    }

    /// One field as its JSON.
    async fn json(&self, path: &str, field: &str) -> String {
        let revealed = self.reveal(path).await.unwrap().unwrap();
        revealed.fields.get(field).unwrap().expose_json().to_owned()
    }

    /// One field as text, without its mark.
    async fn text(&self, path: &str, field: &str) -> String {
        let revealed = self.reveal(path).await.unwrap().unwrap();
        text_in(&revealed, field)
    }
}

/// One field as text, without its mark.
fn text_in(revealed: &SecretData, field: &str) -> String {
    let text = revealed.fields.get(field).unwrap().as_text().unwrap();
    text.expose().strip_prefix(MARK).unwrap_or_default().to_owned()
}

/// Each with the mark that what the suite prints is searched for; an empty one stays empty.
fn texts_of(texts: &[(&str, &str)]) -> SecretFields {
    let marked = |text: &str| if text.is_empty() { String::new() } else { format!("{MARK}{text}") };
    let texts: Vec<_> = texts.iter().map(|(name, text)| (*name, marked(text))).collect();
    exact_texts_of(texts.iter().map(|(name, text)| (*name, text.as_str())))
}

/// Each as it is: what it begins with matters.
fn exact_texts_of<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> SecretFields {
    let value = |text: &str| SecretValue::text(&SecretText::new(text.to_owned()));
    texts.into_iter().map(|(name, text)| (FieldName::new(name), value(text))).collect()
}

fn json_of(members: &[(&str, &str)]) -> SecretFields {
    let value = |json: &str| SecretValue::json(json.to_owned().into()).unwrap_or_else(|_| panic!("{json}"));
    members.iter().map(|(name, json)| (FieldName::new(name), value(json))).collect()
}

macro_rules! secrets {
    ($name:ident, $fresh:path) => {
        cases!(
            $name,
            $fresh,
            [
                secret_reading::presence_tells_fields_and_no_more,
                secret_reading::missing_is_not_deleted_and_not_destroyed,
                secret_reading::versions_past_the_maximum_are_gone,
                secret_reading::a_folder_and_a_secret_share_a_name,
                secret_reading::nothing_is_lacking_for_root,
                secret_reading::shutdown_ends_it,
                secret_writing::create_only_creates,
                secret_writing::of_two_writers_the_loser_sees_a_conflict,
                secret_writing::a_patch_leaves_the_other_fields,
                secret_writing::a_patch_of_nothing_is_refused,
                secret_writing::a_patch_never_removes,
                secret_writing::delete_undelete_destroy,
                secret_writing::destroy_all_leaves_nothing,
                secret_writing::what_it_cannot_do_is_refused,
                secret_odd::paths_of_any_characters,
                secret_odd::texts_of_any_characters,
                secret_odd::a_field_of_a_mebibyte,
                secret_odd::values_that_are_no_texts,
                secret_odd::a_secret_without_fields,
            ]
        );
    };
}
pub(crate) use secrets;
