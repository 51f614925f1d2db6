//! The listener: answers until told to stop, then lets what it began finish.
//!
//! **Invariant:** a connection in the middle of an answer is not cut off, and one that dawdles can't keep the process.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long answers may take to finish after the stop.
const GRACE: Duration = Duration::from_secs(25);

/// Serves `router` on `listener` until `shutdown`, then finishes open answers (at most 25 s, within the 30 s that
/// orchestrators usually give).
pub async fn serve(router: Router, listener: TcpListener, shutdown: CancellationToken) -> std::io::Result<()> {
    let stop = shutdown.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move { stop.cancelled().await });
    let overtime = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = async { server.await } => ended,
        () = overtime => {
            tracing::warn!(grace_s = GRACE.as_secs(), "open connections were cut off");
            Ok(())
        }
    }
}
