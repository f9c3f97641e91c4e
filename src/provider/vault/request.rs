//! One request to the server, and its response.
//!
//! A [`VaultRequest`] has an unescaped path, and is sent with `VaultSession::call`, which adds the token,
//! applies the rate limit, and ends within the deadline:
//!
//! ```text
//! let reply = session.call(&VaultRequest::get(path.endpoint_path("subkeys"))).await?;
//! match reply.status {
//!     200 => reply.data::<Subkeys>()?,
//!     404 => …
//! ```
//!
//! A status about the path is a response; one about the server as a whole, such as that it is sealed, is
//! a `VaultError`.

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::error::VaultError;

/// The maximum number of error messages, and the maximum length of each in characters.
const MESSAGES: usize = 4;
const MESSAGE: usize = 300;

/// One request. Not `Debug`: its body may contain a secret.
pub(super) struct VaultRequest {
    pub(super) method: RequestMethod,
    /// Below `/v1/`, not percent-encoded, without leading or trailing slash.
    pub(super) path: String,
    query: Vec<(&'static str, String)>,
    /// JSON; wiped on drop.
    body: Option<Zeroizing<Vec<u8>>>,
}

impl VaultRequest {
    fn new(method: RequestMethod, path: impl Into<String>, body: Option<Zeroizing<Vec<u8>>>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(RequestMethod::GET, path, None)
    }

    /// Lists the names below a path.
    pub(super) fn list(path: impl Into<String>) -> Self {
        Self::new(RequestMethod::LIST, path, None)
    }

    pub(super) fn post(path: impl Into<String>, body: Zeroizing<Vec<u8>>) -> Self {
        Self::new(RequestMethod::POST, path, Some(body))
    }

    /// Sends a JSON merge patch to a path.
    pub(super) fn patch(path: impl Into<String>, body: Zeroizing<Vec<u8>>) -> Self {
        Self::new(RequestMethod::PATCH, path, Some(body))
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(RequestMethod::DELETE, path, None)
    }

    #[must_use]
    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

impl Endpoint for &VaultRequest {
    /// The response is returned as bytes; nothing is parsed here.
    type Response = ();
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.clone()
    }

    fn method(&self) -> RequestMethod {
        self.method.clone()
    }

    fn query(&self) -> Result<Option<String>, ClientError> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        Ok(Some(query.finish()).filter(|query| !query.is_empty()))
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        // Wiped by `HttpExchange::execute`, which takes ownership.
        Ok(self.body.as_ref().map(|body| body.to_vec()))
    }
}

/// A response of any status but a redirect. Not `Debug`: its body may contain a secret.
pub(super) struct VaultResponse {
    pub(super) status: u16,
    /// Who answered, where a redirect led away from the configured address.
    pub(super) redirected_to: Option<String>,
    /// May be empty, even on success.
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl VaultResponse {
    /// Whether the status is 2xx.
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether a Vault wrote it. All that its API answers is JSON with a request id or a list of errors, or
    /// has the status 204 and no body; what stands before a Vault answers with pages, or with nothing.
    pub(super) fn is_from_vault(&self) -> bool {
        #[derive(Deserialize)]
        struct Signature {
            request_id: Option<IgnoredAny>,
            errors: Option<Vec<IgnoredAny>>,
        }
        if self.status == 204 {
            return self.body.is_empty();
        }
        self.parse::<Signature>().is_ok_and(|it| it.request_id.is_some() || it.errors.is_some())
    }

    /// Parses the body; the result may borrow from it.
    ///
    /// # Errors
    /// [`VaultError::Malformed`], which contains nothing of the body.
    pub(super) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, VaultError> {
        serde_json::from_slice(&self.body).map_err(|_| VaultError::Malformed)
    }

    /// As [`VaultResponse::parse`], of the member `data` alone.
    pub(super) fn data<'a, T: Deserialize<'a>>(&'a self) -> Result<T, VaultError> {
        #[derive(Deserialize)]
        struct DataEnvelope<T> {
            data: T,
        }
        self.parse().map(|DataEnvelope { data }| data)
    }

    /// Whether one of the server's `errors` contains these words.
    pub(super) fn says(&self, words: &str) -> bool {
        self.errors().iter().any(|said| said.contains(words))
    }

    /// The first few of the server's `errors`, truncated. They name paths and policies: use them to
    /// distinguish errors, do not log them.
    pub(super) fn errors(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct ErrorBody {
            errors: Option<Vec<String>>,
        }
        // A body of another form has no messages.
        let errors = self.parse::<ErrorBody>().ok().and_then(|body| body.errors).unwrap_or_default();
        errors.into_iter().take(MESSAGES).map(|text| text.chars().take(MESSAGE).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> VaultResponse {
        answer(400, body)
    }

    fn answer(status: u16, body: &str) -> VaultResponse {
        VaultResponse { status, redirected_to: None, body: Zeroizing::new(body.into()) }
    }

    #[test]
    fn what_no_vault_wrote_is_not_taken_for_its_answer() {
        for (status, body) in [
            (204, ""),
            (404, r#"{"errors":[]}"#),
            (403, r#"{"errors":["permission denied"]}"#),
            (200, r#"{"request_id":"f3b0","data":{"keys":[]}}"#),
            (404, r#"{"request_id":"f3b0","data":{"metadata":{"version":1}}}"#),
        ] {
            assert!(answer(status, body).is_from_vault(), "{status} {body}");
        }
        for (status, body) in [
            (404, ""),
            (200, ""),
            (204, "no content"),
            (404, "<html><body>404 Not Found</body></html>"),
            (200, r#"{"status":"ok"}"#),
            (404, r#"{"error":"not found","errors":null}"#),
            (200, r#"["errors"]"#),
        ] {
            assert!(!answer(status, body).is_from_vault(), "{status} {body}");
        }
    }

    #[test]
    fn the_servers_own_words_are_bounded_and_never_needed() {
        let said =
            reply(r#"{"data": null, "errors": ["1 error occurred:\n\t* permission denied\n\n", "b"]}"#);
        assert_eq!(said.errors(), ["1 error occurred:\n\t* permission denied\n\n", "b"]);
        for nothing in ["", "{", "[]", r#"{"errors":[]}"#, r#"{"errors":null}"#, r#"{"errors":[1]}"#] {
            assert_eq!(reply(nothing).errors(), <[String; 0]>::default(), "{nothing}");
        }
        let many = format!(r#"{{"errors": [{}"{}"]}}"#, "\"x\",".repeat(9), "y".repeat(9_000));
        assert_eq!(reply(&many).errors().len(), MESSAGES);
        let long = format!(r#"{{"errors": ["{}"]}}"#, "ü".repeat(9_000));
        assert_eq!(reply(&long).errors()[0].chars().count(), MESSAGE);
    }

    #[test]
    fn an_answer_of_another_shape_is_told_without_its_text() {
        let failure = reply(r#"{"data": "hunter2"}"#).parse::<Vec<u8>>().unwrap_err();
        assert!(!format!("{failure:?} {failure}").contains("hunter2"));
    }
}
