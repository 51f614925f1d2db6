//! Hands out documents: all of one, a range of one, or a link to where the store does it.
//!
//! **Invariant:** the desk has written the hand-out to the audit trail before the first byte leaves, and a document
//! that can't be read whole ends in a broken connection, never in a short file.

use std::ops::Range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt as _;

use super::{
    Site,
    problem::{Kind, Problem, Result},
};
use crate::{
    artifact::{Artifact, ArtifactId, Tier},
    identity::Identity,
    request::Document,
};

/// What the browser should do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Show it.
    Inline,
    /// Save it.
    Attachment,
}

/// The answer to a `GET` or `HEAD` of a document.
pub(super) async fn send(
    site: &Site,
    who: &Identity,
    id: ArtifactId,
    disposition: Disposition,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response> {
    // A HEAD hands no bytes out: it is a look at the facts.
    let found =
        if method == Method::HEAD { site.desk.artifact(who, id).await } else { site.desk.download(who, id).await };
    let document = found?.ok_or(Kind::NotFound)?;
    if document.artifact.tier == Tier::Archive {
        return Err(Problem::new(Kind::ArtifactArchived).detail("it must be restored before it can be read"));
    }
    if let Some(redirect) = redirect(site, &document, disposition).await? {
        return Ok(redirect);
    }
    stream(site, &document, disposition, method, headers).await
}

/// A link always saves, so what is to be shown is streamed.
async fn redirect(site: &Site, document: &Document, disposition: Disposition) -> Result<Option<Response>> {
    if !site.settings.redirect_links || disposition == Disposition::Inline {
        return Ok(None);
    }
    let link = site.store.link(&document.artifact.key, &document.file_name, site.settings.link_lifetime).await?;
    let header = |link: url::Url| HeaderValue::try_from(String::from(link)).map_err(|_| Problem::new(Kind::Internal));
    let location = link.map(header).transpose()?;
    Ok(location.map(|location| (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()))
}

async fn stream(
    site: &Site,
    document: &Document,
    disposition: Disposition,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response> {
    let artifact = &document.artifact;
    let (size, etag) = (artifact.facts.size_bytes, etag(artifact)?);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| matches(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let same = headers.get(header::IF_RANGE).is_none_or(|known| *known == etag);
    let wanted = headers.get(header::RANGE).filter(|_| same && method == Method::GET);
    let range = match wanted.map_or(Wanted::All, |range| Wanted::parse(range, size)) {
        Wanted::All => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => return Ok(outside(size)),
    };
    let length = range.as_ref().map_or(size, |range| range.end - range.start);
    let body = if method == Method::HEAD { Body::empty() } else { read(site, artifact, range.clone()).await? };
    let mut response = body.into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    out.insert(header::CONTENT_LENGTH, length.into());
    out.insert(header::CONTENT_DISPOSITION, content_disposition(disposition, &document.file_name));
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    out.insert(header::ETAG, etag);
    if let Some(Range { start, end }) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        insert_text(&mut response, header::CONTENT_RANGE, format!("bytes {start}-{}/{size}", end - 1));
    }
    Ok(response)
}

async fn read(site: &Site, artifact: &Artifact, range: Option<Range<u64>>) -> Result<Body> {
    let id = artifact.id;
    let bytes = site.store.read(&artifact.key, range).await?;
    Ok(Body::from_stream(bytes.inspect_err(move |error| {
        tracing::error!(artifact.id = %id, %error, "a download broke off");
    })))
}

fn outside(size: u64) -> Response {
    let mut response = Problem::new(Kind::RangeNotSatisfiable).detail(format!("it has {size} bytes")).into_response();
    insert_text(&mut response, header::CONTENT_RANGE, format!("bytes */{size}"));
    response
}

fn insert_text(response: &mut Response, name: header::HeaderName, text: String) {
    if let Ok(value) = text.try_into() {
        response.headers_mut().insert(name, value);
    }
}

fn etag(artifact: &Artifact) -> Result<HeaderValue> {
    let text = format!("\"{}\"", artifact.facts.digest.as_str());
    text.try_into().map_err(|_| Problem::new(Kind::Internal))
}

/// Whether an `If-None-Match` names this ETag (RFC 9110, 13.1.2: weak comparison).
fn matches(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Everything: also for what we don't understand, and for several ranges at once (RFC 9110, 14.2).
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that aren't there.
    Nothing,
}

impl Wanted {
    fn parse(header: &HeaderValue, size: u64) -> Self {
        let text = header.to_str().unwrap_or_default();
        let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
            return Self::All;
        };
        let range = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
            (Ok(first), Err(_)) if last.is_empty() => first..size,
            (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
            _ => return Self::All,
        };
        if range.start < range.end { Self::Part(range) } else { Self::Nothing }
    }
}

/// `Content-Disposition` with the name twice: for old browsers in ASCII, for all others in UTF-8 (RFC 6266).
fn content_disposition(disposition: Disposition, file_name: &str) -> HeaderValue {
    let word = match disposition {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || " .-_()".contains(c);
    let ascii: String = file_name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let value = format!("{word}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        let wanted = |text: &'static str| Wanted::parse(&HeaderValue::from_static(text), 100);
        assert_eq!(wanted("bytes=0-9"), Wanted::Part(0..10));
        assert_eq!(wanted("bytes=90-"), Wanted::Part(90..100));
        assert_eq!(wanted("bytes=-10"), Wanted::Part(90..100));
        assert_eq!(wanted("bytes=-1000"), Wanted::Part(0..100));
        assert_eq!(wanted("bytes=50-1000"), Wanted::Part(50..100));
        assert_eq!(wanted("bytes=0-18446744073709551615"), Wanted::Part(0..100));
        assert_eq!(wanted("bytes=100-"), Wanted::Nothing);
        assert_eq!(wanted("bytes=200-300"), Wanted::Nothing);
        assert_eq!(wanted("bytes=-0"), Wanted::Nothing);
        for odd in ["bytes=", "bytes=-", "bytes=9-1", "bytes=0-1,5-6", "rows=0-1", "bytes=a-b", "bytes=0-x"] {
            assert_eq!(wanted(odd), Wanted::All, "{odd}");
        }
    }

    #[test]
    fn an_empty_document_has_no_ranges() {
        assert_eq!(Wanted::parse(&HeaderValue::from_static("bytes=0-"), 0), Wanted::Nothing);
    }

    #[test]
    fn compares_etags() {
        let etag = HeaderValue::from_static("\"abc\"");
        let known = |text: &'static str| matches(&HeaderValue::from_static(text), &etag);
        assert!(known("\"abc\""));
        assert!(known("\"x\", W/\"abc\""));
        assert!(known("*"));
        assert!(!known("abc"));
        assert!(!known("\"abcd\""));
    }

    #[test]
    fn names_files_for_old_and_new_browsers() {
        let value = content_disposition(Disposition::Attachment, "Impfpass Zoë \"1\".pdf");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"Impfpass Zo_ _1_.pdf\"; filename*=UTF-8''Impfpass%20Zo%C3%AB%20%221%22.pdf"
        );
        let value = content_disposition(Disposition::Inline, "a\r\nSet-Cookie: x");
        assert_eq!(
            value.to_str().unwrap(),
            "inline; filename=\"a__Set-Cookie_ x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"
        );
    }
}
