//! A network that can't be trusted: a TCP proxy that delays, cuts, swallows and answers in the server's place.
//!
//! What befalls a piece of traffic depends on the seed, the connection's number and its place in the connection, so a run
//! can be tried again, as far as the operating system's timing allows.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What a server that is overwhelmed says in Azure's way.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nx-ms-error-code: ServerBusy\r\ncontent-length: 0\r\n\
    connection: close\r\n\r\n";

/// What can befall a piece of traffic.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// It is late.
    Delay,
    /// The connection is reset before it gets through.
    Reset,
    /// A request gets through, and its answer never does.
    LostAnswer,
    /// Nothing gets through any more, for a while in which nobody says so.
    Silence,
    /// HTTP only: the server is said to be busy.
    Busy,
}

const FAULTS: [(Fault, &str); 5] = [
    (Fault::Delay, "delayed"),
    (Fault::Reset, "reset"),
    (Fault::LostAnswer, "answers lost"),
    (Fault::Silence, "silent"),
    (Fault::Busy, "503"),
];

/// A proxy in front of one server.
pub(crate) struct Proxy {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    http: bool,
    seed: u64,
    /// Of a million pieces of traffic, how many something befalls.
    rate: AtomicU32,
    counts: [AtomicU64; 5],
}

impl Proxy {
    /// Listens on a port of its own and passes everything on to `to`.
    pub(crate) async fn start(name: &'static str, to: SocketAddr, http: bool, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State { to, http, seed, rate: AtomicU32::new(0), counts: Default::default() });
        let shared = state.clone();
        tokio::spawn(async move {
            for number in 0_u64.. {
                match listener.accept().await {
                    Ok((client, _)) => drop(tokio::spawn(shared.clone().serve(client, number))),
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Self { name, port, state }
    }

    /// From now on something befalls so many of a million pieces of traffic.
    pub(crate) fn set_rate(&self, rate: u32) {
        self.state.rate.store(rate, Ordering::Relaxed);
    }

    /// What has been done to the traffic so far.
    pub(crate) fn counts(&self) -> String {
        let counts = FAULTS.iter().zip(&self.state.counts);
        let text: Vec<String> = counts
            .map(|((_, name), count)| (name, count.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        format!("{}: {}", self.name, if text.is_empty() { "nothing".to_owned() } else { text.join(", ") })
    }
}

impl State {
    async fn serve(self: Arc<Self>, mut client: TcpStream, number: u64) {
        let Ok(mut server) = TcpStream::connect(self.to).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let mut random = StdRng::seed_from_u64(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        loop {
            let goes_on = tokio::select! {
                read = client.read(&mut asked) => match read {
                    Ok(length @ 1..) => self.ask(&mut client, &mut server, &asked[..length], &mut random).await,
                    _ => break,
                },
                read = server.read(&mut answered) => match read {
                    Ok(length @ 1..) => self.answer(&mut client, &answered[..length], &mut random).await,
                    _ => break,
                },
            };
            if !goes_on {
                let _ = (client.set_zero_linger(), server.set_zero_linger());
                return;
            }
        }
    }

    fn draw(&self, request: Option<&[u8]>, random: &mut StdRng) -> Option<Fault> {
        if random.random_range(0..1_000_000) >= self.rate.load(Ordering::Relaxed) {
            return None;
        }
        let begins =
            |bytes: &[u8]| [&b"PUT "[..], b"GET ", b"HEAD", b"DELE"].iter().any(|verb| bytes.starts_with(verb));
        let fault = match random.random_range(0..10) {
            0..4 => Fault::Delay,
            4..6 => Fault::Reset,
            6..8 if request.is_some() => Fault::LostAnswer,
            8 => Fault::Silence,
            _ if self.http && request.is_some_and(begins) => Fault::Busy,
            _ => Fault::Reset,
        };
        self.counts[fault as usize].fetch_add(1, Ordering::Relaxed);
        Some(fault)
    }

    /// Passes a request on, or doesn't; false when the connection is to end.
    async fn ask(&self, client: &mut TcpStream, server: &mut TcpStream, bytes: &[u8], random: &mut StdRng) -> bool {
        match self.draw(Some(bytes), random) {
            None => {}
            Some(Fault::Delay) => delay(random).await,
            Some(Fault::Reset) => return false,
            Some(Fault::LostAnswer) => {
                let _ = server.write_all(bytes).await;
                // Long enough for the server to have done it.
                tokio::time::sleep(Duration::from_millis(random.random_range(20..300))).await;
                return false;
            }
            Some(Fault::Silence) => {
                silence(random).await;
                return false;
            }
            Some(Fault::Busy) => {
                let _ = client.write_all(BUSY).await;
                let _ = client.shutdown().await;
                // What the client still sends is read, so that it sees the answer and no reset.
                let mut rest = [0; 16 * 1024];
                let reading = async { while matches!(client.read(&mut rest).await, Ok(1..)) {} };
                let _ = tokio::time::timeout(Duration::from_millis(500), reading).await;
                return false;
            }
        }
        server.write_all(bytes).await.is_ok()
    }

    /// Passes an answer on, or doesn't; false when the connection is to end.
    async fn answer(&self, client: &mut TcpStream, bytes: &[u8], random: &mut StdRng) -> bool {
        match self.draw(None, random) {
            None => {}
            Some(Fault::Delay) => delay(random).await,
            Some(Fault::Silence) => {
                silence(random).await;
                return false;
            }
            Some(_) => return false,
        }
        client.write_all(bytes).await.is_ok()
    }
}

async fn delay(random: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(random.random_range(5..400))).await;
}

async fn silence(random: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(random.random_range(500..6_000))).await;
}
