//! What someone asked becomes checked values.
//!
//! A request is *resolved* once, when it is accepted: everything wrong is listed at once, defaults are filled in and
//! relative dates become fixed ones. A job keeps the result as JSON, and each attempt *binds* that again, by type alone:
//! bounds were checked on the day they were meant for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use crate::{
    fault::nearest,
    report::{
        Definition, FieldError, Parameter, ParameterKind, Parameters,
        check::{Occasion, Wrong, to_json},
    },
    value::Value,
};

/// The most unknown names that are listed.
const MOST_UNKNOWN: usize = 20;

/// Names that are bound from who asks and can't be given.
pub(super) const RESERVED: [&str; 2] = ["tenant", "requester"];

/// Parameters that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// As JSON: defaults filled in, relative dates resolved, what is `NULL` left out; what a job keeps.
    pub canonical: Map<String, Json>,
    /// As values, ready to bind.
    pub values: Parameters,
}

impl Definition {
    /// Checks what was given against the parameters and lists everything that is wrong.
    ///
    /// JSON `null` is the same as not given. Relative dates start from `now` in the report's time zone.
    pub fn resolve(&self, given: &Map<String, Json>, now: DateTime<Utc>) -> Result<Resolved, Vec<FieldError>> {
        let occasion = Occasion { now: Some(now), zone: self.time_zone };
        let mut errors = self.unknown(given.keys());
        let mut values = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            match parameter.resolve(given.get(&*parameter.name), occasion) {
                Ok(value) => values.push((parameter.name.clone(), value)),
                Err(wrong) => errors.push(wrong.of(&parameter.name)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let present = values.iter().filter(|(_, value)| !value.is_null());
        let canonical = present.map(|(name, value)| (name.to_string(), to_json(value))).collect();
        Ok(Resolved { canonical, values: Parameters(values) })
    }

    /// As [`Definition::resolve`], from text as command lines and HTML forms give it.
    pub fn resolve_text(&self, given: &[(String, String)], now: DateTime<Utc>) -> Result<Resolved, Vec<FieldError>> {
        self.resolve(&self.read_text(given)?, now)
    }

    /// Turns text, as command lines and HTML forms give it, into what a request holds; nothing is checked yet.
    ///
    /// An empty text is the same as not given. A list is a repeated name or one text with commas; any other name that
    /// comes twice with different texts is an error.
    pub fn read_text(&self, given: &[(String, String)]) -> Result<Map<String, Json>, Vec<FieldError>> {
        let mut errors = self.unknown(given.iter().map(|(name, _)| name));
        let mut read = Map::new();
        for Parameter { name, kind, .. } in &self.parameters {
            let mut texts: Vec<&str> = given
                .iter()
                .filter(|(own, text)| **own == **name && !text.is_empty())
                .map(|(_, t)| t.as_str())
                .collect();
            if let ParameterKind::List { .. } = kind {
                if let [one] = texts[..] {
                    texts = one.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
                }
                if !texts.is_empty() {
                    read.insert(name.to_string(), texts.into_iter().map(Json::from).collect());
                }
                continue;
            }
            texts.dedup();
            match texts[..] {
                [] => {}
                [one] => _ = read.insert(name.to_string(), Json::from(one)),
                _ => errors.push(Wrong::new("type", "was given more than once").of(name)),
            }
        }
        if errors.is_empty() { Ok(read) } else { Err(errors) }
    }

    /// Turns the JSON that a job keeps back into values.
    ///
    /// Only the types are checked: a definition may have changed since the job was accepted, its bounds may have moved.
    pub fn bind(&self, canonical: &Map<String, Json>) -> Result<Parameters, Vec<FieldError>> {
        let occasion = Occasion { now: None, zone: self.time_zone };
        let mut errors = self.unknown(canonical.keys());
        let mut values = Vec::with_capacity(self.parameters.len());
        for Parameter { name, kind, required, .. } in &self.parameters {
            let value = match canonical.get(&**name).filter(|json| !json.is_null()) {
                Some(json) => kind.read(json, occasion),
                None if *required => Err(Wrong::required()),
                None => Ok(Value::Null),
            };
            match value {
                Ok(value) => values.push((name.clone(), value)),
                Err(wrong) => errors.push(wrong.of(name)),
            }
        }
        if errors.is_empty() { Ok(Parameters(values)) } else { Err(errors) }
    }

    fn unknown<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<FieldError> {
        let mut unknown: Vec<&String> =
            names.filter(|name| self.parameters.iter().all(|own| *own.name != ***name)).collect();
        unknown.dedup();
        unknown.into_iter().take(MOST_UNKNOWN).map(|name| self.unknown_name(name)).collect()
    }

    fn unknown_name(&self, name: &str) -> FieldError {
        let message = if RESERVED.contains(&name) {
            "comes from who asks and can't be given".to_owned()
        } else {
            match nearest(name, self.parameters.iter().map(|own| &*own.name)) {
                Some(near) => format!("is no parameter of this report; did you mean `{near}`?"),
                None if self.parameters.is_empty() => "is no parameter of this report, which has none".to_owned(),
                None => {
                    let names: Vec<&str> = self.parameters.iter().map(|own| &*own.name).collect();
                    format!("is no parameter of this report; it has {}", names.join(", "))
                }
            }
        };
        // What was meant as a value can end up as a name, and field names are logged.
        let plain = name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let field = if plain { name.to_owned() } else { "(not a name)".to_owned() };
        FieldError { field, code: "unknown", message }
    }
}

impl Parameter {
    fn resolve(&self, given: Option<&Json>, occasion: Occasion) -> Result<Value, Wrong> {
        match given.filter(|json| !json.is_null()).or(self.default.as_ref()) {
            Some(json) => self.check(json, occasion),
            None if self.required => Err(Wrong::required()),
            None => Ok(Value::Null),
        }
    }

    /// Reads a value and checks its bounds.
    pub(super) fn check(&self, json: &Json, occasion: Occasion) -> Result<Value, Wrong> {
        let value = self.kind.read(json, occasion)?;
        self.kind.check_bounds(&value, occasion)?;
        Ok(value)
    }
}

impl Wrong {
    fn required() -> Self {
        Self::new("required", "is required")
    }

    fn of(self, name: &Arc<str>) -> FieldError {
        FieldError { field: name.to_string(), code: self.code, message: self.message }
    }
}
