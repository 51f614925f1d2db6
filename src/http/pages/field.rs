//! One field of a report's form: a parameter as an input, and what was entered as text.
//!
//! **Invariant:** hints such as `min` and `pattern` only help the browser help; what counts is the definition's own check.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value as Json;

use crate::report::{FieldError, Moment, Parameter, ParameterKind};

/// Parameters' names in the form begin with this, so that none can be taken for a field of ours.
const PREFIX: &str = "p.";

/// From so many options on, a list to choose from beats buttons beside each other.
const MANY_OPTIONS: usize = 5;

/// An input with its label, hints, value and error.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    name: String,
    label: String,
    help: Option<String>,
    required: bool,
    /// `text`, `number`, `decimal`, `checkbox`, `date`, `datetime-local`, `select`, `radio`, `checkboxes` or `lines`.
    input: &'static str,
    hints: Hints,
    options: Vec<Choice>,
    /// What the input holds; several for lists.
    values: Vec<String>,
    error: Option<String>,
}

/// What the browser can check while the person types.
#[derive(Debug, Default, Serialize)]
struct Hints {
    min: Option<String>,
    max: Option<String>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<String>,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
}

impl Field {
    /// The field of a fresh form: with a value from before, or else the default.
    pub(super) fn filled(parameter: &Parameter, given: Option<&Json>, zone: Tz, now: DateTime<Utc>) -> Self {
        let value = given.or(parameter.default.as_ref()).unwrap_or(&Json::Null);
        let values = texts(&parameter.kind, value, zone, now);
        Self::new(parameter, values, None, zone, now)
    }

    /// The field of a form that was refused: as entered, with what is wrong.
    pub(super) fn refused(
        parameter: &Parameter,
        sent: &[(String, String)],
        errors: &[FieldError],
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Self {
        let values = Self::entered(parameter, sent).into_iter().map(|(_, value)| value).collect();
        let error = errors.iter().find(|error| *error.field == *parameter.name).map(|error| error.message.clone());
        Self::new(parameter, values, error, zone, now)
    }

    /// What was entered for a parameter, as `resolve_text` takes it.
    pub(super) fn entered(parameter: &Parameter, sent: &[(String, String)]) -> Vec<(String, String)> {
        let own = |name: &str| name.strip_prefix(PREFIX).is_some_and(|name| name == &*parameter.name);
        let mut values = sent.iter().filter(|(name, _)| own(name)).map(|(_, value)| value.trim().to_owned());
        let values: Vec<String> = match &parameter.kind {
            // A box that isn't ticked is not sent at all.
            ParameterKind::Boolean => vec![values.next_back().unwrap_or_else(|| "false".to_owned())],
            ParameterKind::List { .. } => {
                values.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()).collect()
            }
            _ => values.take(1).collect(),
        };
        values.into_iter().map(|value| (parameter.name.to_string(), value)).collect()
    }

    /// Whether it has an error.
    pub(super) fn is_wrong(&self) -> bool {
        self.error.is_some()
    }

    fn new(parameter: &Parameter, values: Vec<String>, error: Option<String>, zone: Tz, now: DateTime<Utc>) -> Self {
        let options = match &parameter.kind {
            ParameterKind::Choice { options } => choices(options),
            ParameterKind::List { of, .. } => match &**of {
                ParameterKind::Choice { options } => choices(options),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        Self {
            name: format!("{PREFIX}{}", parameter.name),
            label: parameter.label.clone(),
            help: parameter.help.clone(),
            required: parameter.required,
            input: input(&parameter.kind),
            hints: hints(&parameter.kind, zone, now),
            options,
            values,
            error: error.map(sentence),
        }
    }
}

fn choices(options: &[crate::report::ChoiceOption]) -> Vec<Choice> {
    options.iter().map(|option| Choice { value: option.value.clone(), label: option.label.clone() }).collect()
}

fn input(kind: &ParameterKind) -> &'static str {
    match kind {
        ParameterKind::String { .. } => "text",
        ParameterKind::Integer { .. } => "number",
        ParameterKind::Decimal { .. } => "decimal",
        ParameterKind::Boolean => "checkbox",
        ParameterKind::Date { .. } => "date",
        ParameterKind::Datetime { .. } => "datetime-local",
        ParameterKind::Choice { options } if options.len() < MANY_OPTIONS => "radio",
        ParameterKind::Choice { .. } => "select",
        ParameterKind::List { of, .. } if matches!(**of, ParameterKind::Choice { .. }) => "checkboxes",
        ParameterKind::List { .. } => "lines",
    }
}

fn hints(kind: &ParameterKind, zone: Tz, now: DateTime<Utc>) -> Hints {
    match kind {
        ParameterKind::String { pattern, min_length, max_length } => Hints {
            pattern: pattern.as_ref().map(|pattern| pattern.as_str().to_owned()),
            min_length: *min_length,
            max_length: *max_length,
            ..Hints::default()
        },
        ParameterKind::Integer { minimum, maximum } => Hints {
            min: minimum.map(|least| least.to_string()),
            max: maximum.map(|most| most.to_string()),
            ..Hints::default()
        },
        ParameterKind::Decimal { minimum, maximum } => Hints {
            min: minimum.as_ref().map(|least| least.to_plain_string()),
            max: maximum.as_ref().map(|most| most.to_plain_string()),
            ..Hints::default()
        },
        ParameterKind::Date { minimum, maximum } => {
            let bound = |moment: &Option<Moment>| moment.as_ref().and_then(|moment| date(moment, zone, now));
            Hints { min: bound(minimum), max: bound(maximum), ..Hints::default() }
        }
        ParameterKind::Datetime { minimum, maximum } => {
            let bound = |moment: &Option<Moment>| moment.as_ref().and_then(|moment| instant(moment, zone, now));
            Hints { min: bound(minimum), max: bound(maximum), ..Hints::default() }
        }
        ParameterKind::Boolean | ParameterKind::Choice { .. } | ParameterKind::List { .. } => Hints::default(),
    }
}

/// A value as its input holds it; relative dates as what they mean today.
fn texts(kind: &ParameterKind, value: &Json, zone: Tz, now: DateTime<Utc>) -> Vec<String> {
    let text = match (kind, value) {
        (_, Json::Null) => return Vec::new(),
        (ParameterKind::List { of, .. }, Json::Array(items)) => {
            return items.iter().flat_map(|item| texts(of, item, zone, now)).collect();
        }
        (ParameterKind::Date { .. }, Json::String(text)) => {
            Moment::parse_date(text).ok().and_then(|moment| date(&moment, zone, now)).unwrap_or_default()
        }
        (ParameterKind::Datetime { .. }, Json::String(text)) => {
            Moment::parse_instant(text).ok().and_then(|moment| instant(&moment, zone, now)).unwrap_or_default()
        }
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    };
    vec![text]
}

fn date(moment: &Moment, zone: Tz, now: DateTime<Utc>) -> Option<String> {
    moment.date(now, zone).map(|date| date.to_string())
}

/// As `<input type="datetime-local">` holds it: the clock time in the report's zone.
fn instant(moment: &Moment, zone: Tz, now: DateTime<Utc>) -> Option<String> {
    moment.instant(now, zone).map(|at| at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string())
}

/// `is required` → `Is required.`
fn sentence(text: String) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
