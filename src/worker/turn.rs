//! Who may compute: as many renderings at once as there are cores.
//!
//! A rendering has a thread of its own, but most of its time it waits: for rows, for the store. So it is not threads that
//! are few but turns. It holds one only while it computes, gives it back whenever it waits, and lets another rendering go
//! first when it has computed for long, so that a large report doesn't keep small ones from their turn.
//!
//! **Invariant:** nothing is waited for while a turn is held.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::meter::Meter;
use crate::job::Step;

/// How long a rendering computes while others wait for their turn.
const SLICE: Duration = Duration::from_millis(10);

/// The turns that there are.
#[derive(Debug)]
pub(super) struct Cores {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Cores {
    /// So many renderings compute at once, at least one.
    pub(super) fn new(cores: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(cores.clamp(1, Semaphore::MAX_PERMITS))), waiting: AtomicUsize::new(0) }
    }

    /// Waits in line, on a thread that may block.
    fn acquire(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = self.free.clone().try_acquire_owned() {
            return Some(permit);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let permit = futures::executor::block_on(self.free.clone().acquire_owned());
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        permit.ok()
    }
}

/// As many as the machine has.
impl Default for Cores {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// One rendering's turn. All its methods belong on the rendering's own thread.
#[derive(Debug)]
pub(super) struct Turn {
    cores: Arc<Cores>,
    meter: Arc<Meter>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    since: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Waits for a first turn.
    pub(super) fn begin(cores: Arc<Cores>, meter: Arc<Meter>) -> Arc<Self> {
        let turn = Self { cores, meter, held: Mutex::new(None) };
        turn.resume();
        Arc::new(turn)
    }

    /// Gives the turn back while `wait` blocks on another step.
    pub(super) fn rest<T>(&self, step: Step, wait: impl FnOnce() -> T) -> T {
        *self.lock() = None;
        self.meter.enter(step);
        let waited = wait();
        self.resume();
        waited
    }

    /// Lets others go first if they wait and this turn has been long.
    pub(super) fn pass(&self) {
        let long = || self.lock().as_ref().is_some_and(|held| held.since.elapsed() >= SLICE);
        if self.cores.waiting.load(Ordering::Relaxed) > 0 && long() {
            *self.lock() = None;
            self.resume();
        }
    }

    fn resume(&self) {
        let permit = self.cores.acquire();
        self.meter.enter(Step::Layout);
        *self.lock() = permit.map(|permit| Held { since: Instant::now(), _permit: permit });
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{atomic::AtomicBool, mpsc},
        thread,
    };

    use super::*;

    fn turn(cores: &Arc<Cores>) -> Arc<Turn> {
        Turn::begin(cores.clone(), Arc::default())
    }

    #[test]
    fn who_waits_lets_others_compute() {
        let cores = Arc::new(Cores::new(1));
        let (sender, receiver) = mpsc::channel();
        let first = turn(&cores);
        let other = thread::spawn({
            let cores = cores.clone();
            move || {
                let _turn = turn(&cores);
                sender.send(()).unwrap();
            }
        });
        // Would last for ever if the turn were held meanwhile.
        first.rest(Step::Source, || receiver.recv_timeout(Duration::from_secs(30)).unwrap());
        other.join().unwrap();
        assert_eq!(first.meter.step(), Step::Layout);
        drop(first);
        assert_eq!(cores.free.available_permits(), 1);
    }

    #[test]
    fn a_long_rendering_lets_a_short_one_go_first() {
        let cores = Arc::new(Cores::new(1));
        let done = Arc::new(AtomicBool::new(false));
        let long = turn(&cores);
        let short = thread::spawn({
            let (cores, done) = (cores.clone(), done.clone());
            move || {
                let _turn = turn(&cores);
                done.store(true, Ordering::SeqCst);
            }
        });
        let began = Instant::now();
        while !done.load(Ordering::SeqCst) {
            assert!(began.elapsed() < Duration::from_secs(30), "it never got its turn");
            long.pass();
        }
        short.join().unwrap();
    }

    #[test]
    fn a_panic_gives_the_turn_back() {
        let cores = Arc::new(Cores::new(1));
        let held = cores.clone();
        let caught = thread::spawn(move || {
            let _turn = turn(&held);
            panic!("on purpose");
        });
        assert!(caught.join().is_err());
        assert_eq!(cores.free.available_permits(), 1);
    }
}
