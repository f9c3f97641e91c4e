//! The receiver's schemas: which modules and types of connection exist, what they require, and templates
//! of new documents; and the rules that documents are checked by. Pure.

mod diagnostic;
mod needs;
pub mod rules;
mod schema;
mod template;

pub use diagnostic::{Diagnostic, DocumentContext, Rule, Subject};
pub use needs::{
    Fallback, Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnPathTemplate, OwnPathTemplateError,
    OwnSecrets, ReceiverEnv, SecretLookup, needs,
};
pub use rules::diagnose;
pub use schema::{DocumentType, document_types};
pub use template::{DocumentTemplate, connection_type, template};
