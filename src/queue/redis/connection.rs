//! Connections to Redis, and what its errors mean.
//!
//! **Invariant:** no error text holds the address, which may hold a password.

use std::{sync::Mutex, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, RedisError, RedisFuture,
    TlsCertificates, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
    io::tcp::TcpSettings,
};

use super::RedisOptions;
use crate::queue::{QueueError, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a command is sent again when a cluster's node says that its keys have moved, or is gone.
const CLUSTER_RETRIES: u32 = 2;

/// The oldest server that has `LMOVE` and `BLMOVE`.
const OLDEST: (u32, u32) = (6, 2);

/// One shared connection for commands, and others that may block.
pub(super) struct Connections {
    server: Server,
    shared: Connection,
    /// A connection that waited and may wait again. Whoever waits takes it out: dropped in the middle of a wait, it
    /// closes, so the server doesn't hand a message to nobody.
    idle: Mutex<Option<Connection>>,
}

/// Where connections lead.
#[expect(clippy::large_enum_variant, reason = "there is one for each process")]
enum Server {
    One(Client),
    Cluster(ClusterClient),
}

/// A connection to one server, or through a cluster to whichever node has our keys.
#[derive(Clone)]
pub(super) enum Connection {
    /// Reconnects by itself.
    Managed(ConnectionManager),
    /// For commands that block.
    Plain(MultiplexedConnection),
    /// Finds the keys' node again when they move.
    Cluster(ClusterConnection),
}

impl Connections {
    pub(super) async fn open(options: &RedisOptions<'_>) -> Result<Self> {
        let (address, certificates) = (address(options.url)?, certificates(options));
        let client = match &certificates {
            Some(certificates) => Client::build_with_tls(address.clone(), certificates.clone()),
            None => Client::open(address.clone()),
        }
        .map_err(|error| QueueError::Unsuitable(error.to_string()))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_secs(1));
        let manager = ConnectionManager::new_with_config(client.clone(), config).await.map_err(meaning)?;
        let mut shared = Connection::Managed(manager);
        let mut server = Server::One(client);
        if is_suitable_cluster(&mut shared).await? {
            let cluster = cluster(address, certificates).map_err(meaning)?;
            shared = Connection::Cluster(cluster.get_async_connection().await.map_err(meaning)?);
            server = Server::Cluster(cluster);
        }
        Ok(Self { server, shared, idle: Mutex::new(None) })
    }

    /// The shared connection.
    pub(super) fn shared(&self) -> Connection {
        self.shared.clone()
    }

    /// A connection of the caller's own, on which a command may block for `up_to`.
    pub(super) async fn blocking(&self, up_to: Duration) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let patience = up_to + RESPONSE_TIMEOUT;
        match (idle, &self.server) {
            (Some(Connection::Plain(mut connection)), _) => {
                connection.set_response_timeout(patience);
                Ok(Connection::Plain(connection))
            }
            (Some(connection), _) => Ok(connection),
            (None, Server::One(client)) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_TIMEOUT))
                    .set_response_timeout(Some(patience));
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
                    .map(Connection::Plain)
                    .map_err(meaning)
            }
            (None, Server::Cluster(client)) => {
                // The time can't be changed later, so it is that of the longest wait.
                let config = ClusterConfig::new()
                    .set_connection_timeout(CONNECT_TIMEOUT)
                    .set_response_timeout(super::LONGEST_WAIT + RESPONSE_TIMEOUT);
                client.get_async_connection_with_config(config).await.map(Connection::Cluster).map_err(meaning)
            }
        }
    }

    /// Gives a connection back after an answered wait.
    pub(super) fn give_back(&self, connection: Connection) {
        *self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(connection);
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Managed(connection) => connection.req_packed_command(command),
            Self::Plain(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Managed(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Plain(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Managed(connection) => connection.get_db(),
            Self::Plain(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

fn address(url: &str) -> Result<ConnectionInfo> {
    // Without it a small command may sit in the kernel for 40 ms, waiting for the answer to the one before.
    let at_once = TcpSettings::default().set_nodelay(true);
    url.into_connection_info()
        .map(|address| address.set_tcp_settings(at_once))
        .map_err(|_| QueueError::Unsuitable("its address must be redis://… or rediss://…".to_owned()))
}

fn certificates(options: &RedisOptions<'_>) -> Option<TlsCertificates> {
    let root = options.authority?;
    Some(TlsCertificates { client_tls: None, root_cert: Some(root.to_vec()) })
}

fn cluster(address: ConnectionInfo, certificates: Option<TlsCertificates>) -> redis::RedisResult<ClusterClient> {
    let builder = ClusterClient::builder([address])
        .retries(CLUSTER_RETRIES)
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(RESPONSE_TIMEOUT)
        .tcp_settings(TcpSettings::default().set_nodelay(true));
    match certificates {
        Some(certificates) => builder.certs(certificates),
        None => builder,
    }
    .build()
}

/// Whether the server is a node of a cluster. Refuses one that is too old, and warns of one that may throw jobs away.
///
/// A server that doesn't tell (`INFO` may be forbidden) is trusted, and taken for one alone.
async fn is_suitable_cluster(server: &mut Connection) -> Result<bool> {
    let info: Result<String, RedisError> = redis::cmd("INFO").query_async(server).await;
    let Ok(info) = info else { return Ok(false) };
    let line = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    if let Some(version) = line("redis_version").and_then(version)
        && version < OLDEST
    {
        let (major, minor) = version;
        let problem = format!("it is Redis {major}.{minor}; {}.{} is the oldest that will do", OLDEST.0, OLDEST.1);
        return Err(QueueError::Unsuitable(problem));
    }
    if let Some(policy) = line("maxmemory_policy").filter(|policy| *policy != "noeviction") {
        tracing::warn!(policy, "Redis may evict jobs when its memory is full; set maxmemory-policy noeviction");
    }
    Ok(line("redis_mode") == Some("cluster"))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Whether trying again may help.
pub(super) fn meaning(error: RedisError) -> QueueError {
    use redis::{ErrorKind, ServerErrorKind};
    let text = error.to_string();
    // Redis 6.2 tells what stops a script from inside it as any other error of the script.
    if ["-OOM", "-READONLY", "-LOADING", "-MISCONF"].iter().any(|passing| text.contains(passing)) {
        return QueueError::Unavailable(text);
    }
    match error.kind() {
        ErrorKind::InvalidClientConfig | ErrorKind::AuthenticationFailed => QueueError::Unsuitable(text),
        ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot) => QueueError::Corrupt(text),
        _ => QueueError::Unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(version("7.0.15"), Some((7, 0)));
        assert!(version("6.0.16") < Some(OLDEST));
        assert!(version("10.1.0") > Some(OLDEST));
        assert_eq!(version("unknown"), None);
    }

    #[tokio::test]
    async fn an_unreadable_address_is_not_repeated() {
        for url in ["redis//:hunter2@host", "http://:hunter2@host", ":hunter2"] {
            let problem = Connections::open(&RedisOptions::new(url, "test")).await.err().unwrap().to_string();
            assert!(problem.contains("redis://…") && !problem.contains("hunter2"), "{problem}");
        }
    }

    #[tokio::test]
    async fn nobody_listening_is_unavailable_and_shows_no_password() {
        let error = Connections::open(&RedisOptions::new("redis://:hunter2@127.0.0.1:1", "test")).await.err().unwrap();
        assert!(matches!(error, QueueError::Unavailable(_)));
        assert!(!error.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn a_server_without_tls_is_unavailable_over_tls() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("rediss://:hunter2@{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client, b"-ERR no TLS here\r\n").await;
            }
        });
        let error = Connections::open(&RedisOptions::new(&url, "test")).await.err().unwrap();
        assert!(matches!(error, QueueError::Unavailable(_)), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
