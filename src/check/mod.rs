//! What the receiver reads, as its schemas tell: which modules and types of connection there are, what
//! they need, and documents to begin with. Pure.

mod needs;
mod schema;
mod template;

pub use needs::{
    Eyes, Fallback, Need, NeedMark, NeedState, Needs, OwnSecrets, OwnTemplate, Place, ReceiverEnv,
    TemplateError, Wanted, needs, own_fields,
};
pub use schema::{Choice, choices};
pub use template::{Template, connection_type, template};
