//! Text becomes a tree: minijinja reads Jinja's syntax, and what we don't evaluate is told with its place.

use std::sync::Arc;

use minijinja::machinery::{
    Span,
    ast::{BinOpKind, Call, CallArg, CompareOpKind, Const, Expr, Spanned, UnaryOpKind},
    parse_expr,
};

use super::{
    Expression,
    node::{Comparison, Field, Kind, Node, Operator, Test},
};
use crate::{
    fault::{Fault, nearest},
    template::{
        aggregate::{Aggregate, Function, Reach},
        filter::Filter,
        source::Source,
    },
    value::{self, Value},
};

/// No expression may be nested deeper: evaluating it descends as deep.
const MAX_DEPTH: usize = 150;

/// The tests that may follow `is`, as they are written.
const TESTS: [&str; 17] = [
    "none",
    "empty",
    "number",
    "string",
    "odd",
    "even",
    "divisibleby",
    "startingwith",
    "endingwith",
    "eq",
    "equalto",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
];

/// A fault within an expression, at a byte of its text.
pub(crate) struct Wrong {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Wrong {
    pub(crate) fn new(at: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: help.into() }
    }
}

/// Reads an expression; `offset` is where its text stands in the file.
pub(super) fn parse(source: &Source, offset: usize, text: &str) -> Result<(Node, Vec<Aggregate>), Fault> {
    let mut reader = Reader { source, offset, text, depth: 0, aggregates: Vec::new() };
    let read = match parse_expr(text) {
        Ok(tree) => reader.node(&tree),
        Err(error) => {
            let at = error.range().map_or(0, |range| range.start);
            let detail = error.detail().unwrap_or("it can't be read").to_owned();
            let help = "docs/TEMPLATES.md shows what can be written";
            Err(Wrong::new(at, format!("`{text}` is not an expression: {detail}"), help))
        }
    };
    let node = read
        .map_err(|wrong| source.fault(source.inner_offset(offset, text, wrong.at), wrong.message).help(wrong.help))?;
    Ok((node, reader.aggregates))
}

/// Arguments by position, and by name.
type Arguments<'a> = (Vec<Node>, Vec<(&'a str, Node)>);

struct Reader<'s> {
    source: &'s Source,
    offset: usize,
    text: &'s str,
    depth: usize,
    aggregates: Vec<Aggregate>,
}

impl Reader<'_> {
    fn node(&mut self, expr: &Expr<'_>) -> Result<Node, Wrong> {
        let at = start(expr.span());
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("the expression is nested deeper than {MAX_DEPTH}");
            return Err(Wrong::new(at, message, "compute it in SQL, or in steps with `data-with`"));
        }
        let node = self.node_within(expr, at);
        self.depth -= 1;
        node
    }

    fn boxed(&mut self, expr: &Expr<'_>) -> Result<Box<Node>, Wrong> {
        self.node(expr).map(Box::new)
    }

    fn maybe(&mut self, expr: Option<&Expr<'_>>) -> Result<Option<Box<Node>>, Wrong> {
        expr.map(|expr| self.boxed(expr)).transpose()
    }

    fn node_within(&mut self, expr: &Expr<'_>, at: usize) -> Result<Node, Wrong> {
        let kind = match expr {
            Expr::Const(constant) => Kind::Constant(self.constant(constant)?),
            Expr::Var(name) => Kind::Name(Arc::from(name.id)),
            Expr::GetAttr(get) => {
                let of = self.boxed(&get.expr)?;
                let end = end(get.span());
                Kind::Field(of, Field::new(get.name, end.saturating_sub(get.name.len())))
            }
            Expr::GetItem(get) => Kind::Item(self.boxed(&get.expr)?, self.boxed(&get.subscript_expr)?),
            Expr::Slice(slice) if slice.step.is_none() => Kind::Slice {
                of: self.boxed(&slice.expr)?,
                from: self.maybe(slice.start.as_ref())?,
                to: self.maybe(slice.stop.as_ref())?,
            },
            Expr::Slice(_) => return Err(Wrong::new(at, "a slice has no step", "write `[from:to]`")),
            Expr::UnaryOp(operation) => {
                let of = self.boxed(&operation.expr)?;
                match operation.op {
                    UnaryOpKind::Not => Kind::Not(of),
                    UnaryOpKind::Neg => Kind::Negative(of),
                }
            }
            Expr::BinOp(operation) => {
                let (left, right) = (self.boxed(&operation.left)?, self.boxed(&operation.right)?);
                binary(operation.op, left, right)
            }
            Expr::Compare(compare) => {
                let first = self.boxed(&compare.expr)?;
                let mut rest = Vec::new();
                for part in &compare.ops {
                    rest.push((comparison(part.op), self.node(&part.expr)?));
                }
                Kind::Compare(first, rest)
            }
            Expr::IfExpr(choice) => Kind::If {
                test: self.boxed(&choice.test_expr)?,
                yes: self.boxed(&choice.true_expr)?,
                no: self.maybe(choice.false_expr.as_ref())?,
            },
            Expr::Filter(filter) => {
                let Some(of) = &filter.expr else {
                    return Err(Wrong::new(at, "the filter has nothing to show", "write `value | filter`"));
                };
                let of = self.boxed(of)?;
                let (positional, named) = self.arguments(&filter.args, at)?;
                Kind::Filter(of, Box::new(Filter::new(filter.name, at, positional, named)?))
            }
            Expr::Test(test) => {
                let of = self.boxed(&test.expr)?;
                let (arguments, _) = self.arguments(&test.args, at)?;
                Kind::Test(of, self::test(test.name, at, arguments)?)
            }
            Expr::Call(call) => return self.aggregate(call, at),
            Expr::List(list) => Kind::List(list.items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            Expr::Tuple(tuple) => Kind::List(tuple.items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            Expr::Map(map) => {
                let mut pairs = Vec::new();
                for (key, value) in map.keys.iter().zip(&map.values) {
                    pairs.push((self.node(key)?, self.node(value)?));
                }
                Kind::Map(pairs)
            }
        };
        Ok(Node::new(at, kind))
    }

    /// A constant as it is written, so that `0.1` is exactly a tenth.
    fn constant(&self, constant: &Spanned<Const>) -> Result<Value, Wrong> {
        let value = &constant.value;
        if let Some(text) = value.as_str() {
            return Ok(Value::text(text));
        }
        if value.is_none() {
            return Ok(Value::Null);
        }
        if let Ok(truth) = bool::try_from(value.clone()) {
            return Ok(Value::Bool(truth));
        }
        if let (true, Ok(whole)) = (value.is_integer(), i64::try_from(value.clone())) {
            return Ok(Value::Int(whole));
        }
        let (from, to) = (start(constant.span()), end(constant.span()));
        let written = self.text.get(from..to).map(|text| text.replace('_', ""));
        let read = written.as_deref().and_then(value::decimal).or_else(|| value::decimal(&value.to_string()));
        read.map(Value::Decimal).ok_or_else(|| Wrong::new(from, "the number is too long", "write fewer digits"))
    }

    /// Arguments by position and by name.
    fn arguments<'a>(&mut self, arguments: &'a [CallArg<'_>], at: usize) -> Result<Arguments<'a>, Wrong> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for argument in arguments {
            match argument {
                CallArg::Pos(expr) => positional.push(self.node(expr)?),
                CallArg::Kwarg(name, expr) => named.push((*name, self.node(expr)?)),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    return Err(Wrong::new(at, "`*` and `**` can't spread arguments", "write each argument"));
                }
            }
        }
        Ok((positional, named))
    }

    /// `sum(line.amount)`: a name in its place, under which footers bind what it came to.
    fn aggregate(&mut self, call: &Spanned<Call<'_>>, at: usize) -> Result<Node, Wrong> {
        let known = Function::ALL.map(|(name, _)| name);
        let Expr::Var(called) = &call.expr else {
            return Err(Wrong::new(at, "values have no methods", "use a filter: `name | upper`"));
        };
        let name = called.id;
        let (reach, base) = Reach::of_name(name);
        let Some((_, function)) = Function::ALL.iter().find(|(known, _)| *known == base) else {
            let help = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}()`?"),
                None => format!("the functions are `{}`", known.join("`, `")),
            };
            return Err(Wrong::new(at, format!("there is no function `{name}`"), help));
        };
        let argument = match (function, call.args.as_slice()) {
            (Function::Count, []) => None,
            (_, [CallArg::Pos(argument)]) => Some(self.aggregated(name, call, argument)?),
            (_, []) => {
                let message = format!("`{name}()` lacks what to compute");
                return Err(Wrong::new(at, message, format!("name a column: `{name}(row.column)`")));
            }
            _ => {
                let message = format!("`{name}()` takes one argument");
                return Err(Wrong::new(at, message, format!("write `{name}(row.column)`")));
            }
        };
        let variable: Arc<str> = Arc::from(format!("__{name}_{}", self.offset + at));
        self.aggregates.push(Aggregate { name: variable.clone(), function: *function, reach, argument });
        Ok(Node::new(at, Kind::Name(variable)))
    }

    fn aggregated(&mut self, name: &str, call: &Spanned<Call<'_>>, argument: &Expr<'_>) -> Result<Expression, Wrong> {
        let before = self.aggregates.len();
        let from = self.node(argument)?.start();
        if self.aggregates.len() > before {
            let message = format!("`{name}()` can't stand around another one");
            return Err(Wrong::new(start(call.span()), message, "compute it in SQL"));
        }
        let text = self.text.get(from..end(call.span()).saturating_sub(1)).unwrap_or_default();
        let inner = self.source.inner_offset(self.offset, self.text, from);
        Expression::compile(self.source, inner, text)
            .map_err(|fault| Wrong::new(from, fault.message, fault.help.unwrap_or_default()))
    }
}

fn start(span: Span) -> usize {
    span.start_offset as usize
}

fn end(span: Span) -> usize {
    span.end_offset as usize
}

fn binary(operator: BinOpKind, left: Box<Node>, right: Box<Node>) -> Kind {
    let arithmetic = match operator {
        BinOpKind::ScAnd => return Kind::And(left, right),
        BinOpKind::ScOr => return Kind::Or(left, right),
        BinOpKind::Concat => return Kind::Concat(left, right),
        BinOpKind::Add => Operator::Add,
        BinOpKind::Sub => Operator::Subtract,
        BinOpKind::Mul => Operator::Multiply,
        BinOpKind::Div => Operator::Divide,
        BinOpKind::FloorDiv => Operator::Quotient,
        BinOpKind::Rem => Operator::Remainder,
        BinOpKind::Pow => Operator::Power,
        BinOpKind::Eq => return Kind::Compare(left, vec![(Comparison::Equal, *right)]),
        BinOpKind::Ne => return Kind::Compare(left, vec![(Comparison::NotEqual, *right)]),
        BinOpKind::Lt => return Kind::Compare(left, vec![(Comparison::Less, *right)]),
        BinOpKind::Lte => return Kind::Compare(left, vec![(Comparison::LessOrEqual, *right)]),
        BinOpKind::Gt => return Kind::Compare(left, vec![(Comparison::Greater, *right)]),
        BinOpKind::Gte => return Kind::Compare(left, vec![(Comparison::GreaterOrEqual, *right)]),
        BinOpKind::In => return Kind::Compare(left, vec![(Comparison::In, *right)]),
    };
    Kind::Arithmetic(arithmetic, left, right)
}

fn comparison(operator: CompareOpKind) -> Comparison {
    match operator {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::NotEqual,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessOrEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterOrEqual,
        CompareOpKind::In => Comparison::In,
        CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn test(name: &str, at: usize, arguments: Vec<Node>) -> Result<Test, Wrong> {
    let count = arguments.len();
    let argument = arguments.into_iter().next().map(Box::new);
    let compared = match name {
        "eq" | "equalto" | "sameas" => Some(Comparison::Equal),
        "ne" => Some(Comparison::NotEqual),
        "lt" => Some(Comparison::Less),
        "le" => Some(Comparison::LessOrEqual),
        "gt" => Some(Comparison::Greater),
        "ge" => Some(Comparison::GreaterOrEqual),
        "in" => Some(Comparison::In),
        _ => None,
    };
    let wanted = usize::from(compared.is_some() || matches!(name, "divisibleby" | "startingwith" | "endingwith"));
    if TESTS.contains(&name) && count != wanted {
        let (message, help) = match wanted {
            0 => (format!("`is {name}` takes no argument"), format!("write `value is {name}`")),
            _ => (format!("`is {name}` takes one argument"), format!("write `value is {name}(other)`")),
        };
        return Err(Wrong::new(at, message, help));
    }
    Ok(match (name, compared, argument) {
        (_, Some(comparison), Some(other)) => Test::Compared(comparison, other),
        ("divisibleby", _, Some(by)) => Test::DivisibleBy(by),
        ("startingwith", _, Some(text)) => Test::StartingWith(text),
        ("endingwith", _, Some(text)) => Test::EndingWith(text),
        ("none", ..) => Test::Null,
        ("empty", ..) => Test::Empty,
        ("number", ..) => Test::Number,
        ("string", ..) => Test::Text,
        ("odd", ..) => Test::Odd,
        ("even", ..) => Test::Even,
        ("defined" | "undefined", ..) => {
            let help = "names are checked before any data is there; for what may be missing write `value is none`";
            return Err(Wrong::new(at, format!("`is {name}` is not needed"), help));
        }
        _ => {
            let help = match nearest(name, TESTS) {
                Some(near) => format!("did you mean `is {near}`?"),
                None => format!("known are `{}`", TESTS.join("`, `")),
            };
            return Err(Wrong::new(at, format!("there is no test `is {name}`"), help));
        }
    })
}
