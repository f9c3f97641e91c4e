//! Adapts a [`VaultRequest`] to rustify's `Endpoint`, as vaultrs' own requests are.

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;

use crate::provider::vault::request::{Method, VaultRequest};

pub(super) struct RequestEndpoint<'a>(pub(super) &'a VaultRequest);

impl Endpoint for RequestEndpoint<'_> {
    /// The response is returned as bytes; nothing is parsed here.
    type Response = ();
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.0.path.clone()
    }

    fn method(&self) -> RequestMethod {
        match self.0.method {
            Method::Get => RequestMethod::GET,
            Method::List => RequestMethod::LIST,
            Method::Post => RequestMethod::POST,
            Method::Patch => RequestMethod::PATCH,
            Method::Delete => RequestMethod::DELETE,
        }
    }

    fn query(&self) -> Result<Option<String>, ClientError> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.0.query);
        Ok(Some(query.finish()).filter(|query| !query.is_empty()))
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        // Wiped by `HttpExchange::execute`, which takes ownership.
        Ok(self.0.body.as_ref().map(|body| body.to_vec()))
    }
}
