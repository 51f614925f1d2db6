//! Signals: the first one ends the process in good order, a second one without waiting for work in hand.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What the process was told.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Fires at the first SIGTERM or Ctrl-C: take nothing more, finish what was begun.
    pub asked: CancellationToken,
    /// Fires at the second one: hand back what was begun.
    pub hurry: CancellationToken,
}

/// Listens for SIGTERM and Ctrl-C from now on.
pub fn stop_on_signal() -> Stop {
    let stop = Stop::default();
    let Stop { asked, hurry } = stop.clone();
    // Installed before this returns, so that no signal meets the default, which is to die.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    tokio::spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping");
        asked.cancel();
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping at once");
        hurry.cancel();
    });
    stop
}

async fn next(terminate: &mut std::io::Result<Signal>, interrupt: &mut std::io::Result<Signal>) {
    tokio::select! {
        () = one(terminate) => {}
        () = one(interrupt) => {}
    }
}

async fn one(signal: &mut std::io::Result<Signal>) {
    match signal {
        Ok(signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}
