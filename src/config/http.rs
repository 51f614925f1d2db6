//! `[http]`: where this process listens.

use std::net::{Ipv4Addr, SocketAddr};

use super::{
    layers::{Layers, Wrong},
    setting::{Flag, Setting},
};

const LISTEN: Setting = Setting {
    table: "http",
    key: "listen",
    variable: Some("PRESSROOM_LISTEN"),
    flag: Some(Flag { name: "--listen", typed: |typed| typed.listen.as_deref() }),
    secret: false,
    example: "127.0.0.1:8080",
};

const PROBE_LISTEN: Setting = Setting {
    table: "http",
    key: "probe_listen",
    variable: Some("PRESSROOM_PROBE_LISTEN"),
    flag: Some(Flag { name: "--probe-listen", typed: |typed| typed.probe_listen.as_deref() }),
    secret: false,
    example: "0.0.0.0:9090",
};

pub(super) const SETTINGS: &[&Setting] = &[&LISTEN, &PROBE_LISTEN];

const DEFAULT_PORT: u16 = 8080;

/// Where this process listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpConfig {
    /// The API, the pages, the probes and metrics of `up` and `serve`.
    pub listen: SocketAddr,
    /// The probes and metrics of `work` and `upkeep`; off unless set.
    pub probe_listen: Option<SocketAddr>,
}

impl HttpConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let listen = layers.value(&LISTEN, address);
        let probe_listen = layers.value(&PROBE_LISTEN, address);
        Self { listen: listen.unwrap_or((Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()), probe_listen }
    }
}

/// An IP address and a port; `localhost` is a convenience, other names would need a resolver.
fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    local
        .map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .or_else(|| text.parse().ok())
        .ok_or_else(|| Wrong::new("must be an IP address and a port").help("for example 127.0.0.1:8080 or [::]:8080"))
}
