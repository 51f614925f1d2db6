//! Rows on their way to a sink, a batch at a time.
//!
//! **Invariant:** holds at most one batch, bounded in rows and in bytes.

use std::{collections::HashSet, sync::Arc};

use futures::{Stream, TryStreamExt};

use crate::{
    source::{Flow, Result, RowSink, SourceError},
    value::{Column, ColumnType, Columns, Row, Value},
};

/// Rows in a batch: enough that handing it over costs nothing per row.
const ROWS: usize = 256;
/// Bytes of text and blobs in a batch, so that rows with large fields make small batches.
const BYTES: usize = 1 << 20;

/// Hands the rows of a started query to the sink until they end or the sink has enough.
///
/// `first` is the row that was already taken to learn the columns. [`Flow::Stop`] says that the query is still running.
pub(super) async fn deliver<R>(
    first: Option<R>,
    mut rows: impl Stream<Item = Result<R>> + Unpin,
    read: impl Fn(&R) -> Result<Row>,
    sink: &mut dyn RowSink,
) -> Result<Flow> {
    let (mut batch, mut bytes) = (Vec::with_capacity(ROWS), 0);
    let mut next = first;
    while let Some(row) = next {
        let values = read(&row)?;
        bytes += values.iter().map(size).sum::<usize>();
        batch.push(values);
        if batch.len() == ROWS || bytes >= BYTES {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(ROWS));
            if sink.rows(full).await == Flow::Stop {
                return Ok(Flow::Stop);
            }
            bytes = 0;
            // A source that always has a row ready would otherwise never let its cancelling be seen.
            tokio::task::yield_now().await;
        }
        next = rows.try_next().await?;
    }
    if !batch.is_empty() {
        // The query has ended: whether the sink wants more makes no difference.
        sink.rows(batch).await;
    }
    Ok(Flow::Continue)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// The columns of a dataset, checked: a template finds a value by its column's name, so names are unique.
pub(super) fn columns<'a>(dataset: &str, columns: impl Iterator<Item = (&'a str, ColumnType)>) -> Result<Columns> {
    let mut seen = HashSet::new();
    let columns: Columns = columns
        .map(|(name, kind)| {
            if seen.insert(name) {
                return Ok(Column { name: Arc::from(name), kind });
            }
            Err(SourceError::Decode {
                dataset: dataset.to_owned(),
                column: name.to_owned(),
                message: "two columns have this name; give one another name with AS".to_owned(),
            })
        })
        .collect::<Result<_>>()?;
    if columns.is_empty() { Err(returns_nothing(dataset)) } else { Ok(columns) }
}

/// What is said of a statement without columns. It only acts: `… INTO OUTFILE` writes a file on the server even within
/// a read-only transaction.
pub(super) fn returns_nothing(dataset: &str) -> SourceError {
    let message = "the statement returns no columns, so it doesn't read".to_owned();
    SourceError::Refused { dataset: dataset.to_owned(), message, offset: None }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures::stream;

    use super::*;

    struct Sizes(Vec<usize>, usize);

    #[async_trait]
    impl RowSink for Sizes {
        async fn columns(&mut self, _: Columns) -> Flow {
            Flow::Continue
        }

        async fn rows(&mut self, batch: Vec<Row>) -> Flow {
            self.0.push(batch.len());
            if self.0.len() == self.1 { Flow::Stop } else { Flow::Continue }
        }
    }

    async fn sizes(rows: usize, text: usize, stop_after: usize) -> (Vec<usize>, Flow) {
        let mut sink = Sizes(Vec::new(), stop_after);
        let value = Value::text("x".repeat(text));
        let rows = stream::iter((1..rows).map(Ok));
        let flow = deliver(Some(0), rows, |_| Ok(vec![value.clone()]), &mut sink).await.unwrap();
        (sink.0, flow)
    }

    #[tokio::test]
    async fn batches_are_bounded_in_rows_and_in_bytes() {
        assert_eq!(sizes(600, 10, 99).await, (vec![256, 256, 88], Flow::Continue));
        assert_eq!(sizes(256, 10, 99).await, (vec![256], Flow::Continue));
        assert_eq!(sizes(5, 600_000, 99).await, (vec![2, 2, 1], Flow::Continue));
    }

    #[tokio::test]
    async fn a_sink_that_has_enough_ends_it() {
        assert_eq!(sizes(600, 10, 1).await, (vec![256], Flow::Stop));
        assert_eq!(sizes(300, 10, 2).await, (vec![256, 44], Flow::Continue), "nothing was left to stop");
    }

    #[test]
    fn a_doubled_column_is_named() {
        let error = columns("d", [("a", ColumnType::Text), ("a", ColumnType::Text)].into_iter()).unwrap_err();
        assert!(error.to_string().starts_with("column `a` of dataset `d`"), "{error}");
        assert_eq!(columns("d", [("a", ColumnType::Text), ("A", ColumnType::Text)].into_iter()).unwrap().len(), 2);
    }
}
