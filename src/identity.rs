//! Who is asking, once verified.
//!
//! **Invariant:** made only by `http::auth`, the command line and the inbox's admission; never from a request's body.

use crate::job::Tenant;

/// A verified caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose data the caller may see.
    pub tenant: Tenant,
    /// The caller's id (a user, service or key id, never a person's name); bound as `:requester`.
    pub actor: String,
    /// What the caller may do.
    pub roles: Roles,
}

/// What a caller may do: words that definitions name in `access`, and the built-in ones below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roles {
    /// Everything.
    All,
    /// Only these.
    Only(Vec<String>),
}

impl Roles {
    /// May ask for reports and cancel them.
    pub const REQUEST: &'static str = "request";
    /// May see jobs and read artifacts.
    pub const READ: &'static str = "read";
    /// May look after the queue.
    pub const OPERATE: &'static str = "operate";

    /// Whether this role is among them.
    pub fn has(&self, role: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(roles) => roles.iter().any(|own| own == role),
        }
    }

    /// Whether any of `wanted` is among them; an empty list wants nothing.
    pub fn has_any(&self, wanted: &[String]) -> bool {
        wanted.is_empty() || wanted.iter().any(|role| self.has(role))
    }
}
