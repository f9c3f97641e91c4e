//! The receiver's schemas: which modules and types of connection exist, what they require, and templates
//! of new documents; and the rules that documents are checked by. Pure.

mod diagnostic;
mod input;
mod needs;
mod problems;
mod profile;
pub mod rules;
mod schema;
mod template;

use diagnostic::RuleCheck;
pub use diagnostic::{Diagnostic, Rule};
pub use input::{ConnectionState, DocumentContext, DocumentInput, DraftInput, Subject};
pub use needs::{
    Fallback, Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnPathTemplate, OwnPathTemplateError,
    OwnSecrets, ReceiverEnv, SecretLookup, needs,
};
pub use problems::{Problem, ProblemIndex, SeverityCounts, rank};
pub use profile::ReceiverProfile;
pub use rules::diagnose;
pub use schema::{DocumentType, document_types};
pub use template::{DocumentTemplate, connection_type, template};
