//! The one writer: calls that come at the same time share a transaction, so one flush to the disk serves them all.
//!
//! **Invariant:** a call is answered when its transaction is on the disk, and what fails, or whose caller has gone,
//! neither stays nor takes others along.

use std::{panic::AssertUnwindSafe, time::Duration};

use async_trait::async_trait;
use futures::{FutureExt, future::BoxFuture};
use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::{
    clock::SharedClock,
    queue::{QueueError, Result},
};

/// The most calls that share a transaction.
const TOGETHER: usize = 64;

/// How long a step waits for another process's transaction.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Carries out steps one after the other, each as a whole or not at all.
pub(super) struct Writer {
    steps: mpsc::UnboundedSender<Box<dyn Step>>,
}

impl Writer {
    /// Starts on a pool of one connection; ends when it is dropped and what was asked before is done.
    pub(super) fn start(pool: SqlitePool, clock: SharedClock) -> Self {
        let (steps, asked) = mpsc::unbounded_channel();
        tokio::spawn(carry_out(pool, clock, asked));
        Self { steps }
    }

    /// Does this work, with the time at which it is done in microseconds, and answers when it is on the disk.
    ///
    /// The work may be undone and done again, so all it does must be in the transaction.
    pub(super) async fn call<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut SqliteConnection, i64) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { work, value: None, reply };
        self.steps.send(Box::new(call)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> QueueError {
    QueueError::Unavailable("its writer has ended".to_owned())
}

/// One caller's part of a transaction.
#[async_trait]
trait Step: Send {
    async fn work(&mut self, tx: &mut SqliteConnection, now: i64) -> Result<()>;
    fn is_abandoned(&self) -> bool;
    fn answer(self: Box<Self>, outcome: Result<()>);
}

struct Call<T, W> {
    work: W,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

#[async_trait]
impl<T, W> Step for Call<T, W>
where
    T: Send,
    W: for<'c> Fn(&'c mut SqliteConnection, i64) -> BoxFuture<'c, Result<T>> + Send,
{
    async fn work(&mut self, tx: &mut SqliteConnection, now: i64) -> Result<()> {
        // A panic is our bug, but it must not end the writer.
        let work = AssertUnwindSafe((self.work)(tx, now)).catch_unwind().await;
        self.value = Some(work.map_err(|_| QueueError::Corrupt("a step hit a bug in pressroom".to_owned()))??);
        Ok(())
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { value, reply, .. } = *self;
        let _ = reply.send(outcome.and_then(|()| value.ok_or_else(gone)));
    }
}

/// What became of a transaction.
enum Transaction {
    /// It is on the disk.
    Committed,
    /// One of its steps failed, or its caller has gone: none of them happened.
    Undone(QueueError),
    /// It could not begin or end.
    Impossible(QueueError),
}

async fn carry_out(pool: SqlitePool, clock: SharedClock, mut asked: mpsc::UnboundedReceiver<Box<dyn Step>>) {
    let mut steps = Vec::with_capacity(TOGETHER);
    while asked.recv_many(&mut steps, TOGETHER).await > 0 {
        steps.retain(|step| !step.is_abandoned());
        match together(&pool, &clock, &mut steps).await {
            Transaction::Undone(_) if steps.len() > 1 => {
                for mut step in steps.drain(..).filter(|step| !step.is_abandoned()) {
                    let outcome = match together(&pool, &clock, std::slice::from_mut(&mut step)).await {
                        Transaction::Committed => Ok(()),
                        Transaction::Undone(error) | Transaction::Impossible(error) => Err(error),
                    };
                    step.answer(outcome);
                }
            }
            Transaction::Committed => steps.drain(..).for_each(|step| step.answer(Ok(()))),
            Transaction::Undone(error) | Transaction::Impossible(error) => {
                steps.drain(..).for_each(|step| step.answer(Err(error.clone())));
            }
        }
    }
}

async fn together(pool: &SqlitePool, clock: &SharedClock, steps: &mut [Box<dyn Step>]) -> Transaction {
    if steps.is_empty() {
        return Transaction::Committed;
    }
    let mut tx = match pool.begin_with("BEGIN IMMEDIATE").await {
        Ok(tx) => tx,
        Err(error) => return Transaction::Impossible(error.into()),
    };
    for step in steps.iter_mut() {
        if let Err(error) = step.work(&mut tx, clock.now().timestamp_micros()).await {
            return Transaction::Undone(error);
        }
    }
    if steps.iter().any(|step| step.is_abandoned()) {
        return Transaction::Undone(gone());
    }
    match tx.commit().await {
        Ok(()) => Transaction::Committed,
        Err(error) => Transaction::Impossible(error.into()),
    }
}
