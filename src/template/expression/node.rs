//! A parsed expression as a tree that can be evaluated.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    template::{filter::Filter, scope::Record},
    value::Value,
};

/// A part of an expression, with the byte of the expression's text at which it begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

/// What a part is.
#[derive(Debug)]
pub(crate) enum Kind {
    Constant(Value),
    Name(Arc<str>),
    Field(Box<Node>, Field),
    Item(Box<Node>, Box<Node>),
    Slice {
        of: Box<Node>,
        from: Option<Box<Node>>,
        to: Option<Box<Node>>,
    },
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    Concat(Box<Node>, Box<Node>),
    /// `a < b <= c`: each comparison with what stands to its right.
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    If {
        test: Box<Node>,
        yes: Box<Node>,
        no: Option<Box<Node>>,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Filter(Box<Node>, Box<Filter>),
    Test(Box<Node>, Test),
}

/// The name of a field, and where it begins.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) at: usize,
    /// Where the column stood last time: a guess that saves the search and is checked each time.
    column: AtomicUsize,
}

/// An operator on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `//`: the whole part of a quotient, rounded down.
    Quotient,
    Remainder,
    Power,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// `is …`.
#[derive(Debug)]
pub(crate) enum Test {
    Null,
    Empty,
    Number,
    Text,
    Odd,
    Even,
    DivisibleBy(Box<Node>),
    StartingWith(Box<Node>),
    EndingWith(Box<Node>),
    Compared(Comparison, Box<Node>),
}

impl Field {
    pub(crate) fn new(name: &str, at: usize) -> Self {
        Self { name: Arc::from(name), at, column: AtomicUsize::new(0) }
    }

    /// The field of a row.
    pub(crate) fn of<'r>(&self, record: &'r Record) -> Option<&'r Value> {
        let guess = self.column.load(Ordering::Relaxed);
        if record.columns.get(guess).is_some_and(|column| *column.name == *self.name) {
            return record.row.get(guess);
        }
        let found = record.columns.iter().position(|column| *column.name == *self.name)?;
        self.column.store(found, Ordering::Relaxed);
        record.row.get(found)
    }
}

impl Node {
    pub(crate) fn new(at: usize, kind: Kind) -> Self {
        Self { at, kind }
    }

    /// A constant that nobody wrote.
    pub(crate) fn constant_value(value: Value) -> Self {
        Self::new(0, Kind::Constant(value))
    }

    /// A constant text that nobody wrote.
    pub(crate) fn constant_text(text: &str) -> Self {
        Self::constant_value(Value::text(text))
    }

    /// Where its text begins, which for an operator is where its left side does.
    pub(crate) fn start(&self) -> usize {
        match &self.kind {
            Kind::Field(of, _)
            | Kind::Item(of, _)
            | Kind::Slice { of, .. }
            | Kind::And(of, _)
            | Kind::Or(of, _)
            | Kind::Arithmetic(_, of, _)
            | Kind::Concat(of, _)
            | Kind::Compare(of, _)
            | Kind::If { yes: of, .. }
            | Kind::Filter(of, _)
            | Kind::Test(of, _) => of.start(),
            _ => self.at,
        }
    }

    /// The constant that it is.
    pub(crate) fn constant(&self) -> Option<&Value> {
        match &self.kind {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Visits its direct parts.
    pub(crate) fn for_each_part<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        match &self.kind {
            Kind::Constant(_) | Kind::Name(_) => {}
            Kind::Field(of, _) | Kind::Not(of) | Kind::Negative(of) => visit(of),
            Kind::Item(a, b) | Kind::And(a, b) | Kind::Or(a, b) | Kind::Arithmetic(_, a, b) | Kind::Concat(a, b) => {
                visit(a);
                visit(b);
            }
            Kind::Slice { of, from, to } => {
                visit(of);
                from.iter().chain(to).for_each(|part| visit(part));
            }
            Kind::Compare(first, rest) => {
                visit(first);
                rest.iter().for_each(|(_, part)| visit(part));
            }
            Kind::If { test, yes, no } => {
                visit(test);
                visit(yes);
                no.iter().for_each(|part| visit(part));
            }
            Kind::List(parts) => parts.iter().for_each(visit),
            Kind::Map(pairs) => pairs.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Kind::Filter(of, filter) => {
                visit(of);
                filter.for_each_argument(visit);
            }
            Kind::Test(of, test) => {
                visit(of);
                match test {
                    Test::DivisibleBy(part)
                    | Test::StartingWith(part)
                    | Test::EndingWith(part)
                    | Test::Compared(_, part) => visit(part),
                    Test::Null | Test::Empty | Test::Number | Test::Text | Test::Odd | Test::Even => {}
                }
            }
        }
    }
}
