//! X
pub struct HttpSettings;
pub struct HttpSource;
