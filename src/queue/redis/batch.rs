//! Calls that go to the server together: while one batch is on its way, the next one gathers.
//!
//! A call that finds nobody on the way goes at once, so a lone one isn't slower; a hundred at once are two round trips.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Mutex as Turn, oneshot};

use crate::queue::{BATCH, QueueError, Result};

/// Gathers calls that take a `T` and answer an `R`.
pub(super) struct Batches<T, R> {
    gathered: Arc<Mutex<Vec<Call<T, R>>>>,
    turn: Arc<Turn<()>>,
}

type Call<T, R> = (T, oneshot::Sender<Result<R>>);

impl<T, R> Default for Batches<T, R> {
    fn default() -> Self {
        Self { gathered: Arc::default(), turn: Arc::default() }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl<T: Send + 'static, R: Send + 'static> Batches<T, R> {
    /// Makes one call, with whichever others come at the same time; `send` answers at most [`BATCH`] in their order.
    ///
    /// A batch is sent to its end, whoever stops waiting for it.
    pub(super) async fn call<F>(&self, call: T, send: impl FnOnce(Vec<T>) -> F + Clone + Send + 'static) -> Result<R>
    where
        F: Future<Output = Result<Vec<R>>> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        lock(&self.gathered).push((call, answer));
        loop {
            let turn = tokio::select! {
                biased;
                answer = &mut answered => return answer.unwrap_or_else(|_| Err(unheard())),
                turn = self.turn.clone().lock_owned() => turn,
            };
            let batch: Vec<Call<T, R>> = {
                let mut gathered = lock(&self.gathered);
                let many = gathered.len().min(BATCH);
                gathered.drain(..many).collect()
            };
            let sending = send.clone();
            tokio::spawn(async move {
                let (calls, answers): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
                if !calls.is_empty() {
                    answer_all(sending(calls).await, answers);
                }
                drop(turn);
            });
        }
    }
}

fn answer_all<R>(results: Result<Vec<R>>, answers: Vec<oneshot::Sender<Result<R>>>) {
    match results {
        Ok(results) => {
            for (answer, result) in answers.into_iter().zip(results) {
                let _ = answer.send(Ok(result));
            }
        }
        Err(error) => {
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}

fn unheard() -> QueueError {
    QueueError::Unavailable("the answer was not heard".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn calls_that_come_meanwhile_go_together_and_each_gets_its_own_answer() {
        let batches: Batches<u64, u64> = Batches::default();
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let call = |n: u64| {
            let sizes = sizes.clone();
            batches.call(n, async move |calls: Vec<u64>| {
                lock(&sizes).push(calls.len());
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(calls.into_iter().map(|n| n * n).collect())
            })
        };
        let answers = join_all((0..250).map(call)).await;
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.unwrap(), (n * n) as u64);
        }
        assert_eq!(lock(&sizes).iter().sum::<usize>(), 250);
        assert!(lock(&sizes).len() <= 4, "{:?}", lock(&sizes));
    }

    #[tokio::test]
    async fn all_of_a_failed_batch_hear_of_it() {
        let batches: Batches<u64, u64> = Batches::default();
        let fail = |n| batches.call(n, async |_| Err(QueueError::Unavailable("it is away".to_owned())));
        for answer in join_all((0..5).map(fail)).await {
            assert_eq!(answer.unwrap_err().to_string(), "the queue is not reachable: it is away");
        }
    }
}
