//! A document as it is named on the command line: by its address, or a webhook by its id alone.

use std::str::FromStr;

use crate::domain::{Address, AddressError, Namespace, ResourceKey, WebhookId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DocumentArg {
    Address(Address),
    /// A webhook of the context's namespace.
    Id(WebhookId),
}

impl DocumentArg {
    pub(super) fn key(&self, namespace: &Namespace) -> ResourceKey {
        match self {
            Self::Address(Address(key)) => key.clone(),
            Self::Id(id) => ResourceKey::webhook(namespace.clone(), id.clone()),
        }
    }
}

impl FromStr for DocumentArg {
    type Err = AddressError;

    /// A word that is no address is an id if a receiver could route to it: anything else may be a document in
    /// the wrong place. `connections` names a range elsewhere.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let id = |id: &WebhookId| id.unroutable().is_none() && id.as_str() != "connections";
        match (text.parse(), WebhookId::new(text)) {
            (Err(AddressError::Shape(_)), Ok(word)) if id(&word) => Ok(Self::Id(word)),
            (address, _) => address.map(Self::Address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_alone_is_in_the_namespace_of_the_context_where_nothing_else_can_be_meant() {
        let staging = Namespace::new("staging").unwrap();
        let key = |text: &str| text.parse::<DocumentArg>().map(|named| named.key(&staging).to_string());
        assert_eq!(key("orders").as_deref(), Ok("staging/orders"));
        for address in ["production/orders", "connections/redis", "key:odd"] {
            assert_eq!(key(address).as_deref(), Ok(address));
        }
        for wrong in ["connections", "", "a b", "{}", "health", "key:", "a/b/c", "orders:x"] {
            assert!(key(wrong).is_err(), "{wrong}");
        }
    }
}
