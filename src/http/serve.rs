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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        time::timeout,
    };

    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_finished_and_nothing_more_is_taken() {
        let slow = get(async || {
            tokio::time::sleep(Duration::from_millis(300)).await;
            "finished"
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(Router::new().route("/", slow), listener, stop.clone()));

        let mut begun = TcpStream::connect(address).await.unwrap();
        begun.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let _idle = TcpStream::connect(address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();

        let mut answer = String::new();
        timeout(Duration::from_secs(5), begun.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert!(answer.ends_with("finished"), "{answer}");
        timeout(Duration::from_secs(5), server).await.unwrap().unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "it still listens");
    }
}
