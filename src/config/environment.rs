//! What the process finds around itself, as a value that tests can make up.

use std::{collections::BTreeMap, io::IsTerminal};

use super::setting::{self, CONFIG_VARIABLE};
use crate::fault::{self, Fault};

const PREFIX: &str = "PRESSROOM_";

/// Variables that others set: our own tests, and Kubernetes for a service that is called `pressroom`.
const FOREIGN: [&str; 3] = ["PRESSROOM_TEST_", "PRESSROOM_SERVICE_", "PRESSROOM_PORT"];

/// The surroundings of a process: its `PRESSROOM_*` variables, and what defaults are made of.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The machine's name.
    pub host_name: String,
    /// The process id.
    pub process_id: u32,
    /// How many threads run at once.
    pub cores: usize,
    /// Whether a person reads standard error.
    pub stderr_is_terminal: bool,
}

impl Environment {
    /// This process's surroundings.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            variables,
            host_name: host_name.trim().to_owned(),
            process_id: std::process::id(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Made-up surroundings with these variables.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self {
            variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            host_name: "host".to_owned(),
            process_id: 1,
            cores: 2,
            stderr_is_terminal: false,
        }
    }

    /// A variable; an empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A warning for each `PRESSROOM_*` variable that means nothing here: most likely a slip of the pen.
    pub(super) fn unknown_variables(&self) -> Vec<Fault> {
        let mut known: Vec<String> = setting::all().flat_map(|setting| setting.variables()).collect();
        known.push(CONFIG_VARIABLE.to_owned());
        self.variables
            .keys()
            .filter(|name| !known.contains(name) && !FOREIGN.iter().any(|prefix| name.starts_with(prefix)))
            .map(|name| {
                let fault = Fault::new(format!("the variable {name} is not known and has no effect")).warning();
                match fault::nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => fault.help(format!("did you mean {near}?")),
                    None => fault,
                }
            })
            .collect()
    }
}

/// Without the variables: they hold secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}
