//! What the receiver reads, by its schemas: which modules and types of connection there are, what
//! they need, and documents to begin with. Pure.

mod needs;
mod schema;
mod template;

pub use needs::{
    Fallback, Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnPathTemplate, OwnPathTemplateError,
    OwnSecrets, ReceiverEnv, SecretLookup, needs,
};
pub use schema::{DocumentType, document_types};
pub use template::{DocumentTemplate, connection_type, template};
