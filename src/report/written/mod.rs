//! A `report.toml`, read and checked on its own: nothing beside the file is looked at.
//!
//! Every fault is noted with its line and column, and reading goes on after it with what the fault leaves over, so that
//! one run of `check` shows everything there is to mend.

mod duration;
mod limits;
mod parameter;
mod retention;
mod retry;
mod schedule;
pub(super) mod sheet;

use std::{collections::HashSet, sync::Arc};

use chrono_tz::Tz;
use toml::de::DeTable;

use self::sheet::{At, Section, Sheet};
use crate::{
    fault::{Fault, nearest},
    job::{Lane, ReportName},
    report::{
        Access, Conformance, FileName, FleetLimits, Limits, Parameter, Retention, Retry, Schedule, resolve::RESERVED,
    },
};

/// Names that mean something else in a template.
const TAKEN: [&str; 12] =
    ["parameters", "report", "loop", "true", "false", "none", "and", "or", "not", "in", "is", "if"];

/// A `report.toml` with what its faults left of it.
pub(super) struct Written {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) template: At<String>,
    pub(super) language: String,
    pub(super) time_zone: Tz,
    pub(super) lane: Lane,
    pub(super) retry: Retry,
    pub(super) slots: u32,
    pub(super) running: Option<u32>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) file_name: FileName,
    pub(super) conformance: Conformance,
    /// The parameters without fault.
    pub(super) parameters: Vec<Parameter>,
    /// The names of all parameters, with and without fault.
    pub(super) parameter_names: Vec<At<Arc<str>>>,
    pub(super) datasets: Vec<WrittenDataset>,
    pub(super) limits: Limits,
    pub(super) retention: Retention,
    pub(super) access: Access,
}

/// A `[datasets.<name>]` table.
pub(super) struct WrittenDataset {
    pub(super) name: At<Arc<str>>,
    pub(super) one: bool,
}

/// Reads a file's text; `None` if it isn't TOML.
pub(super) fn read(sheet: &Sheet<'_>, text: &str, name: &ReportName, fleet: &FleetLimits) -> Option<Written> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let offset = error.span().map_or(0, |span| span.start);
        sheet.note(offset, Fault::new(format!("this is not TOML: {}", error.message().replace('\n', "; "))));
    }
    // What a syntax error leaves over would only be misread.
    errors.is_empty().then(|| written(Section::root(sheet, table.get_ref()), name, fleet))
}

fn written(root: Section<'_>, name: &ReportName, fleet: &FleetLimits) -> Written {
    let title = title(&root);
    let description = root.text("description").map_or_else(String::new, |text| text.value.to_owned());
    let template = root.parsed("template", template_name);
    let template = template.unwrap_or_else(|| At { value: format!("{name}.html"), offset: 0 });
    let language = root.parsed("language", language).map_or_else(|| "en".to_owned(), |at| at.value);
    let time_zone = root.parsed("time_zone", time_zone).map_or(Tz::UTC, |at| at.value);
    let lane = root.parsed("lane", |text| text.parse::<Lane>()).map_or_else(Lane::default, |at| at.value);
    let retry = retry::read(&root);
    let slots = root.count("slots", 1..=1_000).map_or(1, |count| count as u32);
    let running = running(&root);
    let conformance = root.parsed("conformance", conformance).map_or_else(Conformance::default, |at| at.value);
    let (parameters, parameter_names) = parameters(&root, time_zone);
    let schedules = schedule::read(&root, time_zone, &parameters, &parameter_names);
    let file_name = file_name(&root, name, &parameter_names);
    let datasets = datasets(&root);
    let limits = limits::read(&root, fleet);
    let retention = retention::read(&root);
    let access = access(&root);
    root.finish(&[]);
    Written {
        title,
        description,
        template,
        language,
        time_zone,
        lane,
        retry,
        slots,
        running,
        schedules,
        file_name,
        conformance,
        parameters,
        parameter_names,
        datasets,
        limits,
        retention,
        access,
    }
}

fn title(root: &Section<'_>) -> String {
    let title = root.text("title");
    match title {
        Some(At { value, offset }) if value.trim().is_empty() => {
            root.sheet.note(offset, Fault::new("`title` is empty").help("say in a few words what the report shows"));
        }
        None if root.get("title").is_none() => root.missing("title", r#"add a first line such as title = "Invoice""#),
        _ => {}
    }
    title.map_or_else(String::new, |title| title.value.trim().to_owned())
}

/// A file within the templates folder: relative, downwards, plain names.
fn template_name(text: &str) -> Result<String, &'static str> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let fits = text.len() <= 200 && text.ends_with(".html") && text.split('/').all(plain);
    if fits { Ok(text.to_owned()) } else { Err("must name an .html file within the templates folder") }
}

/// The form of a BCP 47 tag; whether the language exists isn't known here.
fn language(text: &str) -> Result<String, &'static str> {
    let alphanumeric = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let first = text.split('-').next().unwrap_or_default();
    let letters = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    let fits = letters && text.len() <= 35 && text.split('-').all(alphanumeric);
    if fits { Ok(text.to_owned()) } else { Err("must be a language tag such as en, de-CH or ar") }
}

fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| match nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(near) => format!("is no IANA time zone; did you mean {near}?"),
        None => "is no IANA time zone, such as UTC or Europe/Berlin".to_owned(),
    })
}

fn conformance(text: &str) -> Result<Conformance, &'static str> {
    match text {
        "2a" => Ok(Conformance::Accessible),
        "2u" => Ok(Conformance::Archival),
        _ => Err("must be 2a (archival and accessible) or 2u (archival, for bulk lists)"),
    }
}

fn parameters(root: &Section<'_>, zone: Tz) -> (Vec<Parameter>, Vec<At<Arc<str>>>) {
    let (mut parameters, mut names) = (Vec::new(), Vec::new());
    for (At { value: name, offset }, section) in root.sections("parameters") {
        if RESERVED.contains(&name) {
            let fault = Fault::new(format!("`{name}` can't be a parameter: it is bound from the verified caller"));
            root.sheet.note(offset, fault.help(format!("remove it; `:{name}` is there in every SQL file")));
        } else if identifier(root, "a parameter", name, offset) {
            names.push(At { value: Arc::from(name), offset });
        }
        parameters.extend(parameter::parameter(name, section, zone));
    }
    (parameters, names)
}

/// A name that SQL (`:name`) and templates (`{{ name }}`) can both use.
fn identifier(root: &Section<'_>, what: &str, name: &str, offset: usize) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let fits = first && name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fits {
        let fault = Fault::new(format!("this is no name for {what}"));
        root.sheet.note(offset, fault.help("use up to 63 letters, digits and `_`, beginning with a letter"));
    }
    fits
}

fn file_name(root: &Section<'_>, name: &ReportName, parameters: &[At<Arc<str>>]) -> FileName {
    let default = || FileName::by_date(name);
    let Some(At { value: text, offset }) = root.text("file_name") else { return default() };
    let parsed = match FileName::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            root.sheet.note(offset + 1 + error.offset, Fault::new(error.message));
            return default();
        }
    };
    for placeholder in parsed.parameters() {
        if parameters.iter().all(|own| *own.value != *placeholder) {
            let known = parameters.iter().map(|own| &*own.value).chain(["date"]);
            let help = match nearest(placeholder, known) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => "placeholders are `{date}` and the names of parameters in braces".to_owned(),
            };
            let fault = Fault::new(format!("`file_name` names `{{{placeholder}}}`, which is no parameter"));
            root.sheet.note(offset, fault.help(help));
        }
    }
    parsed
}

fn datasets(root: &Section<'_>) -> Vec<WrittenDataset> {
    let mut datasets = Vec::new();
    for (At { value: name, offset }, section) in root.sections("datasets") {
        let one = section.boolean("one").is_some_and(|one| one.value);
        section.finish(&[]);
        if TAKEN.contains(&name) {
            let fault = Fault::new(format!("`{name}` means something else in a template"));
            root.sheet.note(offset, fault.help("call the dataset and its SQL file otherwise"));
        } else if identifier(root, "a dataset", name, offset) {
            datasets.push(WrittenDataset { name: At { value: Arc::from(name), offset }, one });
        }
    }
    if root.get("datasets").is_none() {
        root.missing("datasets", "add a table such as [datasets.lines] and the file lines.sql beside this one");
    }
    datasets
}

/// `[queue] running`: the most of its jobs at once.
fn running(root: &Section<'_>) -> Option<u32> {
    let section = root.section("queue")?;
    let running = section.count("running", 1..=1_000_000);
    section.finish(&[]);
    running.map(|count| count as u32)
}

fn access(root: &Section<'_>) -> Access {
    let Some(section) = root.section("access") else { return Access::default() };
    let items = section.array("roles");
    let mut roles = Vec::new();
    let mut seen = HashSet::new();
    for item in items.iter().flatten() {
        match item.get_ref().as_str() {
            Some(role) if role.trim().is_empty() => {
                section.sheet.note(item.span().start, Fault::new("a role can't be empty"));
            }
            Some(role) if seen.insert(role) => roles.push(role.to_owned()),
            Some(_) => {}
            None => section.wrong_type("roles", item, "text in quotes"),
        }
    }
    if roles.is_empty() {
        // An empty list would let everyone in, which is hardly what someone who writes this table means.
        let fault = Fault::new("`[access]` names no role, so it would let everyone in");
        section.sheet.note(section.offset, fault.help(r#"name roles = ["…"], or remove the table"#));
    }
    section.finish(&[]);
    Access { roles }
}
