//! Calls that come while another is under way are carried out together.
//!
//! A call by itself is made at once. Those that come meanwhile wait for it, and then go as one: a worker with many slots
//! then needs a few round trips for all of them, and nobody waits for company.
//!
//! **Invariant:** each call gets the answer to its own item, even if whoever carries it out for all is dropped midway.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

/// The most items that go together. Each number of items is a statement of its own, and connections remember so many.
pub(super) const MOST: usize = 16;

/// How many groups may be under way at once: one is sent while another is answered.
const AT_ONCE: usize = 2;

/// A line of items, each with who waits for its answer.
type Line<T, A> = Vec<(T, oneshot::Sender<A>)>;

/// Where calls of one kind meet.
#[derive(Debug)]
pub(super) struct Together<T, A> {
    line: Mutex<Line<T, A>>,
    turns: Semaphore,
}

impl<T, A> Default for Together<T, A> {
    fn default() -> Self {
        Self { line: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

impl<T: Clone, A> Together<T, A> {
    /// The answer to `item`; `act` carries out a group and answers each in its order.
    pub(super) async fn call<Acting>(&self, item: T, act: impl Fn(Vec<T>) -> Acting) -> A
    where
        Acting: Future<Output = Vec<A>>,
    {
        loop {
            let (sender, mut receiver) = oneshot::channel();
            self.lock().push((item.clone(), sender));
            let turn = tokio::select! {
                biased;
                answer = &mut receiver => match answer {
                    Ok(answer) => return answer,
                    // Whoever carried it out was dropped: perhaps it was done and perhaps not; once more is no harm.
                    Err(_) => continue,
                },
                turn = self.turns.acquire() => turn,
            };
            while receiver.is_empty() && !receiver.is_terminated() {
                let (items, waiting): (Vec<T>, Vec<_>) = self.next().into_iter().unzip();
                if items.is_empty() {
                    // Another turn has it.
                    break;
                }
                for (sender, answer) in waiting.into_iter().zip(act(items).await) {
                    let _ = sender.send(answer);
                }
            }
            drop(turn);
            if let Ok(answer) = receiver.await {
                return answer;
            }
        }
    }

    /// Those that have waited longest.
    fn next(&self) -> Line<T, A> {
        let mut line = self.lock();
        // Who has gone away asks for nothing any more.
        line.retain(|(_, sender)| !sender.is_closed());
        let most = line.len().min(MOST);
        line.drain(..most).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Line<T, A>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    use futures::future::join_all;

    use super::*;

    /// Doubles numbers, slowly, and notes how many came together.
    async fn double(groups: &Mutex<Vec<usize>>, items: Vec<u32>) -> Vec<u32> {
        groups.lock().unwrap().push(items.len());
        tokio::time::sleep(Duration::from_millis(10)).await;
        items.iter().map(|item| item * 2).collect()
    }

    #[tokio::test]
    async fn a_lone_call_goes_at_once_and_others_in_company() {
        let (together, groups) = (Together::default(), Mutex::default());
        let calls = (0..40).map(|n| together.call(n, |items| double(&groups, items)));
        assert_eq!(join_all(calls).await, (0..40).map(|n| n * 2).collect::<Vec<_>>());
        let groups = groups.into_inner().unwrap();
        assert_eq!(groups.iter().sum::<usize>(), 40, "each once: {groups:?}");
        assert!(groups[0] <= MOST && groups.len() <= 5, "{groups:?}");
        let alone = Mutex::default();
        assert_eq!(together.call(9, |items| double(&alone, items)).await, 18);
        assert_eq!(*alone.lock().unwrap(), [1]);
    }

    #[tokio::test]
    async fn whoever_is_dropped_midway_leaves_nobody_without_an_answer() {
        let (together, groups) = (Arc::new(Together::default()), Arc::new(Mutex::default()));
        let calls: Vec<_> = (0..30)
            .map(|n| {
                let (together, groups) = (together.clone(), Arc::clone(&groups));
                tokio::spawn(async move { together.call(n, |items| double(&groups, items)).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(5)).await;
        // The first two carry out the first groups.
        calls[0].abort();
        calls[1].abort();
        for (n, call) in (0..30).zip(calls).skip(2) {
            assert_eq!(call.await.unwrap(), n * 2);
        }
    }
}
