//! A [`Call`] as one of rustify's endpoints, as vaultrs' own are.

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;

use crate::provider::vault::call::{Call, Method};

/// A request that borrows what it sends.
pub(super) struct Request<'a>(pub(super) &'a Call);

impl Endpoint for Request<'_> {
    /// The answer is taken as bytes; nothing is parsed here.
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
            Method::Put => RequestMethod::PUT,
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
        // Taken over, and wiped, by `Wire::execute`.
        Ok(self.0.body.as_ref().map(|body| body.to_vec()))
    }
}
