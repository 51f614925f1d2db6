//! What the process finds around itself, as a value that tests can make up.

use std::{collections::BTreeMap, ffi::OsString, io::IsTerminal};

use super::setting::{self, CONFIG_VARIABLE};
use crate::fault::{self, Fault};

const PREFIX: &str = "PRESSROOM_";

/// Variables of a standard that hold for us too; the collector's address may be kept in a file.
const STANDARD: [&str; 3] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT_FILE", "OTEL_SERVICE_NAME"];

/// Variables that others set: our own tests, and Kubernetes for a service that is called `pressroom`.
const FOREIGN: [&str; 3] = ["PRESSROOM_TEST_", "PRESSROOM_SERVICE_", "PRESSROOM_PORT"];

/// The surroundings of a process: its `PRESSROOM_*` and OpenTelemetry variables, and what defaults are made of.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// Names of variables whose value is no text.
    garbled: Vec<String>,
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
        let (variables, garbled) = ours(std::env::vars_os());
        let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            variables,
            garbled,
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
            garbled: Vec::new(),
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

    /// A fault for each variable whose value is no text.
    pub(super) fn garbled_variables(&self) -> Vec<Fault> {
        self.garbled.iter().map(|name| Fault::new(format!("{name} must be UTF-8 text"))).collect()
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

fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) || STANDARD.contains(&name)
}

/// Our variables, and the names of those that aren't UTF-8.
fn ours(all: impl Iterator<Item = (OsString, OsString)>) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut variables, mut garbled) = (BTreeMap::new(), Vec::new());
    for (name, value) in all {
        let Some(name) = name.into_string().ok().filter(|name| is_ours(name)) else { continue };
        match value.into_string() {
            Ok(value) => drop(variables.insert(name, value)),
            Err(_) => garbled.push(name),
        }
    }
    (variables, garbled)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn a_value_that_is_no_text_is_told_by_its_name() {
        let set = |name: &str, value: &[u8]| (OsString::from(name), OsString::from_vec(value.to_vec()));
        let all = [set("PRESSROOM_A", b"a"), set("PRESSROOM_B", b"redis://\xff"), set("OTHER", b"\xff")];
        let (variables, garbled) = ours(all.into_iter());
        assert_eq!(variables.keys().collect::<Vec<_>>(), ["PRESSROOM_A"]);
        assert_eq!(garbled, ["PRESSROOM_B"]);
        let environment = Environment { garbled, ..Environment::of([("PRESSROOM_A", "a")]) };
        assert_eq!(environment.garbled_variables()[0].to_string(), "error: PRESSROOM_B must be UTF-8 text");
    }
}
