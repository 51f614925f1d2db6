//! How a call reaches the server.

use std::sync::atomic::{AtomicU64, Ordering};

use redis::{FromRedisValue, ScriptInvocation};

use super::{
    RedisOptions,
    connection::{Connections, meaning},
    scripts::{Keys, Scripts},
};
use crate::{
    job::Name,
    queue::{QueueError, Result},
};

/// Connections, and what is asked over them.
pub(super) struct Link {
    pub(super) connections: Connections,
    pub(super) scripts: Scripts,
    pub(super) keys: Keys,
    round_trips: AtomicU64,
}

impl Link {
    pub(super) async fn open(options: RedisOptions<'_>) -> Result<Self> {
        let namespace: Name =
            options.namespace.parse().map_err(|wrong| QueueError::Unsuitable(format!("its namespace {wrong}")))?;
        let connections = Connections::open(&options).await?;
        Ok(Self {
            connections,
            scripts: Scripts::new(),
            keys: Keys::new(namespace.as_str()),
            round_trips: AtomicU64::new(0),
        })
    }

    /// How often the server was asked something, waits left out.
    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Runs a script.
    pub(super) async fn run<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        call.invoke_async(&mut self.connections.shared()).await.map_err(meaning)
    }

    /// Asks one command.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T> {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        command.query_async(&mut self.connections.shared()).await.map_err(meaning)
    }

    /// Asks several commands in one round trip; for no commands, there are no answers.
    pub(super) async fn ask_all<T: FromRedisValue>(&self, commands: &redis::Pipeline) -> Result<T> {
        if commands.is_empty() {
            return T::from_redis_value(redis::Value::Array(Vec::new())).map_err(|e| meaning(e.into()));
        }
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        commands.query_async(&mut self.connections.shared()).await.map_err(meaning)
    }
}
