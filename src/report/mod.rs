//! What can be asked: report definitions, their parameters and the library of them.
//!
//! [`definition`] is one report as written in `jobs/<name>/`; [`parameter`] turns what someone asked into checked
//! values; [`library`] loads a whole folder and lists every fault in it.
//!
//! **Invariant:** opens no connection and draws nothing; it reads `jobs/` once, at load.

mod bounds;
mod check;
pub mod definition;
mod file_name;
mod files;
mod folder;
pub mod library;
pub mod moment;
mod nearest;
pub mod parameter;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;
mod written;

pub use definition::{Access, Conformance, Dataset, Definition, Limits, Retention};
pub use file_name::FileName;
pub use library::Library;
pub use moment::Moment;
pub use parameter::{ChoiceOption, FieldError, Parameter, ParameterKind, Parameters, Pattern};
pub use resolve::Resolved;
