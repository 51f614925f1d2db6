//! One report's journey from request to download, through the real program.

mod embedded;
mod program;
mod services;
