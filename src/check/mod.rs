//! What the receiver reads, by its schemas: which modules and types of connection there are, what
//! they need, and documents to begin with; and what rules say of a document. Pure.

mod diagnostic;
mod needs;
pub mod rules;
mod schema;
mod template;

pub use diagnostic::{Diagnostic, Rule, Subject, Surroundings};
pub use needs::{
    Fallback, Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnPathTemplate, OwnPathTemplateError,
    OwnSecrets, ReceiverEnv, SecretLookup, needs,
};
pub use rules::diagnose;
pub use schema::{DocumentType, document_types};
pub use template::{DocumentTemplate, connection_type, template};
