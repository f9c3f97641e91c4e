//! The receiver's schemas: which modules and types of connection exist, what they require, and templates
//! of new documents; and the rules that documents are checked by. Pure.

mod completion;
mod description;
mod diagnostic;
mod input;
mod known_documents;
mod needs;
mod own_rules;
mod preflight;
mod problems;
mod profile;
pub mod receiver;
mod rule_settings;
pub mod rules;
mod schema;
mod spelling;
mod template;
mod trail;

pub use completion::{CompletionEdit, CompletionItem, Completions, KnownConnections};
pub use description::MemberDescriptions;
use diagnostic::RuleCheck;
pub use diagnostic::{Diagnostic, Reach, Rule};
pub use input::{
    ConnectionState, DocumentContext, DocumentInput, DraftInput, SecretFieldsInput, StoreInput, Subject,
};
pub use known_documents::{KnownDocuments, KnownSurroundings};
pub use needs::{
    Fallback, Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnPathTemplate, OwnPathTemplateError,
    OwnSecrets, ReceiverEnv, SecretLookup, UsedName, needs, own_webhooks, referrers,
};
#[cfg(feature = "applications")]
pub(crate) use own_rules::{
    Condition, Evaluation, ExpressionNames, MAX_OWN_RULES, compile_conditions, judge_conditions,
    wrong_rule_id, wrong_words,
};
pub use own_rules::{Overrun, OwnFindings, OwnRuleMistake, OwnRuleText, OwnRules};
pub use preflight::{Preflight, PreflightVerdict, diagnose_document, preflight};
pub use problems::{Problem, ProblemIndex, SeverityCounts};
pub use profile::{KNOWN_VERSION, ReceiverProfile};
pub use rule_settings::{RuleSetting, RuleSettings, find_rule};
pub use rules::{Diagnosis, diagnose, diagnose_counting};
pub use schema::{DocumentType, document_types};
pub use template::{DocumentTemplate, connection_type, template};
use trail::Trail;
