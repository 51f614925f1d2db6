//! Slows down whoever tries keys: so many wrong ones from an address, then a pause.
//!
//! **Invariant:** bounded memory, whatever comes in; a right key is never counted.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, MutexGuard},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};

use super::Shared;

/// Wrong keys that an address may send within a window.
const ALLOWED: u32 = 10;

/// How long wrong keys are remembered, from the first.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// Addresses remembered at most.
const ADDRESSES: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    first_at: DateTime<Utc>,
    count: u32,
}

/// Counts wrong keys by address.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<IpAddr, Failures>>);

impl Throttle {
    /// How long this address must pause, if it must.
    pub(super) fn pause(&self, from: IpAddr, now: DateTime<Utc>) -> Option<TimeDelta> {
        let failures = *self.failures().get(&neighbourhood(from))?;
        let left = failures.first_at + WINDOW - now;
        (failures.count >= ALLOWED && left > TimeDelta::zero()).then_some(left)
    }

    /// Counts a wrong key.
    pub(super) fn failed(&self, from: IpAddr, now: DateTime<Utc>) {
        let mut all = self.failures();
        if all.len() >= ADDRESSES {
            make_room(&mut all, now);
        }
        let failures = all.entry(neighbourhood(from)).or_insert(Failures { first_at: now, count: 0 });
        if now >= failures.first_at + WINDOW {
            *failures = Failures { first_at: now, count: 0 };
        }
        failures.count += 1;
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Forgets what is over; if that isn't enough, the address with the fewest failures.
fn make_room(all: &mut HashMap<IpAddr, Failures>, now: DateTime<Utc>) {
    all.retain(|_, failures| now < failures.first_at + WINDOW);
    if all.len() >= ADDRESSES
        && let Some(mildest) = all.iter().min_by_key(|(_, failures)| failures.count).map(|(address, _)| *address)
    {
        all.remove(&mildest);
    }
}

/// One household has a whole IPv6 /64, so that is what counts as an address.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// The address that a request comes from; unspecified when nobody knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

impl FromRequestParts<Shared> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Shared) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = forwarded_for(&parts.headers).filter(|_| site.settings.behind_proxy);
        Ok(Self(forwarded.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// The last address in `X-Forwarded-For`: the one that our own proxy wrote; those before it are hearsay.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn pauses_one_address_and_no_other() {
        let throttle = Throttle::default();
        for _ in 0..ALLOWED - 1 {
            throttle.failed(address("10.0.0.1"), now());
        }
        assert_eq!(throttle.pause(address("10.0.0.1"), now()), None);
        throttle.failed(address("10.0.0.1"), now());
        assert_eq!(throttle.pause(address("10.0.0.1"), now()), Some(WINDOW));
        assert_eq!(throttle.pause(address("::ffff:10.0.0.1"), now()), Some(WINDOW), "the same address in IPv6 clothes");
        assert_eq!(throttle.pause(address("10.0.0.2"), now()), None);
        assert_eq!(throttle.pause(address("10.0.0.1"), now() + WINDOW), None);
        throttle.failed(address("10.0.0.1"), now() + WINDOW);
        assert_eq!(throttle.pause(address("10.0.0.1"), now() + WINDOW), None, "counts anew");
    }

    #[test]
    fn believes_only_what_the_nearest_proxy_wrote() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers), None);
        headers.append("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        assert_eq!(forwarded_for(&headers), Some(address("2.2.2.2")));
        headers.append("x-forwarded-for", "3.3.3.3".parse().unwrap());
        assert_eq!(forwarded_for(&headers), Some(address("3.3.3.3")));
    }

    #[test]
    fn a_prefix_is_one_address() {
        let throttle = Throttle::default();
        for i in 0..ALLOWED {
            throttle.failed(address(&format!("2001:db8::{i:x}")), now());
        }
        assert!(throttle.pause(address("2001:db8::ffff"), now()).is_some());
        assert!(throttle.pause(address("2001:db8:0:1::1"), now()).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for _ in 0..ALLOWED {
            throttle.failed(address("192.0.2.1"), now());
        }
        for i in 0..ADDRESSES as u32 + 100 {
            throttle.failed(IpAddr::V4((0x0a00_0000 + i).into()), now());
        }
        assert!(throttle.failures().len() <= ADDRESSES);
        assert!(throttle.pause(address("192.0.2.1"), now()).is_some(), "a flood can't wash the guilty away");
    }
}
