//! The groups of a streamed table: their keys, what has been counted in them so far, and the rows around them.

use std::{rc::Rc, sync::Arc};

use crate::{
    layout::{
        composer::Composer,
        error::LayoutError,
        paged::galley::{Event, Galley, Head, Strip},
        table::stream::{Flowing, Use},
    },
    template::{
        aggregate::{Aggregate, Reach, Tally},
        scope::{Binding, Scope},
    },
    value::Value,
};

/// Groups under way.
pub(crate) struct Groups<'t> {
    aggregates: Vec<&'t Aggregate>,
    /// Whether some aggregate tells in a record's row what it has come to.
    pub(crate) running: bool,
    levels: Vec<Level>,
    /// The tallies of the whole table.
    whole: Vec<Tally>,
}

/// The open group of one level.
#[derive(Default)]
struct Level {
    /// What its records have in common; `None` before the first.
    keys: Option<Vec<Value>>,
    /// How many groups there have been on this level in the group around them.
    index: u64,
    /// How many records it has.
    records: u64,
    tallies: Vec<Tally>,
    /// Whether it stays on one page, and whether its header is repeated.
    kept: bool,
    repeated: bool,
}

impl<'t> Groups<'t> {
    /// No groups yet, on this many levels.
    pub(crate) fn new(aggregates: Vec<&'t Aggregate>, levels: usize) -> Self {
        let tallies = vec![Tally::default(); aggregates.len()];
        let level = || Level { tallies: tallies.clone(), ..Level::default() };
        let levels = std::iter::repeat_with(level).take(levels).collect();
        let running = aggregates.iter().any(|aggregate| aggregate.reach != Reach::All);
        Self { aggregates, running, levels, whole: tallies }
    }

    /// Takes a record into account on every level.
    pub(crate) fn take(&mut self, scope: &Scope) -> Result<(), LayoutError> {
        for level in &mut self.levels {
            level.records += 1;
        }
        for (i, aggregate) in self.aggregates.iter().enumerate() {
            let value = match &aggregate.argument {
                Some(argument) => argument.value(scope)?,
                None => Value::Bool(true),
            };
            for level in &mut self.levels {
                aggregate.take(&mut level.tallies[i], &value)?;
            }
            aggregate.take(&mut self.whole[i], &value)?;
        }
        Ok(())
    }

    /// The number of the next record in its innermost group, from 1; 0 without groups.
    pub(crate) fn next_record(&self) -> u64 {
        self.levels.last().map_or(0, |level| level.records + 1)
    }

    /// What the aggregates have come to, under the names that stand for them: in the group of a level, or in the
    /// whole table.
    pub(crate) fn results(&self, level: Option<usize>) -> Vec<(Arc<str>, Binding)> {
        let within = |level: Option<&Level>, i: usize| level.map_or(&self.whole[i], |level| &level.tallies[i]).clone();
        let results = self.aggregates.iter().enumerate().map(|(i, aggregate)| {
            let tally = match aggregate.reach {
                Reach::All => within(level.and_then(|level| self.levels.get(level)), i),
                Reach::SoFar => within(None, i),
                Reach::SoFarInGroup => within(self.levels.last(), i),
            };
            (aggregate.name.clone(), Binding::Value(aggregate.result(&tally)))
        });
        results.collect()
    }

    /// `group` in the rows around a group.
    fn facts(&self, level: usize, continued: bool) -> (Arc<str>, Binding) {
        let index = Value::Int(i64::try_from(self.levels[level].index).unwrap_or(i64::MAX));
        let facts = [(Arc::from("index"), index), (Arc::from("continued"), Value::Bool(continued))];
        (Arc::from("group"), Binding::Facts(Arc::from(facts)))
    }
}

impl<'a> Composer<'a> {
    /// Ends the groups that this record doesn't belong to and begins its own; says whether there were any.
    pub(crate) fn change_groups(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        scope: &Scope,
        last: Option<&Scope>,
    ) -> Result<bool, LayoutError> {
        let document = self.template.document();
        let count = flowing.groups.levels.len();
        let mut changed = count;
        let mut keys = Vec::with_capacity(count);
        for (i, level) in flowing.stream.levels.iter().enumerate() {
            let own = level.keys(document).iter().map(|key| key.value(scope)).collect::<Result<Vec<_>, _>>()?;
            if flowing.groups.levels[i].keys.as_ref() != Some(&own) {
                changed = changed.min(i);
            }
            keys.push(own);
        }
        if let Some(last) = last
            && changed < keys.len()
        {
            self.close_groups(galley, flowing, changed, last)?;
        }
        for (i, keys) in keys.into_iter().enumerate().skip(changed) {
            let level = &mut flowing.groups.levels[i];
            (level.keys, level.index) = (Some(keys), level.index + 1);
            self.open_group(galley, flowing, i, scope)?;
        }
        Ok(changed < count)
    }

    fn open_group(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        level: usize,
        scope: &Scope,
    ) -> Result<(), LayoutError> {
        let stream = flowing.stream;
        let within = scope.with(vec![flowing.groups.facts(level, false)]);
        let first = flowing.index;
        for &row in &stream.levels[level].headers {
            let (kept, shown) = self.stream_row(galley, flowing, row, &within, Use::header())?;
            flowing.groups.levels[level].kept |= kept && shown;
        }
        if stream.levels[level].repeats {
            let head = self.continued(flowing, level, scope, first)?;
            galley.mark(Event::HeadStart(Rc::new(head)));
            flowing.groups.levels[level].repeated = true;
        }
        Ok(())
    }

    /// The headers of a group as they are repeated on the pages on which it goes on.
    fn continued(
        &mut self,
        flowing: &mut Flowing<'a>,
        level: usize,
        scope: &Scope,
        first: usize,
    ) -> Result<Head, LayoutError> {
        let stream = flowing.stream;
        let within = scope.with(vec![flowing.groups.facts(level, true)]);
        let next = std::mem::replace(&mut flowing.index, first);
        let (mut head, mut own) = (Head::default(), Galley::default());
        for &row in &stream.levels[level].headers {
            let events = own.events.len();
            let set = self.measuring(|composer| composer.stream_row(&mut own, flowing, row, &within, Use::repeated()));
            set?;
            if own.events.len() > events {
                head.take(&own, flowing.shapes.columns.spacing.1);
            }
        }
        flowing.index = next;
        Ok(head)
    }

    /// Ends the groups from `outermost` inwards, innermost first; `scope` is that of their last record.
    pub(crate) fn close_groups(
        &mut self,
        galley: &mut Galley,
        flowing: &mut Flowing<'a>,
        outermost: usize,
        scope: &Scope,
    ) -> Result<(), LayoutError> {
        let stream = flowing.stream;
        for (i, level) in stream.levels.iter().enumerate().skip(outermost).rev() {
            if !level.footers.is_empty() {
                let mut names = flowing.groups.results(Some(i));
                names.push(flowing.groups.facts(i, false));
                let scope = scope.with(names);
                for &row in &level.footers {
                    let strip = Strip { keep_previous: true, ..Strip::default() };
                    self.stream_row(galley, flowing, row, &scope, Use::strip(strip))?;
                }
            }
            let own = &mut flowing.groups.levels[i];
            own.tallies.fill(Tally::default());
            own.records = 0;
            if std::mem::take(&mut own.repeated) {
                galley.mark(Event::HeadEnd);
            }
            if std::mem::take(&mut own.kept) {
                galley.end(Event::KeepEnd);
            }
            for inner in &mut flowing.groups.levels[i + 1..] {
                (inner.index, inner.keys) = (0, None);
            }
        }
        Ok(())
    }
}
