//! The sources of layers, and the writers into them.

mod arguments;
mod environment;
mod file;
mod local;
mod substitute;
mod tree;
mod variable_names;
mod watch;

pub use arguments::{ArgumentError, ArgumentsSource};
pub use environment::EnvironmentSource;
pub use file::{FileLayer, FileSource, FileWriter, SharedVariables};
pub use local::LocalSources;
pub use variable_names::VariableNames;
