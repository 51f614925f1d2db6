//! Sums, counts and their like over the rows of a group, exact for decimals.

use std::sync::Arc;

use bigdecimal::{BigDecimal, FromPrimitive, RoundingMode, Zero};

use crate::{
    template::expression::{EvalError, Expression},
    value::{self, Value},
};

/// A call such as `sum(line.amount)` found in an expression; the call is replaced by a name that footers bind.
#[derive(Debug)]
pub struct Aggregate {
    /// The name that stands for it in the expression.
    pub name: Arc<str>,
    /// What it computes.
    pub function: Function,
    /// Over which rows.
    pub reach: Reach,
    /// Of what; `None` for `count()`, which counts rows.
    pub argument: Option<Expression>,
}

/// What is computed over the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// All values together; 0 of no values.
    Sum,
    /// How many rows, or how many values that aren't `NULL`.
    Count,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The mean, four digits more exact than the values; `NULL` of no values.
    Avg,
    /// The first value.
    First,
    /// The last value.
    Last,
}

/// The rows that an aggregate is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All of the group or table, known when they have passed.
    #[default]
    All,
    /// Those of the table so far: `running_sum(x)`.
    SoFar,
    /// Those of the innermost group so far: `group_running_sum(x)`.
    SoFarInGroup,
}

impl Reach {
    /// Takes an aggregate's name apart: `running_sum` is `sum` over the rows so far.
    pub(crate) fn of_name(name: &str) -> (Self, &str) {
        if let Some(function) = name.strip_prefix("group_running_") {
            return (Self::SoFarInGroup, function);
        }
        match name.strip_prefix("running_") {
            Some(function) => (Self::SoFar, function),
            None => (Self::All, name),
        }
    }
}

impl Function {
    pub(crate) const ALL: [(&str, Self); 7] = [
        ("sum", Self::Sum),
        ("count", Self::Count),
        ("min", Self::Min),
        ("max", Self::Max),
        ("avg", Self::Avg),
        ("first", Self::First),
        ("last", Self::Last),
    ];
}

/// What an aggregate has gathered so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    count: i64,
    whole: i128,
    exact: Option<BigDecimal>,
    float: Option<f64>,
    kept: Option<Value>,
}

impl Aggregate {
    /// Takes one row's value into account.
    pub fn take(&self, tally: &mut Tally, value: &Value) -> Result<(), EvalError> {
        if value.is_null() {
            return Ok(());
        }
        tally.count += 1;
        match self.function {
            Function::Count => {}
            Function::Sum | Function::Avg => match tally.add(value) {
                Some(()) => {}
                None => return Err(self.refusal("`sum` and `avg` need numbers")),
            },
            Function::First => {
                tally.kept.get_or_insert_with(|| value.clone());
            }
            Function::Last => tally.kept = Some(value.clone()),
            Function::Min => self.keep(tally, value, std::cmp::Ordering::Less)?,
            Function::Max => self.keep(tally, value, std::cmp::Ordering::Greater)?,
        }
        Ok(())
    }

    fn keep(&self, tally: &mut Tally, value: &Value, wanted: std::cmp::Ordering) -> Result<(), EvalError> {
        let better = match &tally.kept {
            None => true,
            Some(kept) => match compare(value, kept) {
                Some(order) => order == wanted,
                None => return Err(self.refusal("`min` and `max` need values of one kind")),
            },
        };
        if better {
            tally.kept = Some(value.clone());
        }
        Ok(())
    }

    fn refusal(&self, message: &str) -> EvalError {
        match &self.argument {
            Some(argument) => argument.error(message),
            None => EvalError::unplaced(&self.name, message),
        }
    }

    /// The result.
    pub fn result(&self, tally: &Tally) -> Value {
        match self.function {
            Function::Count => Value::Int(tally.count),
            Function::Sum => tally.sum(),
            Function::Avg => tally.mean(),
            _ => tally.kept.clone().unwrap_or(Value::Null),
        }
    }
}

impl Tally {
    fn add(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Int(i) => self.whole = self.whole.checked_add(i128::from(*i))?,
            Value::UInt(u) => self.whole = self.whole.checked_add(i128::from(*u))?,
            Value::Decimal(d) => *self.exact.get_or_insert_with(BigDecimal::zero) += d,
            Value::Float(x) => *self.float.get_or_insert(0.0) += x,
            Value::Text(text) => {
                *self.exact.get_or_insert_with(BigDecimal::zero) += value::decimal(text)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Whole numbers stay whole, decimals exact; a single float makes the sum a float.
    fn sum(&self) -> Value {
        match (&self.exact, self.float) {
            (None, None) => match i64::try_from(self.whole) {
                Ok(whole) => Value::Int(whole),
                Err(_) => Value::Decimal(BigDecimal::from(self.whole)),
            },
            (Some(exact), None) => Value::Decimal(exact + BigDecimal::from(self.whole)),
            (exact, Some(float)) => {
                let exact = exact.as_ref().map_or(0.0, |exact| exact.to_string().parse().unwrap_or(f64::NAN));
                Value::Float(float + exact + self.whole as f64)
            }
        }
    }

    fn mean(&self) -> Value {
        if self.count == 0 {
            return Value::Null;
        }
        let sum = match self.sum() {
            Value::Float(sum) => return Value::Float(sum / self.count as f64),
            Value::Decimal(sum) => sum,
            Value::Int(sum) => BigDecimal::from(sum),
            _ => return Value::Null,
        };
        let scale = sum.fractional_digit_count().max(0) + 4;
        let mean = sum / BigDecimal::from(self.count);
        Value::Decimal(mean.with_scale_round(scale, RoundingMode::HalfUp))
    }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    use Value::{Bool, Date, DateTime, Float, Instant, Int, Text, Time};
    match (a, b) {
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Float(a), Float(b)) => a.partial_cmp(b),
        (Text(a), Text(b)) => Some(a.cmp(b)),
        (Date(a), Date(b)) => Some(a.cmp(b)),
        (DateTime(a), DateTime(b)) => Some(a.cmp(b)),
        (Instant(a), Instant(b)) => Some(a.cmp(b)),
        (Time(a), Time(b)) => Some(a.cmp(b)),
        (Bool(a), Bool(b)) => Some(a.cmp(b)),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

fn number(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Int(i) => Some(BigDecimal::from(*i)),
        Value::UInt(u) => Some(BigDecimal::from(*u)),
        Value::Float(x) => BigDecimal::from_f64(*x),
        Value::Decimal(d) => Some(d.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(function: Function, values: &[Value]) -> String {
        let aggregate = Aggregate { name: Arc::from("x"), function, reach: Reach::All, argument: None };
        let mut tally = Tally::default();
        for value in values {
            aggregate.take(&mut tally, value).unwrap();
        }
        aggregate.result(&tally).to_string()
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn sums_and_means_are_exact() {
        let tenths = vec![decimal("0.10"); 30];
        assert_eq!(of(Function::Sum, &tenths), "3.00");
        assert_eq!(of(Function::Avg, &tenths), "0.100000");
        assert_eq!(of(Function::Sum, &[Value::Int(i64::MAX), Value::Int(1)]), "9223372036854775808");
        assert_eq!(of(Function::Sum, &[decimal("0.5"), Value::Int(2), Value::Null]), "2.5");
        assert_eq!(of(Function::Avg, &[Value::Int(1), Value::Int(2)]), "1.5000");
        assert_eq!(of(Function::Sum, &[]), "0");
        assert_eq!(of(Function::Avg, &[Value::Null]), "");
    }

    #[test]
    fn the_others() {
        let values = [Value::Null, decimal("2.5"), Value::Int(10), decimal("-1")];
        assert_eq!(of(Function::Count, &values), "3");
        assert_eq!(of(Function::Min, &values), "-1");
        assert_eq!(of(Function::Max, &values), "10");
        assert_eq!(of(Function::First, &values), "2.5");
        assert_eq!(of(Function::Last, &values), "-1");
        assert_eq!(of(Function::Max, &[Value::text("a"), Value::text("b")]), "b");
    }

    #[test]
    fn text_that_is_no_number_is_refused() {
        let aggregate = Aggregate { name: Arc::from("x"), function: Function::Sum, reach: Reach::All, argument: None };
        assert!(aggregate.take(&mut Tally::default(), &Value::text("many")).is_err());
    }
}
