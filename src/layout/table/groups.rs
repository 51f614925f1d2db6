//! The groups of a streamed table: their keys and what has been counted in them so far.

use std::sync::Arc;

use crate::{
    layout::error::LayoutError,
    template::{
        aggregate::{Aggregate, Tally},
        scope::{Binding, Scope},
    },
    value::Value,
};

/// Groups under way.
pub(crate) struct Groups<'t> {
    aggregates: Vec<&'t Aggregate>,
    /// The keys of the open groups, outermost first.
    pub(crate) keys: Vec<Value>,
    /// Tallies of each level, and last those of the whole table.
    tallies: Vec<Vec<Tally>>,
}

impl<'t> Groups<'t> {
    /// No groups yet, on this many levels.
    pub(crate) fn new(aggregates: Vec<&'t Aggregate>, levels: usize) -> Self {
        let tallies = vec![vec![Tally::default(); aggregates.len()]; levels + 1];
        Self { aggregates, keys: Vec::new(), tallies }
    }

    /// Takes a record into account on every level.
    pub(crate) fn take(&mut self, scope: &Scope) -> Result<(), LayoutError> {
        for (i, aggregate) in self.aggregates.iter().enumerate() {
            let value = match &aggregate.argument {
                Some(argument) => argument.value(scope)?,
                None => Value::Bool(true),
            };
            for tallies in &mut self.tallies {
                aggregate.take(&mut tallies[i], &value)?;
            }
        }
        Ok(())
    }

    /// What the aggregates of a level have come to, under the names that stand for them.
    pub(crate) fn results(&self, level: usize) -> Vec<(Arc<str>, Binding)> {
        let result = |(aggregate, tally): (&&Aggregate, &Tally)| {
            (aggregate.name.clone(), Binding::Value(aggregate.result(tally)))
        };
        self.aggregates.iter().zip(&self.tallies[level]).map(result).collect()
    }

    /// Begins a level's next group.
    pub(crate) fn reset(&mut self, level: usize) {
        self.tallies[level].fill(Tally::default());
    }
}
