//! One `[parameters.<name>]` table.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value as Json;
use toml::{Spanned, de::DeValue};

use crate::{
    fault::{Fault, nearest},
    report::{
        ChoiceOption, Moment, Parameter, ParameterKind, Pattern,
        check::{MOST_ITEMS_EVER, Occasion, parse_decimal},
        moment::MomentError,
        written::sheet::{At, Section},
    },
};

const TYPES: [&str; 8] = ["string", "integer", "decimal", "boolean", "date", "datetime", "choice", "list"];

/// Keys of some type or other.
const KEYS: [&str; 9] =
    ["minimum", "maximum", "pattern", "min_length", "max_length", "options", "items", "min_items", "max_items"];

/// The greatest `max_length`.
const LONGEST_EVER: u64 = 100_000;

/// Reads a parameter; `None` if it can't be used, which was then noted.
pub(super) fn parameter(name: &str, section: Section<'_>, zone: Tz) -> Option<Parameter> {
    let kind = kind(&section, &TYPES);
    let default = section.get("default");
    let required = section.boolean("required");
    let label = section.text("label").map_or_else(|| label_of(name), |label| label.value.to_owned());
    let help = section.text("help").map(|help| help.value.to_owned());
    if let (Some(At { value: true, offset }), Some(_)) = (required, default) {
        let fault = Fault::new("a parameter with a default is never required");
        section.sheet.note(offset, fault.help("remove `required` or `default`"));
    }
    let required = required.map_or(default.is_none(), |required| required.value);
    let parameter = kind.map(|kind| {
        let mut parameter = Parameter { name: name.into(), kind, required, default: None, label, help };
        parameter.default = default.and_then(|written| checked(&section, "default", &parameter, written, zone));
        parameter
    });
    section.finish(&KEYS);
    parameter
}

/// `patient_id` → `Patient id`.
fn label_of(name: &str) -> String {
    let words = name.replace('_', " ");
    let words = words.trim();
    words.chars().take(1).flat_map(char::to_uppercase).chain(words.chars().skip(1)).collect()
}

fn kind(section: &Section<'_>, types: &[&'static str]) -> Option<ParameterKind> {
    let Some(word) = section.text("type") else {
        if section.get("type").is_none() {
            section.missing("type", &format!("add one of: {}", types.join(", ")));
        }
        return None;
    };
    let kind = match word.value {
        "string" => string(section),
        "integer" => integer(section),
        "decimal" => decimal(section),
        "boolean" => ParameterKind::Boolean,
        "date" => {
            let (minimum, maximum) = moments(section, MomentError::NotADate, Moment::parse_date);
            ParameterKind::Date { minimum, maximum }
        }
        "datetime" => {
            let (minimum, maximum) = moments(section, MomentError::NotAnInstant, Moment::parse_instant);
            ParameterKind::Datetime { minimum, maximum }
        }
        "choice" => choice(section)?,
        "list" if types.contains(&"list") => list(section)?,
        other => {
            let help = match nearest(other, types.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of: {}", types.join(", ")),
            };
            section.sheet.note(word.offset, Fault::new("this is no type of a parameter").help(help));
            return None;
        }
    };
    Some(kind)
}

fn string(section: &Section<'_>) -> ParameterKind {
    let min_length = section.count("min_length", 0..=LONGEST_EVER);
    let max_length = section.count("max_length", 1..=LONGEST_EVER);
    in_order(section, "min_length", min_length, "max_length", max_length);
    let pattern = section.parsed("pattern", |text| {
        // The first line of the compiler's message repeats the pattern and marks the place over several lines.
        Pattern::new(text).map_err(|error| {
            let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("is no regular expression: {reason}")
        })
    });
    ParameterKind::String {
        pattern: pattern.map(|pattern| pattern.value),
        min_length: min_length.map(|length| length as usize),
        max_length: max_length.map(|length| length as usize),
    }
}

fn integer(section: &Section<'_>) -> ParameterKind {
    let minimum = section.integer("minimum").map(|at| at.value);
    let maximum = section.integer("maximum").map(|at| at.value);
    in_order(section, "minimum", minimum, "maximum", maximum);
    ParameterKind::Integer { minimum, maximum }
}

fn decimal(section: &Section<'_>) -> ParameterKind {
    let bound = |key| {
        let value = section.get(key)?;
        let read = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => parse_decimal(number.as_str()),
            DeValue::Float(number) => parse_decimal(number.as_str()),
            DeValue::String(text) => parse_decimal(text),
            _ => {
                section.wrong_type(key, value, "a number");
                return None;
            }
        };
        let noted = |wrong: crate::report::check::Wrong| {
            section.sheet.note(value.span().start, Fault::new(format!("`{key}` {}", wrong.message)));
        };
        read.map_err(noted).ok()
    };
    let (minimum, maximum): (Option<BigDecimal>, _) = (bound("minimum"), bound("maximum"));
    in_order(section, "minimum", minimum.as_ref(), "maximum", maximum.as_ref());
    ParameterKind::Decimal { minimum, maximum }
}

fn moments(
    section: &Section<'_>,
    otherwise: MomentError,
    parse: fn(&str) -> Result<Moment, MomentError>,
) -> (Option<Moment>, Option<Moment>) {
    let bound = |key| {
        let value = section.get(key)?;
        let read = match value.get_ref() {
            DeValue::String(text) => parse(text),
            DeValue::Datetime(at) => parse(&at.to_string()),
            _ => Err(otherwise),
        };
        read.map_err(|error| section.sheet.note(value.span().start, Fault::new(format!("`{key}` {error}")))).ok()
    };
    let (minimum, maximum) = (bound("minimum"), bound("maximum"));
    if let (Some(least), Some(most)) = (&minimum, &maximum)
        && least.is_fixed() == most.is_fixed()
    {
        let on = |moment: &Moment| moment.instant(some_day(), Tz::UTC);
        in_order(section, "minimum", on(least), "maximum", on(most));
    }
    (minimum, maximum)
}

fn choice(section: &Section<'_>) -> Option<ParameterKind> {
    if section.get("options").is_none() {
        section.missing("options", r#"list what can be chosen: options = ["paid", "open"]"#);
        return None;
    }
    let mut options: Vec<ChoiceOption> = Vec::new();
    for item in section.array("options")? {
        let Some(option) = option(section, item) else { continue };
        let offset = item.span().start;
        if option.value.is_empty() {
            section.sheet.note(offset, Fault::new("an option's value can't be empty"));
        } else if options.iter().any(|own| own.value == option.value) {
            section.sheet.note(offset, Fault::new("this option stands here twice").help("remove one of them"));
        } else {
            options.push(option);
        }
    }
    if options.is_empty() {
        section.sheet.note(section.key_offset("options"), Fault::new("`options` holds nothing to choose from"));
        return None;
    }
    Some(ParameterKind::Choice { options })
}

fn option<'a>(section: &Section<'a>, item: &'a Spanned<DeValue<'a>>) -> Option<ChoiceOption> {
    match item.get_ref() {
        DeValue::String(value) => Some(ChoiceOption { value: value.to_string(), label: value.to_string() }),
        DeValue::Table(_) => {
            let option = section.item("an option", item)?;
            let value = option.text("value").map(|value| value.value.to_owned());
            if option.get("value").is_none() {
                option.missing("value", r#"write { value = "paid", label = "Paid in full" }"#);
            }
            let label = option.text("label").map(|label| label.value.to_owned());
            option.finish(&[]);
            let value = value?;
            Some(ChoiceOption { label: label.unwrap_or_else(|| value.clone()), value })
        }
        _ => {
            section.wrong_type("options", item, r#"text in quotes or { value = "…", label = "…" }"#);
            None
        }
    }
}

fn list(section: &Section<'_>) -> Option<ParameterKind> {
    let most = MOST_ITEMS_EVER as u64;
    let min_items = section.count("min_items", 0..=most);
    let max_items = section.count("max_items", 1..=most);
    in_order(section, "min_items", min_items, "max_items", max_items);
    if section.get("items").is_none() {
        section.missing("items", r#"say what the list holds: items = { type = "integer" }"#);
    }
    let items = section.section("items")?;
    let of = kind(&items, &TYPES[..7]);
    items.finish(&KEYS);
    Some(ParameterKind::List {
        of: Box::new(of?),
        min_items: min_items.map(|count| count as usize),
        max_items: max_items.map(|count| count as usize),
    })
}

fn in_order<T: PartialOrd>(section: &Section<'_>, low: &str, least: Option<T>, high: &str, most: Option<T>) {
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        let fault = Fault::new(format!("`{low}` is greater than `{high}`: nothing lies between them"));
        section.sheet.note(section.key_offset(low), fault.help("exchange them or remove one"));
    }
}

/// What stands at `key` as JSON, if it fits the parameter on every day.
pub(super) fn checked(
    section: &Section<'_>,
    key: &str,
    parameter: &Parameter,
    written: &Spanned<DeValue<'_>>,
    zone: Tz,
) -> Option<Json> {
    let note = |message: String| section.sheet.note(written.span().start, Fault::new(message));
    let Some(json) = json_of(written.get_ref()) else {
        note(format!("`{key}` can't be a table, nor a number that isn't one"));
        return None;
    };
    let occasion = Occasion { now: Some(some_day()), zone };
    let fits = if comparable(&parameter.kind, &json) {
        parameter.check(&json, occasion).map(drop)
    } else {
        parameter.kind.read(&json, occasion).map(drop)
    };
    fits.map_err(|wrong| note(format!("`{key}` {}", wrong.message))).ok().map(|()| json)
}

/// Whether the default lies within its bounds on every day or on none: a fixed date and a relative bound don't tell.
fn comparable(kind: &ParameterKind, default: &Json) -> bool {
    let fixed = |parse: fn(&str) -> Result<Moment, MomentError>| {
        default.as_str().and_then(|text| parse(text).ok()).map(|moment| moment.is_fixed())
    };
    let (minimum, maximum, fixed) = match kind {
        ParameterKind::Date { minimum, maximum } => (minimum, maximum, fixed(Moment::parse_date)),
        ParameterKind::Datetime { minimum, maximum } => (minimum, maximum, fixed(Moment::parse_instant)),
        ParameterKind::List { of, .. } => {
            return default.as_array().is_none_or(|items| items.iter().all(|item| comparable(of, item)));
        }
        _ => return true,
    };
    minimum.iter().chain(maximum).all(|bound| Some(bound.is_fixed()) == fixed)
}

/// Some day on which relative dates are compared with each other.
fn some_day() -> DateTime<Utc> {
    DateTime::from_timestamp(961_070_400, 0).unwrap_or_default()
}

fn json_of(value: &DeValue<'_>) -> Option<Json> {
    match value {
        DeValue::String(text) => Some(Json::from(&**text)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(Json::from),
        DeValue::Float(number) => serde_json::Number::from_f64(number.as_str().parse().ok()?).map(Json::Number),
        DeValue::Boolean(truth) => Some(Json::Bool(*truth)),
        DeValue::Datetime(at) => Some(Json::from(at.to_string())),
        DeValue::Array(items) => items.iter().map(|item| json_of(item.get_ref())).collect(),
        DeValue::Table(_) => None,
    }
}
