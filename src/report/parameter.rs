//! Parameters: what is declared, and how what someone asked becomes checked values.

use std::sync::Arc;

use serde::Serialize;

use crate::value::Value;

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name: letters, digits and `_`; bound as `:name`.
    pub name: Arc<str>,
    /// What it holds, with its bounds.
    pub kind: ParameterKind,
    /// Whether a request must give it.
    pub required: bool,
    /// What it is when a request doesn't give it; relative dates as written (`today - 1y`).
    pub default: Option<serde_json::Value>,
    /// For people, beside the form's field.
    pub label: String,
    /// A sentence below the form's field.
    pub help: Option<String>,
}

/// What a parameter holds. Bounds of dates may be relative.
#[derive(Debug, Clone)]
pub enum ParameterKind {
    /// Text.
    String {
        /** A regular expression that the whole text must match. */
        pattern: Option<regex::Regex>,
        /** Least length in characters. */
        min_length: Option<usize>,
        /** Greatest length in characters. */
        max_length: Option<usize>,
    },
    /// A whole number.
    Integer {
        /** The least. */
        minimum: Option<i64>,
        /** The greatest. */
        maximum: Option<i64>,
    },
    /// An exact decimal, written as a JSON number or string.
    Decimal {
        /** The least. */
        minimum: Option<bigdecimal::BigDecimal>,
        /** The greatest. */
        maximum: Option<bigdecimal::BigDecimal>,
    },
    /// A truth value.
    Boolean,
    /// A calendar date, `YYYY-MM-DD` or relative.
    Date {
        /** The earliest. */
        minimum: Option<String>,
        /** The latest. */
        maximum: Option<String>,
    },
    /// An instant, RFC 3339 or relative.
    Datetime {
        /** The earliest. */
        minimum: Option<String>,
        /** The latest. */
        maximum: Option<String>,
    },
    /// One of a few words.
    Choice {
        /** Value and label of each. */
        options: Vec<(String, String)>,
    },
    /// Several values of one kind.
    List {
        /** Of which kind. */
        of: Box<ParameterKind>,
        /** The fewest. */
        min_items: Option<usize>,
        /** The most. */
        max_items: Option<usize>,
    },
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The parameter's name, or the unknown name that was given.
    pub field: String,
    /// A stable word for programs: `required`, `type`, `minimum`, `maximum`, `pattern`, `choice`, `unknown`, …
    pub code: String,
    /// A sentence for people; doesn't repeat the value.
    pub message: String,
}

/// Checked values, ready to bind, in the order of the definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters(pub Vec<(Arc<str>, Value)>);
