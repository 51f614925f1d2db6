//! A wire between a process and a service, which a test can cut.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A TCP forwarder.
pub(crate) struct Wire {
    address: SocketAddr,
    whole: watch::Sender<bool>,
}

impl Wire {
    /// A wire to `target` (host and port), whole or cut.
    pub(crate) async fn to(target: &str, whole: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let whole = watch::Sender::new(whole);
        let (state, target) = (whole.clone(), target.to_owned());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut state, target) = (state.subscribe(), target.clone());
                if !*state.borrow_and_update() {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(&target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = state.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { address, whole }
    }

    /// `url` with this wire's address for its host and port.
    pub(crate) fn within(&self, url: &str) -> String {
        let mut url: url::Url = url.parse().expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }

    /// Cuts it: open connections break, new ones are closed at once.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Makes it whole.
    pub(crate) fn mend(&self) {
        self.whole.send_replace(true);
    }
}

/// Host and port of a URL.
pub(crate) fn target(url: &str, default_port: u16) -> String {
    let url: url::Url = url.parse().expect("a URL");
    format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(default_port))
}
