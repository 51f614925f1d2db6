//! Parse, build, run, exit code; nothing else.

fn main() {}
