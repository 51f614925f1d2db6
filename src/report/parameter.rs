//! Parameters: what is declared, and what is said about a request that doesn't fit.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use serde::Serialize;

use crate::{report::moment::Moment, value::Value};

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name: letters, digits and `_`; bound as `:name`.
    pub name: Arc<str>,
    /// What it holds, with its bounds.
    pub kind: ParameterKind,
    /// Whether a request must give it. One that isn't required and has no default is `NULL` when not given.
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
        /** What the whole text must match. */
        pattern: Option<Pattern>,
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
        minimum: Option<BigDecimal>,
        /** The greatest. */
        maximum: Option<BigDecimal>,
    },
    /// A truth value.
    Boolean,
    /// A calendar date, `YYYY-MM-DD` or relative.
    Date {
        /** The earliest. */
        minimum: Option<Moment>,
        /** The latest. */
        maximum: Option<Moment>,
    },
    /// An instant, RFC 3339 or relative.
    Datetime {
        /** The earliest. */
        minimum: Option<Moment>,
        /** The latest. */
        maximum: Option<Moment>,
    },
    /// One of a few words.
    Choice {
        /** In the order of the file. */
        options: Vec<ChoiceOption>,
    },
    /// Several values of one kind, which is no list itself.
    List {
        /** Of which kind. */
        of: Box<ParameterKind>,
        /** The fewest. */
        min_items: Option<usize>,
        /** The most. */
        max_items: Option<usize>,
    },
}

impl ParameterKind {
    /// The word that a definition uses for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::String { .. } => "string",
            Self::Integer { .. } => "integer",
            Self::Decimal { .. } => "decimal",
            Self::Boolean => "boolean",
            Self::Date { .. } => "date",
            Self::Datetime { .. } => "datetime",
            Self::Choice { .. } => "choice",
            Self::List { .. } => "list",
        }
    }
}

/// One of a choice's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// What is bound.
    pub value: String,
    /// What people see.
    pub label: String,
}

/// A regular expression that a whole text must match.
///
/// Matching takes time linear in the text (no backtracking), so no pattern and no text can hang a process.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    whole: regex::Regex,
}

impl Pattern {
    /// Compiles an expression.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        regex::Regex::new(text)?;
        let whole = regex::RegexBuilder::new(&format!(r"\A(?:{text})\z")).size_limit(1 << 20).build()?;
        Ok(Self { text: text.to_owned(), whole })
    }

    /// The expression as written, without anchors.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The parameter's name, or the unknown name that was given.
    pub field: String,
    /// A stable word for programs: `required`, `type`, `minimum`, `maximum`, `pattern`, `choice`, `min_length`,
    /// `max_length`, `min_items`, `max_items` or `unknown`.
    pub code: &'static str,
    /// A sentence for people; doesn't repeat the value.
    pub message: String,
}

/// Checked values, ready to bind, in the order of the definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters(pub Vec<(Arc<str>, Value)>);

impl Parameters {
    /// The value of a declared parameter; `Value::Null` when it was not given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| &**own == name).map(|(_, value)| value)
    }
}
