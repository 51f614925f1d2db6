//! `--param name=value`, as often as needed.

use clap::Args;

/// The parameters of a report.
#[derive(Debug, Args)]
pub(super) struct Params {
    /// A parameter; repeat it for each, and for each member of a list.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = split)]
    pub(super) given: Vec<(String, String)>,
}

fn split(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE, for example patient_id=7".to_owned()),
    }
}
