//! What is drawn: HTML and CSS become a checked template, before any data.
//!
//! **Invariant:** strict: what isn't supported is a [`crate::fault::Fault`] with file, line, column and what to use
//! instead. Reads files only inside the templates folder. Data can never become markup.
