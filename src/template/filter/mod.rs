//! Filters: what follows `|`. Some show a value by the report's language and time zone, some make another value of it.
//!
//! `NULL` stays `NULL` through every filter until `default` names something else; shown, it is nothing.

mod dates;
mod members;
mod show;
#[cfg(test)]
mod tests;

use self::{dates::DateFormat, members::Picked, show::Side};
pub(crate) use self::{dates::moment, members::Members, show::write_plain};
use super::{
    expression::{
        eval::Trouble,
        node::{Comparison, Node},
        parse::Wrong,
    },
    scope::{Binding, Scope},
};
use crate::{fault::nearest, value::Value};

/// A filter with its arguments, checked once.
#[derive(Debug)]
pub(crate) enum Filter {
    Date(DateFormat),
    /// How many decimals; as many as there are without.
    Number(Option<u8>),
    Percent(Option<u8>),
    /// The currency's three letters, which may stand in the data.
    Money(Option<Node>),
    /// The noun's forms.
    Plural(Vec<String>),
    Upper,
    Lower,
    Title,
    Capitalize,
    Trim,
    Pad {
        width: usize,
        with: char,
        side: Side,
    },
    Truncate {
        length: usize,
        end: String,
    },
    Replace(Node, Node),
    Default(Node),
    Round(u8),
    Abs,
    Int,
    Split(Node),
    Join(Node),
    Length,
    Members(Members),
}

/// Every filter with what may be written for it, in the order of docs/TEMPLATES.md.
const USAGES: [(&str, &str); 38] = [
    ("date", "write `date`, `date(\"long\")` or `date(\"%d %B %Y\")`"),
    ("time", "write `time`, or `time(\"seconds\")`"),
    ("datetime", "write `datetime`, or `datetime(\"short\")`, `\"medium\"`, `\"long\"`, `\"full\"`"),
    ("number", "write `number(2)`: the number of decimals, from 0 to 20"),
    ("percent", "write `percent` or `percent(1)`: the number of decimals, from 0 to 20"),
    ("money", "write `money`, `money(\"EUR\")` or `money(row.currency)`: a currency's three letters"),
    ("plural", "write `plural(\"dose\", \"doses\")`: one form for each of the language's plurals"),
    ("upper", "it takes no arguments"),
    ("lower", "it takes no arguments"),
    ("title", "it takes no arguments"),
    ("capitalize", "it takes no arguments"),
    ("trim", "it takes no arguments"),
    ("pad", "write `pad(6)` or `pad(6, \"0\")`: to so many characters, at most 200"),
    ("pad_left", "write `pad_left(6)` or `pad_left(6, \"0\")`: to so many characters, at most 200"),
    ("pad_right", "write `pad_right(6)` or `pad_right(6, \".\")`: to so many characters, at most 200"),
    ("pad_center", "write `pad_center(6)` or `pad_center(6, \"-\")`: to so many characters, at most 200"),
    ("truncate", "write `truncate(30)` or `truncate(30, \"…\")`: to so many characters"),
    ("replace", "write `replace(\"from\", \"to\")`"),
    ("default", "write `default(\"–\")`"),
    ("round", "write `round` or `round(2)`: the number of decimals, from 0 to 20"),
    ("abs", "it takes no arguments"),
    ("int", "it takes no arguments"),
    ("split", "write `split(\",\")`"),
    ("join", "write `join` or `join(\", \")`"),
    ("length", "it takes no arguments"),
    ("first", "it takes no arguments"),
    ("last", "it takes no arguments"),
    ("min", "write `min`, or `min(\"column\")` for rows"),
    ("max", "write `max`, or `max(\"column\")` for rows"),
    ("sum", "write `sum`, or `sum(\"column\")` for rows"),
    ("avg", "write `avg`, or `avg(\"column\")` for rows"),
    ("sort", "write `sort`, or `sort(\"column\")` and `sort(\"column\", reverse=true)` for rows"),
    ("reverse", "it takes no arguments"),
    ("unique", "write `unique`, or `unique(\"column\")` for rows"),
    ("map", "write `map(\"column\")`"),
    ("groupby", "write `groupby(\"column\")`; each group has `key` and `rows`"),
    ("selectattr", "write `selectattr(\"column\")` or `selectattr(\"column\", \"eq\", value)`"),
    ("rejectattr", "write `rejectattr(\"column\")` or `rejectattr(\"column\", \"eq\", value)`"),
];

/// Padding further than this is a mistake.
const MAX_PAD: i64 = 200;

/// No text is cut longer than this.
const MAX_TRUNCATE: i64 = 100_000;

/// An argument as far as it is known before any data is there.
enum Argument {
    Text(String),
    Whole(i64),
    Truth(bool),
    /// Anything else.
    Other,
}

impl Argument {
    fn of(node: &Node) -> Self {
        match node.constant() {
            Some(Value::Text(text)) => Self::Text(text.to_string()),
            Some(Value::Int(whole)) => Self::Whole(*whole),
            Some(Value::Bool(truth)) => Self::Truth(*truth),
            _ => Self::Other,
        }
    }
}

impl Filter {
    /// A filter by name, with its arguments by position and by name.
    pub(crate) fn new(name: &str, at: usize, arguments: Vec<Node>, named: Vec<(&str, Node)>) -> Result<Self, Wrong> {
        let name = match name {
            "count" => "length",
            "currency" => "money",
            "rpad" | "ljust" => "pad_right",
            "lpad" | "rjust" => "pad_left",
            "center" => "pad_center",
            name => name,
        };
        let known = USAGES.iter().map(|(name, _)| *name);
        let Some((_, usage)) = USAGES.iter().find(|(known, _)| *known == name) else {
            let help = match nearest(name, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the filters are {}", known.collect::<Vec<_>>().join(", ")),
            };
            return Err(Wrong::new(at, format!("there is no filter `{name}`"), help));
        };
        let place = arguments.first().or(named.first().map(|(_, node)| node)).map_or(at, Node::start);
        let first_is_date = matches!(name, "date" | "datetime");
        let misused = |help: &str| Wrong::new(place, format!("`{name}` takes other arguments"), help);
        let mut reverse = false;
        let mut arguments = arguments;
        for (key, node) in named {
            match (name, key, Argument::of(&node)) {
                ("sort", "reverse", Argument::Truth(truth)) => reverse = truth,
                ("sort" | "min" | "max" | "sum" | "avg" | "unique" | "map" | "groupby", "attribute", _) => {
                    arguments.insert(0, node);
                }
                ("default", "value", _) | ("join", "d", _) => arguments.insert(0, node),
                ("plural", "zero" | "one" | "two" | "few" | "many" | "other", _) => {
                    let help =
                        "write the forms in the order zero, one, two, few, many, other, those that the language has";
                    return Err(Wrong::new(node.start(), "`plural` takes its forms without names", help));
                }
                _ => return Err(Wrong::new(node.start(), format!("`{name}` has no argument `{key}`"), *usage)),
            }
        }
        let shapes: Vec<Argument> = arguments.iter().map(Argument::of).collect();
        match Self::with(name, arguments, &shapes, reverse) {
            Some(filter) => Ok(filter),
            None => match (first_is_date, shapes.as_slice()) {
                (true, [Argument::Text(format)]) => Err(misused(&dates::instead_of(name, format))),
                _ => Err(misused(usage)),
            },
        }
    }

    /// The filter, when these are arguments that it takes.
    fn with(name: &str, arguments: Vec<Node>, shapes: &[Argument], reverse: bool) -> Option<Self> {
        use Argument::{Text, Whole};
        let decimals = |shapes: &[Argument]| match shapes {
            [] => Some(None),
            [Whole(decimals @ 0..=20)] => Some(Some(*decimals as u8)),
            _ => None,
        };
        let column = |shapes: &[Argument]| match shapes {
            [] => Some(None),
            [Text(column)] => Some(Some(column.clone())),
            _ => None,
        };
        let mut nodes = arguments.into_iter();
        let mut next = || nodes.next();
        Some(match (name, shapes) {
            ("date", []) => Self::Date(DateFormat::date("medium")?),
            ("date", [Text(format)]) => Self::Date(DateFormat::date(format)?),
            ("time", []) => Self::Date(DateFormat::date("time")?),
            ("time", [Text(format)]) => Self::Date(DateFormat::time(format)?),
            ("datetime", []) => Self::Date(DateFormat::date("datetime")?),
            ("datetime", [Text(format)]) => Self::Date(DateFormat::datetime(format)?),
            ("number", shapes) => Self::Number(decimals(shapes)?),
            ("percent", shapes) => Self::Percent(decimals(shapes)?),
            ("round", shapes) => Self::Round(decimals(shapes)?.unwrap_or(0)),
            ("money", []) => Self::Money(None),
            ("money", [Text(code)]) if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) => return None,
            ("money", [Text(_) | Argument::Other]) => Self::Money(Some(next()?)),
            ("plural", forms @ [_, _, ..]) if forms.len() <= 6 => {
                let form = |form: &Argument| if let Text(text) = form { Some(text.clone()) } else { None };
                Self::Plural(forms.iter().map(form).collect::<Option<_>>()?)
            }
            ("upper", []) => Self::Upper,
            ("lower", []) => Self::Lower,
            ("title", []) => Self::Title,
            ("capitalize", []) => Self::Capitalize,
            ("trim", []) => Self::Trim,
            ("abs", []) => Self::Abs,
            ("int", []) => Self::Int,
            ("length", []) => Self::Length,
            ("pad" | "pad_left" | "pad_right" | "pad_center", [Whole(width @ 0..=MAX_PAD), rest @ ..]) => {
                let with = match rest {
                    [] => ' ',
                    [Text(with)] if with.chars().count() == 1 => with.chars().next()?,
                    _ => return None,
                };
                let side = match name {
                    "pad_right" => Side::Right,
                    "pad_center" => Side::Both,
                    _ => Side::Left,
                };
                Self::Pad { width: *width as usize, with, side }
            }
            ("truncate", [Whole(length @ 1..=MAX_TRUNCATE), rest @ ..]) => {
                let end = match rest {
                    [] => "…".to_owned(),
                    [Text(end)] => end.clone(),
                    _ => return None,
                };
                Self::Truncate { length: *length as usize, end }
            }
            ("replace", [Text(_) | Argument::Other, Text(_) | Argument::Other]) => Self::Replace(next()?, next()?),
            ("default", [_]) => Self::Default(next()?),
            ("split", [Text(_) | Argument::Other]) => Self::Split(next()?),
            ("join", []) => Self::Join(Node::constant_text("")),
            ("join", [Text(_) | Argument::Other]) => Self::Join(next()?),
            ("first", []) => Self::Members(Members::First),
            ("last", []) => Self::Members(Members::Last),
            ("reverse", []) => Self::Members(Members::Reverse),
            ("min", shapes) => Self::Members(Members::Min(column(shapes)?)),
            ("max", shapes) => Self::Members(Members::Max(column(shapes)?)),
            ("sum", shapes) => Self::Members(Members::Sum(column(shapes)?)),
            ("avg", shapes) => Self::Members(Members::Avg(column(shapes)?)),
            ("unique", shapes) => Self::Members(Members::Unique(column(shapes)?)),
            ("sort", shapes) => Self::Members(Members::Sort { column: column(shapes)?, reverse }),
            ("map", [Text(column)]) => Self::Members(Members::Map(column.clone())),
            ("groupby", [Text(column)]) => Self::Members(Members::GroupBy(column.clone())),
            ("selectattr" | "rejectattr", [Text(column), rest @ ..]) => {
                let picked = match rest {
                    [] => Picked::True,
                    [Text(test), _] => {
                        next();
                        next();
                        Picked::Compared(comparison(test)?, next()?)
                    }
                    _ => return None,
                };
                Self::Members(Members::Select { column: column.clone(), picked, wanted: name == "selectattr" })
            }
            _ => return None,
        })
    }

    /// Visits the arguments that are expressions.
    pub(crate) fn for_each_argument<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match self {
            Self::Money(Some(node)) | Self::Default(node) | Self::Split(node) | Self::Join(node) => visit(node),
            Self::Replace(from, to) => {
                visit(from);
                visit(to);
            }
            Self::Members(Members::Select { picked: Picked::Compared(_, node), .. }) => visit(node),
            _ => {}
        }
    }

    /// Whether it writes text of a single value.
    pub(crate) fn only_shows(&self) -> bool {
        !matches!(
            self,
            Self::Members(_)
                | Self::Length
                | Self::Default(_)
                | Self::Round(_)
                | Self::Abs
                | Self::Int
                | Self::Split(_)
        )
    }

    /// What it makes of the members of a list or of rows, when that is what it is for.
    pub(crate) fn of_members(&self) -> Option<&Members> {
        match self {
            Self::Members(members) => Some(members),
            _ => None,
        }
    }

    /// What it makes of `of`; `at` is where it stands.
    pub(crate) fn apply(&self, of: &Node, at: usize, scope: &Scope) -> Result<Binding, Trouble> {
        let value = match self {
            Self::Members(members) => return members.apply(of.binding(scope)?, at, scope),
            Self::Length => members::length(&of.binding(scope)?, at)?,
            Self::Default(other) => {
                let value = of.value(scope)?;
                return match show::is_nothing(&value) {
                    true => other.binding(scope),
                    false => Ok(Binding::Value(value)),
                };
            }
            Self::Round(decimals) => of.read(scope, |value| show::rounded(value, *decimals, at))?,
            Self::Abs => of.read(scope, |value| show::absolute(value, at))?,
            Self::Int => of.read(scope, |value| show::whole(value, at))?,
            Self::Split(by) => members::split(&of.value(scope)?, &by.text(scope)?, scope),
            _ => {
                let mut text = String::new();
                match of.read(scope, |value| self.write(value, at, scope, &mut text))? {
                    true => Value::text(text),
                    false => Value::Null,
                }
            }
        };
        Ok(Binding::Value(value))
    }
}

impl Members {
    /// The column that it asks of each row.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::Min(column) | Self::Max(column) | Self::Sum(column) | Self::Avg(column) | Self::Unique(column) => {
                column.as_deref()
            }
            Self::Sort { column, .. } => column.as_deref(),
            Self::Map(column) | Self::GroupBy(column) | Self::Select { column, .. } => Some(column),
            Self::First | Self::Last | Self::Reverse => None,
        }
    }
}

fn comparison(test: &str) -> Option<Comparison> {
    Some(match test {
        "eq" | "equalto" | "==" => Comparison::Equal,
        "ne" | "!=" => Comparison::NotEqual,
        "lt" | "<" => Comparison::Less,
        "le" | "<=" => Comparison::LessOrEqual,
        "gt" | ">" => Comparison::Greater,
        "ge" | ">=" => Comparison::GreaterOrEqual,
        "in" => Comparison::In,
        _ => return None,
    })
}
