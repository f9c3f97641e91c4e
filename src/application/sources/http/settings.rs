//! What a layer asks over HTTP: the URL, headers, how long and how often.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;
use url::Url;

/// What a layer asks, and how. Not `Debug`: headers may hold secrets, and so may the URL.
#[derive(Clone)]
pub struct HttpSettings {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// For the whole of an exchange.
    pub timeout: Duration,
    /// How long after one exchange the next is due. Of zero length, the server is asked by reloads alone.
    pub refresh: Duration,
    /// The trusted authorities, as PEM; `None` for those of the system.
    pub ca_cert: Option<PathBuf>,
    /// After so many failures in a row the server is left alone for [`HttpSettings::circuit_pause`].
    pub circuit_failures: u32,
    pub circuit_pause: Duration,
}

/// A setting of a layer over HTTP that cannot be used. The input is not quoted, because it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HttpSettingsError {
    #[error("its url is none of http:// or https://")]
    Url,
    #[error("header {0:?} cannot be sent: a name has letters, digits and hyphens, a value no line ends")]
    Header(String),
}

impl HttpSettings {
    /// The time-outs of docs/applications.md: 10 s for an exchange, the circuit open for 5 minutes after 5
    /// failures; asked every 30 s.
    ///
    /// # Errors
    /// [`HttpSettingsError::Url`] if this is no URL that HTTP has.
    pub fn new(url: &str) -> Result<Self, HttpSettingsError> {
        let url = Url::parse(url.trim()).map_err(|_| HttpSettingsError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(HttpSettingsError::Url);
        }
        Ok(Self {
            url,
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(10),
            refresh: Duration::from_secs(30),
            ca_cert: None,
            circuit_failures: 5,
            circuit_pause: Duration::from_secs(300),
        })
    }

    /// Adds a header, whose value may be a secret.
    ///
    /// # Errors
    /// [`HttpSettingsError::Header`] if it cannot be sent.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, HttpSettingsError> {
        let wrong = || HttpSettingsError::Header(name.to_owned());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        self.headers.append(header, value);
        Ok(self)
    }

    /// The URL without a user, a query and a fragment, which may hold secrets.
    pub(super) fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        // Both fail for URLs without a host alone.
        let _ = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        let url = "https://user:planted-a@config.example:8443/app.json?token=planted-b#planted-c";
        let shown = HttpSettings::new(url).ok().unwrap().shown_url();
        assert_eq!(shown, "https://config.example:8443/app.json");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_and_not_quoted() {
        for url in ["", "config.example/app.json", "ftp://config.example/", "file:///etc/planted", "http://"]
        {
            let said = HttpSettings::new(url).err().unwrap().to_string();
            assert!(!said.contains("planted"), "{said}");
        }
        let settings = HttpSettings::new("http://config.example/").ok().unwrap();
        for (name, value) in [("bad name", "x"), ("Authorization", "planted-x\r\nplanted-y")] {
            let said = settings.clone().header(name, value).err().unwrap().to_string();
            assert!(said.contains(name) && !said.contains("planted"), "{said}");
        }
    }
}
