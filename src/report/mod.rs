//! What can be asked: report definitions, their parameters and the library of them.
//!
//! [`definition`] is one report as written in `jobs/<name>/`; [`parameter`] turns what someone asked into checked
//! values; [`library`] loads a whole folder and lists every fault in it.
//!
//! **Invariant:** opens no connection and draws nothing; it reads `jobs/` once, at load.

pub mod definition;
pub mod library;
pub mod parameter;
mod resolve;

pub use definition::{Access, Conformance, Dataset, Definition, Limits, Retention};
pub use library::Library;
pub use parameter::{FieldError, Parameter, ParameterKind, Parameters};
pub use resolve::Resolved;
