//! `[http]`: where this process listens, and how it answers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use secrecy::SecretString;

use super::{
    duration,
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

const SESSION_SECRET: Setting = Setting {
    table: "http",
    key: "session_secret",
    variable: Some("PRESSROOM_SESSION_SECRET"),
    flag: None,
    secret: true,
    example: "what `openssl rand -hex 32` prints",
};

const REDIRECT_LINKS: Setting = in_file("redirect_links", "true");
const LINK_LIFETIME: Setting = in_file("link_lifetime", "5m");
const BEHIND_PROXY: Setting = in_file("behind_proxy", "false");

pub(super) const SETTINGS: &[&Setting] =
    &[&LISTEN, &PROBE_LISTEN, &SESSION_SECRET, &REDIRECT_LINKS, &LINK_LIFETIME, &BEHIND_PROXY];

const fn in_file(key: &'static str, example: &'static str) -> Setting {
    Setting { table: "http", key, variable: None, flag: None, secret: false, example }
}

const DEFAULT_PORT: u16 = 8080;

/// Where this process listens, and how it answers.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The API, the pages, the probes and metrics of `up` and `serve`.
    pub listen: SocketAddr,
    /// The probes and metrics of `work` and `upkeep`; off unless set.
    pub probe_listen: Option<SocketAddr>,
    /// Mixed into the signature of sessions; the same for every `serve` of a deployment.
    pub session_secret: Option<SecretString>,
    /// Whether downloads are sent to a short signed link where the store has them.
    pub redirect_links: bool,
    /// How long such a link works.
    pub link_lifetime: Duration,
    /// Whether a proxy stands in front and `X-Forwarded-For` can be believed.
    pub behind_proxy: bool,
}

impl HttpConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let (shortest, longest) = (Duration::from_secs(10), Duration::from_secs(3600));
        Self {
            listen: layers.value(&LISTEN, address).unwrap_or((Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()),
            probe_listen: layers.value(&PROBE_LISTEN, address),
            session_secret: layers.value(&SESSION_SECRET, long_enough),
            redirect_links: layers.value(&REDIRECT_LINKS, truth).unwrap_or(true),
            link_lifetime: layers
                .value(&LINK_LIFETIME, |text| duration::between(text, shortest, longest))
                .unwrap_or(Duration::from_secs(300)),
            behind_proxy: layers.value(&BEHIND_PROXY, truth).unwrap_or(false),
        }
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

fn long_enough(text: &str) -> Result<SecretString, Wrong> {
    if text.chars().count() >= 32 {
        return Ok(SecretString::from(text));
    }
    Err(Wrong::new("must have at least 32 characters").help("make one with `openssl rand -hex 32`"))
}

fn truth(text: &str) -> Result<bool, Wrong> {
    text.parse().map_err(|_| Wrong::new("must be true or false"))
}
