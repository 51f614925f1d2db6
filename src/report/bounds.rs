//! Whether a value lies within its parameter's bounds.

use std::fmt::Display;

use chrono::{DateTime, Utc};

use crate::{
    report::{
        check::{LONGEST_TEXT, MOST_ITEMS, Occasion, Wrong},
        moment::Moment,
        parameter::ParameterKind,
    },
    value::Value,
};

impl ParameterKind {
    /// Checks a value that [`ParameterKind::read`] gave against the bounds.
    pub(super) fn check_bounds(&self, value: &Value, occasion: Occasion) -> Result<(), Wrong> {
        match (self, value) {
            (Self::String { pattern, min_length, max_length }, Value::Text(text)) => {
                let length = text.chars().count();
                least("min_length", "character", length, *min_length)?;
                most("max_length", "character", length, max_length.unwrap_or(LONGEST_TEXT))?;
                match pattern {
                    Some(pattern) if !pattern.matches(text) => {
                        Err(Wrong::new("pattern", format!("must match the pattern {}", pattern.as_str())))
                    }
                    _ => Ok(()),
                }
            }
            (Self::Integer { minimum, maximum }, Value::Int(number)) => {
                between(number, minimum.as_ref(), maximum.as_ref())
            }
            (Self::Decimal { minimum, maximum }, Value::Decimal(number)) => {
                between(number, minimum.as_ref(), maximum.as_ref())
            }
            (Self::Date { minimum, maximum }, Value::Date(date)) => {
                let now = occasion.now.unwrap_or_default();
                let on = |bound: &Moment| bound.date(now, occasion.zone);
                moments(date, minimum.as_ref(), maximum.as_ref(), on, |bound, at| (bound.to_string(), at.to_string()))
            }
            (Self::Datetime { minimum, maximum }, Value::Instant(at)) => {
                let now = occasion.now.unwrap_or_default();
                let when = |bound: &Moment| bound.instant(now, occasion.zone);
                let shown = |bound: &Moment, at: &DateTime<Utc>| {
                    (bound.to_string(), at.with_timezone(&occasion.zone).format("%Y-%m-%d %H:%M %Z").to_string())
                };
                moments(at, minimum.as_ref(), maximum.as_ref(), when, shown)
            }
            (Self::List { of, min_items, max_items }, Value::List(items)) => {
                least("min_items", "item", items.len(), *min_items)?;
                most("max_items", "item", items.len(), max_items.unwrap_or(MOST_ITEMS))?;
                items.iter().enumerate().try_for_each(|(i, item)| {
                    of.check_bounds(item, occasion)
                        .map_err(|wrong| Wrong::new(wrong.code, format!("item {}: {}", i + 1, wrong.message)))
                })
            }
            _ => Ok(()),
        }
    }
}

fn least(code: &'static str, what: &str, count: usize, minimum: Option<usize>) -> Result<(), Wrong> {
    match minimum {
        Some(minimum) if count < minimum => {
            Err(Wrong::new(code, format!("must have at least {}", many(minimum, what))))
        }
        _ => Ok(()),
    }
}

fn most(code: &'static str, what: &str, count: usize, maximum: usize) -> Result<(), Wrong> {
    if count > maximum { Err(Wrong::new(code, format!("must have at most {}", many(maximum, what)))) } else { Ok(()) }
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn between<T: PartialOrd + Display>(value: &T, minimum: Option<&T>, maximum: Option<&T>) -> Result<(), Wrong> {
    match (minimum, maximum) {
        (Some(minimum), _) if value < minimum => Err(Wrong::new("minimum", format!("must be at least {minimum}"))),
        (_, Some(maximum)) if value > maximum => Err(Wrong::new("maximum", format!("must be at most {maximum}"))),
        _ => Ok(()),
    }
}

/// As [`between`], for bounds that may be relative: those are shown as written and as they are today.
fn moments<T: PartialOrd>(
    value: &T,
    minimum: Option<&Moment>,
    maximum: Option<&Moment>,
    resolve: impl Fn(&Moment) -> Option<T>,
    show: impl Fn(&Moment, &T) -> (String, String),
) -> Result<(), Wrong> {
    let shown = |bound: &Moment, at: &T| match show(bound, at) {
        (_, at) if bound.is_fixed() => at,
        (written, at) => format!("{written} ({at})"),
    };
    if let Some((bound, at)) = minimum.and_then(|bound| Some((bound, resolve(bound)?)))
        && *value < at
    {
        return Err(Wrong::new("minimum", format!("must not be before {}", shown(bound, &at))));
    }
    if let Some((bound, at)) = maximum.and_then(|bound| Some((bound, resolve(bound)?)))
        && *value > at
    {
        return Err(Wrong::new("maximum", format!("must not be after {}", shown(bound, &at))));
    }
    Ok(())
}
