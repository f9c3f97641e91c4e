//! Certificates of a test's own: authorities, and what they sign for servers and clients.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType, date_time_ymd,
};

/// A certificate authority with a folder that holds its certificate and all it signs.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

/// A certificate and its key, as PEM files.
#[derive(Clone)]
pub struct Pair {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Default)]
pub enum Valid {
    #[default]
    Now,
    /// Until the first day of 2020.
    Past,
    /// From the first day of 2100 on.
    Future,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// Its own certificate: what `ETCD_CACERT` is set to.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// For a server of these names and addresses.
    pub fn server(&self, names: &[&str], valid: Valid) -> Pair {
        self.sign("server", names, valid)
    }

    /// For a client of this name.
    pub fn client(&self, name: &str, valid: Valid) -> Pair {
        self.sign(name, &[], valid)
    }

    fn sign(&self, file: &str, names: &[&str], valid: Valid) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = leaf(file, names, valid).signed_by(&key, &self.issuer).unwrap();
        write(self.folder.path(), file, &certificate.pem(), &key)
    }

    /// One that nobody signed but itself.
    pub fn self_signed(&self, names: &[&str]) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = leaf("itself", names, Valid::Now).self_signed(&key).unwrap();
        write(self.folder.path(), "itself", &certificate.pem(), &key)
    }
}

fn leaf(name: &str, names: &[&str], valid: Valid) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        })
        .collect();
    // An etcd server is a client too: of itself, for its gateway, and of its peers.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    match valid {
        Valid::Now => {}
        Valid::Past => params.not_after = date_time_ymd(2020, 1, 1),
        Valid::Future => params.not_before = date_time_ymd(2100, 1, 1),
    }
    params
}

fn write(folder: &Path, name: &str, certificate: &str, key: &KeyPair) -> Pair {
    // etcd reads its files again at each handshake: none may take another's place.
    let name = format!("{name}-{}", std::fs::read_dir(folder).unwrap().count());
    let pair = Pair { cert: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}-key.pem")) };
    std::fs::write(&pair.cert, certificate).unwrap();
    std::fs::write(&pair.key, key.serialize_pem()).unwrap();
    pair
}
