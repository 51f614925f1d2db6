//! The `[[schedule]]` tables.

use std::collections::HashSet;

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use crate::{
    fault::{Fault, nearest},
    job::{Lane, Name, Tenant},
    report::{
        Cron, Missed, Parameter, Schedule,
        resolve::RESERVED,
        written::{
            parameter,
            sheet::{At, Section},
            time_zone,
        },
    },
};

/// Who is said to have asked when nobody is named.
const REQUESTER: &str = "schedule";

/// A report has no more.
const MOST: usize = 100;

/// Reads them; those with a fault are left out.
///
/// `parameters` are those without fault, `names` all of them: who uses a faulty one is not told so twice.
pub(super) fn read(
    root: &Section<'_>,
    zone: Tz,
    parameters: &[Parameter],
    names: &[At<std::sync::Arc<str>>],
) -> Vec<Schedule> {
    let items = root.array("schedule").unwrap_or_default();
    if items.len() > MOST {
        root.sheet.note(root.key_offset("schedule"), Fault::new(format!("there are more than {MOST} schedules")));
    }
    let mut seen = HashSet::new();
    let mut schedules = Vec::new();
    for item in items.into_iter().take(MOST) {
        let Some(section) = root.item("a [[schedule]]", item) else { continue };
        let offset = section.key_offset("name");
        let Some(schedule) = schedule(section, zone, parameters, names) else { continue };
        if seen.insert(schedule.name.clone()) {
            schedules.push(schedule);
        } else {
            let fault = Fault::new(format!("there are two schedules with the name `{}`", schedule.name));
            root.sheet.note(offset, fault.help("give each its own"));
        }
    }
    schedules
}

fn schedule(
    section: Section<'_>,
    zone: Tz,
    parameters: &[Parameter],
    names: &[At<std::sync::Arc<str>>],
) -> Option<Schedule> {
    let name = section.parsed("name", str::parse::<Name>);
    if section.get("name").is_none() {
        section.missing("name", r#"give it one that stays, such as name = "weekly""#);
    }
    let own_zone = section.parsed("time_zone", time_zone).map_or(zone, |at| at.value);
    let cron = section.parsed("cron", |text| Cron::parse(text, own_zone));
    if section.get("cron").is_none() {
        section.missing("cron", r#"say when: cron = "0 6 * * mon" is Mondays at six"#);
    }
    let tenants = tenants(&section);
    let requester = section.parsed("requester", requester).map_or_else(|| REQUESTER.to_owned(), |at| at.value);
    let lane = section.parsed("lane", str::parse::<Lane>).map(|at| at.value);
    let missed = section.parsed("missed", str::parse::<Missed>).map_or_else(Missed::default, |at| at.value);
    let parameters = given(&section, zone, parameters, names);
    section.finish(&[]);
    Some(Schedule {
        name: name?.value,
        cron: cron?.value,
        parameters: parameters?,
        tenants: tenants?,
        requester,
        lane,
        missed,
    })
}

/// `tenant = "north"` or `tenants = ["north", "south"]`.
fn tenants(section: &Section<'_>) -> Option<Vec<Tenant>> {
    let one = section.parsed("tenant", str::parse::<Tenant>);
    let many = section.array("tenants");
    match (section.get("tenant").is_some(), section.get("tenants").is_some()) {
        (true, true) => {
            let fault = Fault::new("`tenant` and `tenants` are both there");
            section.sheet.note(section.key_offset("tenant"), fault.help("keep one of them"));
            return None;
        }
        (false, false) => {
            section.missing("tenant", r#"say for whom: tenant = "default", or tenants = ["north", "south"]"#);
            return None;
        }
        (true, false) => return Some(vec![one?.value]),
        (false, true) => {}
    }
    let many = many?;
    let mut tenants: Vec<Tenant> = Vec::new();
    let mut good = true;
    for item in &many {
        let offset = item.span().start;
        match item.get_ref().as_str().map(str::parse::<Tenant>) {
            Some(Ok(tenant)) if tenants.contains(&tenant) => {
                section.sheet.note(offset, Fault::new("this tenant stands here twice").help("remove one of them"));
                good = false;
            }
            Some(Ok(tenant)) => tenants.push(tenant),
            Some(Err(error)) => {
                section.sheet.note(offset, Fault::new(format!("a tenant {error}")));
                good = false;
            }
            None => {
                section.wrong_type("tenants", item, "text in quotes");
                good = false;
            }
        }
    }
    if many.is_empty() {
        section.sheet.note(section.key_offset("tenants"), Fault::new("`tenants` names nobody"));
    }
    (good && !tenants.is_empty()).then_some(tenants)
}

fn requester(text: &str) -> Result<String, &'static str> {
    let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 200 characters") }
}

/// The parameters as a request gives them, each checked against its declaration; what is required must be there.
fn given(
    section: &Section<'_>,
    zone: Tz,
    parameters: &[Parameter],
    names: &[At<std::sync::Arc<str>>],
) -> Option<Map<String, Json>> {
    let mut given = Map::new();
    let mut good = true;
    let table = section.section("parameters");
    for (name, value) in table.iter().flat_map(Section::entries) {
        let At { value: name, offset } = name;
        match parameters.iter().find(|own| *own.name == *name) {
            Some(own) => match parameter::checked(section, name, own, value, zone) {
                Some(json) => _ = given.insert(name.to_owned(), json),
                None => good = false,
            },
            // Its declaration has a fault of its own.
            None if names.iter().any(|own| *own.value == *name) => good = false,
            None => {
                let known: Vec<&str> = parameters.iter().map(|own| &*own.name).collect();
                let help = match nearest(name, known.iter().copied()) {
                    _ if RESERVED.contains(&name) => {
                        "it comes from `tenant` and `requester` of the schedule".to_owned()
                    }
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "this report has none".to_owned(),
                    None => format!("it has {}", known.join(", ")),
                };
                section.sheet.note(offset, Fault::new(format!("`{name}` is no parameter of this report")).help(help));
                good = false;
            }
        }
    }
    for own in parameters.iter().filter(|own| own.required && !given.contains_key(&*own.name)) {
        if table.as_ref().is_none_or(|table| !table.has(&own.name)) {
            let fault =
                Fault::new(format!("this schedule doesn't give the parameter `{}`, which is required", own.name));
            section.sheet.note(section.offset, fault.help(format!("add parameters = {{ {} = … }}", own.name)));
            good = false;
        }
    }
    good.then_some(given)
}
