//! What only Azure Blob does, on Azurite.

use std::{
    io::Write,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use pressroom::store::azure::{AzureOptions, AzureStore};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::*;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// A store with a container of its own.
pub(super) async fn connect() -> AzureStore {
    connect_to(options()).await.unwrap()
}

async fn connect_to(options: AzureOptions) -> Result<AzureStore, StoreError> {
    AzureStore::connect(options, Arc::new(SystemClock)).await
}

fn options() -> AzureOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = environment("PRESSROOM_TEST_AZURE_URL");
    AzureOptions {
        container_url: Url::parse(&format!("{account}/store-{}", Uuid::new_v4().simple())).unwrap(),
        account_key: Some(SecretString::from(environment("PRESSROOM_TEST_AZURE_KEY"))),
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the services that ./test started")]
fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run these tests by ./test"))
}

#[tokio::test]
async fn real_azure_links_give_the_document_to_whoever_has_them() {
    let store = connect().await;
    let (key, bytes) = (key("clinic", 1), document(100_000, 1));
    put(&store, &key, &bytes, 1).await;
    let link = store.link(&key, "Stock – Hébé \"north\".pdf", FIVE_MINUTES).await.unwrap().unwrap();
    assert!(link.path().ends_with(key.as_str()), "{}", link.path());

    let answer = reqwest::get(link.clone()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.contains("filename*=UTF-8''Stock%20%E2%80%93%20H%C3%A9b%C3%A9%20%22north%22.pdf"), "{name}");
    assert_eq!(answer.bytes().await.unwrap(), bytes);

    // It reads this object and nothing else.
    let http = reqwest::Client::new();
    assert_eq!(http.delete(link.clone()).send().await.unwrap().status(), 403);
    let mut other = link.clone();
    other.set_path(&link.path().replace("clinic/", "another/"));
    assert_eq!(http.get(other).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn real_azure_links_end() {
    let clock = Arc::new(ManualClock::new(SystemClock.now() - TimeDelta::minutes(10)));
    let store = AzureStore::connect(options(), clock.clone()).await.unwrap();
    let key = key("clinic", 1);
    put(&store, &key, &document(10, 1), 1).await;
    let ended = store.link(&key, "x.pdf", FIVE_MINUTES).await.unwrap().unwrap();
    assert_eq!(reqwest::get(ended).await.unwrap().status(), 403);
}

/// The address with a SAS for the whole container, as ops would make it (Microsoft's "Create a service SAS").
fn with_container_sas(mut options: AzureOptions) -> AzureOptions {
    let path: Vec<&str> = options.container_url.path_segments().unwrap().collect();
    let (account, container) = (path[0], path[1]);
    let expiry = (SystemClock.now() + TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let text = format!("racwdl\n\n{expiry}\n/blob/{account}/{container}\n\n\n\n2022-11-02\nc\n\n\n\n\n\n\n");
    let key = BASE64_STANDARD.decode(environment("PRESSROOM_TEST_AZURE_KEY")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    options.container_url.query_pairs_mut().extend_pairs([
        ("sv", "2022-11-02"),
        ("sr", "c"),
        ("sp", "racwdl"),
        ("se", &expiry),
        ("sig", &signature),
    ]);
    options.account_key = None;
    options
}

#[tokio::test]
async fn real_azure_accepts_a_sas_in_the_address() {
    let options = options();
    connect_to(options.clone()).await.unwrap(); // makes the container, which a SAS may not
    let store = connect_to(with_container_sas(options)).await.unwrap();
    let (key, bytes) = (key("clinic", 1), document(9 << 20, 1));
    let Published::Created(stored) = put(&store, &key, &bytes, 1).await else { panic!("the key was free") };
    assert_eq!(store.find(&key).await.unwrap(), Some(stored.clone()));
    assert_eq!(store.list(None, 10).await.unwrap().objects, [stored]);
    assert!(read(&store, &key, None).await == bytes);
    assert_eq!(store.link(&key, "x.pdf", FIVE_MINUTES).await.unwrap(), None, "a SAS can't make further ones");
    assert!(store.delete(&key).await.unwrap());
}

#[tokio::test]
async fn real_azure_refuses_a_sas_for_something_else() {
    let (options, key) = (options(), key("clinic", 1));
    let store = connect_to(options.clone()).await.unwrap();
    put(&store, &key, &document(100, 1), 1).await;
    let link = store.link(&key, "x.pdf", FIVE_MINUTES).await.unwrap().unwrap();
    let mut container_url = options.container_url;
    container_url.set_query(link.query());
    let error = connect_to(AzureOptions { container_url, account_key: None }).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert!(!error.to_string().contains("sig"), "{error}");
}

#[tokio::test]
async fn real_azure_with_a_wrong_key_is_refused() {
    let mut options = options();
    options.account_key = Some(SecretString::from("d3Jvbmc="));
    let error = connect_to(options).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    assert!(!error.to_string().contains("d3Jvbmc"), "{error}");
}

#[tokio::test]
async fn azure_without_anyone_listening_is_unavailable() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = AzureOptions {
        container_url: Url::parse(&format!("http://{free}/account/container")).unwrap(),
        account_key: Some(SecretString::from("d3Jvbmc=")),
    };
    let error = connect_to(options).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

/// Stands between a store and Azurite, and cuts the connection instead of handing over one answer.
struct Cutter {
    address: String,
    cut_next_publish: Arc<AtomicBool>,
}

impl Cutter {
    async fn before(server: &Url) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = format!("{}:{}", server.host_str().unwrap(), server.port().unwrap());
        let cut_next_publish = Arc::new(AtomicBool::new(false));
        let cut = cut_next_publish.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(Self::carry(client, server, cut.clone()));
            }
        });
        Self { address, cut_next_publish }
    }

    async fn carry(client: TcpStream, server: TcpStream, cut: Arc<AtomicBool>) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let publishing = Arc::new(AtomicBool::new(false));
        let is_publishing = publishing.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
                // Only what publishes has the condition.
                if String::from_utf8_lossy(&buffer[..length]).contains("if-none-match: *") {
                    is_publishing.store(true, Ordering::SeqCst);
                }
                if to_server.write_all(&buffer[..length]).await.is_err() {
                    break;
                }
            }
        });
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if publishing.load(Ordering::SeqCst) && cut.swap(false, Ordering::SeqCst) {
                return; // the server has done it, and nobody hears of it
            }
            if to_client.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn real_azure_publishing_survives_a_lost_answer() {
    let mut options = options();
    let cutter = Cutter::before(&options.container_url).await;
    let (host, port) = cutter.address.split_once(':').unwrap();
    options.container_url.set_host(Some(host)).unwrap();
    options.container_url.set_port(Some(port.parse().unwrap())).unwrap();
    let store = connect_to(options).await.unwrap();
    for (number, size) in [(1, 1_000), (2, 9 << 20)] {
        let (key, bytes) = (key("clinic", number), document(size, 1));
        cutter.cut_next_publish.store(true, Ordering::SeqCst);
        let published = put(&store, &key, &bytes, 7).await;
        assert!(!cutter.cut_next_publish.load(Ordering::SeqCst), "the answer was cut");
        assert!(matches!(published, Published::Created(_)), "it is ours all the same: {published:?}");
        assert_eq!(store.find(&key).await.unwrap(), Some(published.stored()));
    }
}

#[tokio::test]
async fn real_azure_blocks_lost_to_another_attempt_can_be_sent_again() {
    let (store, key) = (connect().await, key("clinic", 1));
    let (ours, theirs) = (document(9 << 20, 1), document(10 << 20, 2));
    let mut upload = store.begin(&key, 1).await.unwrap();
    upload.write(ours.clone()).await.unwrap();
    put(&store, &key, &theirs, 2).await; // commits, which drops our blocks
    store.delete(&key).await.unwrap();
    let error = upload.publish(&facts(&ours, 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(store.find(&key).await.unwrap(), None);
    assert!(matches!(put(&store, &key, &ours, 3).await, Published::Created(_)));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn real_azure_secrets_are_in_no_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let options = options();
    let key_store = connect_to(options.clone()).await.unwrap();
    let signed = with_container_sas(options.clone());
    let sas_store = connect_to(signed.clone()).await.unwrap();
    let mut secrets = vec![environment("PRESSROOM_TEST_AZURE_KEY"), "SharedKey ".to_owned()];
    secrets.extend(signed.container_url.query_pairs().find(|(name, _)| name == "sig").map(|(_, value)| value.into()));
    for (number, store) in [(1, &key_store), (2, &sas_store)] {
        let key = key("clinic", number);
        put(store, &key, &document(9 << 20, 1), 1).await;
        put(store, &key, &document(10, 1), 2).await;
        read(store, &key, None).await;
        store.list(None, 10).await.unwrap();
        if let Some(link) = store.link(&key, "x.pdf", FIVE_MINUTES).await.unwrap() {
            secrets.extend(link.query_pairs().find(|(name, _)| name == "sig").map(|(_, value)| value.into()));
        }
    }
    // Nobody listens there, so the whole request ends up in an error.
    let mut dead = signed;
    dead.container_url.set_port(Some(1)).unwrap();
    connect_to(dead).await.unwrap_err();

    assert_eq!(secrets.len(), 4);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("performing request PUT"), "something was logged: {text}");
    for secret in secrets {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        assert!(!text.contains(&secret) && !text.contains(&encoded), "a secret is in the log");
    }
}
