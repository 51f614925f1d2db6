//! Connections to Redis, and what its errors mean.
//!
//! **Invariant:** no error text holds the address, which may hold a password.

use std::{sync::Mutex, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    io::tcp::TcpSettings,
};

use crate::queue::{QueueError, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The oldest server that has `LMOVE` and `BLMOVE`.
const OLDEST: (u32, u32) = (6, 2);

/// One shared connection for commands, and others that may block.
pub(super) struct Connections {
    client: Client,
    shared: ConnectionManager,
    /// A connection that waited and may wait again. Whoever waits takes it out: dropped in the middle of a wait, it
    /// closes, so the server doesn't hand a message to nobody.
    idle: Mutex<Option<MultiplexedConnection>>,
}

impl Connections {
    pub(super) async fn open(url: &str) -> Result<Self> {
        // Without it a small command may sit in the kernel for 40 ms, waiting for the answer to the one before.
        let at_once = TcpSettings::default().set_nodelay(true);
        let client = url
            .into_connection_info()
            .and_then(|address| Client::open(address.set_tcp_settings(at_once)))
            .map_err(|_| QueueError::Unsuitable("its address must be redis://… or rediss://…".to_owned()))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_secs(1));
        let shared = ConnectionManager::new_with_config(client.clone(), config).await.map_err(meaning)?;
        let connections = Self { client, shared, idle: Mutex::new(None) };
        connections.check_server().await?;
        Ok(connections)
    }

    /// The shared connection; it reconnects by itself.
    pub(super) fn shared(&self) -> ConnectionManager {
        self.shared.clone()
    }

    /// A connection of the caller's own, on which a command may block for `up_to`.
    pub(super) async fn blocking(&self, up_to: Duration) -> Result<MultiplexedConnection> {
        let idle = self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT));
                self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(meaning)?
            }
        };
        connection.set_response_timeout(up_to + RESPONSE_TIMEOUT);
        Ok(connection)
    }

    /// Gives a connection back after an answered wait.
    pub(super) fn give_back(&self, connection: MultiplexedConnection) {
        *self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(connection);
    }

    /// Refuses a server that is too old, and warns of one that may throw jobs away.
    ///
    /// A server that doesn't tell (`INFO` may be forbidden) is trusted.
    async fn check_server(&self) -> Result<()> {
        let info: Result<String, RedisError> = redis::cmd("INFO").query_async(&mut self.shared()).await;
        let Ok(info) = info else { return Ok(()) };
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
        Ok(())
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Whether trying again may help.
pub(super) fn meaning(error: RedisError) -> QueueError {
    use redis::{ErrorKind, ServerErrorKind};
    let text = error.to_string();
    match error.kind() {
        ErrorKind::InvalidClientConfig => QueueError::Unsuitable(text),
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
            let problem = Connections::open(url).await.err().unwrap().to_string();
            assert!(problem.contains("redis://…") && !problem.contains("hunter2"), "{problem}");
        }
    }

    #[tokio::test]
    async fn nobody_listening_is_unavailable_and_shows_no_password() {
        let error = Connections::open("redis://:hunter2@127.0.0.1:1").await.err().unwrap();
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
        let error = Connections::open(&url).await.err().unwrap();
        assert!(matches!(error, QueueError::Unavailable(_)), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
