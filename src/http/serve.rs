//! The listener: answers until told to stop, then lets what it began finish.
//!
//! **Invariant:** a connection in the middle of an answer is not cut off; one that dawdles keeps neither its place nor
//! the process.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// How long answers may take to finish after the stop.
const GRACE: Duration = Duration::from_secs(25);

/// How long a request's head may take to arrive, and a connection to stay idle between two of them.
const HEAD: Duration = Duration::from_secs(30);

/// The pause after a connection that could not be taken, most likely for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves `router` on `listener` until `shutdown`, then finishes open answers (at most 25 s, within the 30 s that
/// orchestrators usually give).
pub async fn serve(router: Router, listener: TcpListener, shutdown: CancellationToken) {
    serve_within(HEAD, router, listener, shutdown).await;
}

async fn serve_within(head: Duration, router: Router, listener: TcpListener, shutdown: CancellationToken) {
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => answer(&router, stream, peer, head, &open),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, open.shutdown()).await.is_err() {
        tracing::warn!(grace_s = GRACE.as_secs(), "open connections were cut off");
    }
}

/// Answers one connection in a task of its own.
fn answer(router: &Router, stream: TcpStream, peer: SocketAddr, head: Duration, open: &GracefulShutdown) {
    let router = router.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .serve_connection(TokioIo::new(stream), service);
    let connection = open.watch(connection);
    tokio::spawn(async move {
        // A client that breaks off, or dawdles, is no fault of ours and no news.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
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
        timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "it still listens");
    }

    #[tokio::test]
    async fn who_does_not_finish_the_head_is_sent_away() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let head = Duration::from_millis(200);
        tokio::spawn(serve_within(head, Router::new(), listener, CancellationToken::new()));
        let mut dawdler = TcpStream::connect(address).await.unwrap();
        dawdler.write_all(b"GET / HT").await.unwrap();
        let mut answer = Vec::new();
        timeout(Duration::from_secs(10), dawdler.read_to_end(&mut answer)).await.expect("cut off in time").unwrap();
    }
}
