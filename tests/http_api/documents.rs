//! Documents: facts, bytes, ranges, links, audit.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    body::Bytes,
    http::{Method, StatusCode},
};
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use pressroom::{
    artifact::ArtifactKey,
    http::Settings,
    job::JobId,
    store::{ArtifactStore, Cursor, Page, Result, StoreError, Stored, Upload, memory::MemoryStore},
};
use url::Url;

use crate::house::{ASKER, Call, FULL, House, READER, SOUTH};

const PDF: &[u8] = b"%PDF-1.7 0123456789 %%EOF";

async fn finished(house: &House) -> (JobId, String) {
    let id = house.ask(FULL, "Ada").await;
    let claim = house.claim(id).await;
    house.finish(&claim, PDF).await;
    (id, format!("/api/v1/artifacts/{id}/content"))
}

#[tokio::test]
async fn facts_and_bytes_agree() {
    let house = House::new().await;
    let (id, content) = finished(&house).await;
    let facts = house.send(Call::get(&format!("/api/v1/artifacts/{id}")).key(READER)).await.json();
    assert_eq!(facts["size_bytes"], PDF.len());
    assert_eq!(facts["content"], content);
    assert_eq!(facts["tier"], "hot");

    let reply = house.send(Call::get(&content).key(READER)).await;
    assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, PDF));
    assert_eq!(reply.header("content-type"), "application/pdf");
    assert_eq!(reply.header("content-length"), PDF.len().to_string());
    assert_eq!(reply.header("etag"), format!("\"{}\"", facts["digest"].as_str().unwrap()));
    assert_eq!(reply.header("accept-ranges"), "bytes");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let disposition = reply.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"") && disposition.contains("filename*=UTF-8''"),
        "{disposition}"
    );
    assert!(disposition.contains(".pdf"), "{disposition}");
    let inline = house.send(Call::get(&format!("{content}?inline=1")).key(READER)).await;
    assert!(inline.header("content-disposition").starts_with("inline;"));
}

#[tokio::test]
async fn ranges_and_known_copies() {
    let house = House::new().await;
    let (_, content) = finished(&house).await;
    let get = || Call::get(&content).key(READER);

    let part = house.send(get().header("range", "bytes=9-18")).await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &b"0123456789"[..]));
    assert_eq!(part.header("content-range"), format!("bytes 9-18/{}", PDF.len()));
    assert_eq!(part.header("content-length"), "10");
    let tail = house.send(get().header("range", "bytes=-5")).await;
    assert_eq!(tail.body, "%%EOF");
    let outside = house.send(get().header("range", "bytes=1000-")).await;
    outside.problem(416, "range-not-satisfiable");
    assert_eq!(outside.header("content-range"), format!("bytes */{}", PDF.len()));

    let etag = house.send(get()).await.header("etag").to_owned();
    let same = house.send(get().header("if-none-match", &etag)).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let resumed = house.send(get().header("range", "bytes=0-3").header("if-range", &etag)).await;
    assert_eq!((resumed.status, &resumed.body[..]), (StatusCode::PARTIAL_CONTENT, &b"%PDF"[..]));
    let changed = house.send(get().header("range", "bytes=0-3").header("if-range", "\"other\"")).await;
    assert_eq!((changed.status, &changed.body[..]), (StatusCode::OK, PDF));

    let head = house.send(Call::new(Method::HEAD, &content).key(READER)).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), PDF.len().to_string());
}

#[tokio::test]
async fn documents_have_walls_too() {
    let house = House::new().await;
    let (id, content) = finished(&house).await;
    for path in [format!("/api/v1/artifacts/{id}"), content.clone()] {
        house.send(Call::get(&path).key(SOUTH)).await.problem(404, "not-found");
        house.send(Call::get(&path).key(ASKER)).await.problem(403, "forbidden");
        house.send(Call::get(&path)).await.problem(401, "unauthenticated");
    }
    let nothing = "0197a1b2-0000-7000-8000-000000000000";
    for path in [
        format!("/api/v1/artifacts/{nothing}"),
        format!("/api/v1/artifacts/{nothing}/content"),
        "/api/v1/artifacts/x".into(),
    ] {
        house.send(Call::get(&path).key(FULL)).await.problem(404, "not-found");
    }
    house.send(Call::get(&format!("{content}?inline=yes")).key(READER)).await.problem(400, "invalid-request");
    let unfinished = house.ask(FULL, "Grace").await;
    house.send(Call::get(&format!("/api/v1/artifacts/{unfinished}")).key(FULL)).await.problem(404, "not-found");
}

#[tokio::test]
async fn what_the_store_lost_is_gone() {
    let house = House::new().await;
    let (id, content) = finished(&house).await;
    let outcome = house.catalog.find(&"north".parse().unwrap(), id).await.unwrap().unwrap();
    house.store.delete(&outcome.artifact.unwrap().key).await.unwrap();
    house.send(Call::get(&content).key(READER)).await.problem(410, "artifact-missing");
}

/// A store with links, which can also break in the middle of a document.
struct LinkStore {
    inner: MemoryStore,
    breaks: bool,
}

#[async_trait]
impl ArtifactStore for LinkStore {
    async fn begin(&self, key: &ArtifactKey, fence: u64) -> Result<Box<dyn Upload>> {
        self.inner.begin(key, fence).await
    }
    async fn find(&self, key: &ArtifactKey) -> Result<Option<Stored>> {
        self.inner.find(key).await
    }
    async fn read(&self, key: &ArtifactKey, range: Option<Range<u64>>) -> Result<BoxStream<'static, Result<Bytes>>> {
        if !self.breaks {
            return self.inner.read(key, range).await;
        }
        let broken = StoreError::Unavailable("cut".into());
        Ok(Box::pin(futures::stream::iter([Ok(Bytes::from_static(b"%PDF")), Err(broken)])))
    }
    async fn delete(&self, key: &ArtifactKey) -> Result<bool> {
        self.inner.delete(key).await
    }
    async fn list(&self, from: Option<&Cursor>, limit: usize) -> Result<Page> {
        self.inner.list(from, limit).await
    }
    async fn link(&self, key: &ArtifactKey, file_name: &str, lifetime: Duration) -> Result<Option<Url>> {
        let mut url = Url::parse("https://store.example/").unwrap().join(key.as_str()).unwrap();
        url.query_pairs_mut().append_pair("as", file_name).append_pair("for", &lifetime.as_secs().to_string());
        Ok(Some(url))
    }
    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64> {
        self.inner.sweep(before).await
    }
    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

fn link_store(breaks: bool) -> Arc<LinkStore> {
    Arc::new(LinkStore { inner: MemoryStore::new(), breaks })
}

#[tokio::test]
async fn a_link_saves_us_the_bytes() {
    let house = House::with(Settings::default(), link_store(false)).await;
    let (id, content) = finished(&house).await;
    let reply = house.send(Call::get(&content).key(READER)).await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::FOUND, 0));
    let location = reply.header("location");
    assert!(location.starts_with("https://store.example/north/greeting/"), "{location}");
    assert!(location.contains(&id.to_string()) && location.ends_with("for=300"), "{location}");
    assert_eq!(reply.header("cache-control"), "no-store");
    let inline = house.send(Call::get(&format!("{content}?inline=1")).key(READER)).await;
    assert_eq!(&inline.body[..], PDF, "a link can only save, so what is shown comes through us");

    let streaming = Settings { redirect_links: false, ..Settings::default() };
    let house = House::with(streaming, link_store(false)).await;
    let (_, content) = finished(&house).await;
    assert_eq!(&house.send(Call::get(&content).key(READER)).await.body[..], PDF);
}

#[tokio::test]
async fn a_document_that_breaks_off_never_looks_whole() {
    use tower::ServiceExt as _;
    let streaming = Settings { redirect_links: false, ..Settings::default() };
    let house = House::with(streaming, link_store(true)).await;
    let (_, content) = finished(&house).await;
    let request = axum::http::Request::get(&content).header("authorization", format!("Bearer {FULL}"));
    let response = house.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-length"], PDF.len().to_string());
    assert!(axum::body::to_bytes(response.into_body(), usize::MAX).await.is_err());
}
