//! One report's journey from request to download, through the real program.

mod embedded;
mod fleet;
mod outages;
mod program;
mod services;
mod stopping;
mod traces;
mod wire;
