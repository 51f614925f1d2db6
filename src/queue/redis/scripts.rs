//! The Lua scripts: each is one step that either happens or doesn't.

use redis::{Script, ScriptInvocation};

macro_rules! script {
    ($($file:literal),+) => {
        Script::new(concat!(include_str!("lua/prelude.lua"), $(include_str!(concat!("lua/", $file))),+))
    };
}

/// All scripts, each behind the shared prelude.
pub(super) struct Scripts {
    pub(super) push: Script,
    pub(super) drain: Script,
    pub(super) admit: Script,
    pub(super) claim: Script,
    pub(super) due: Script,
    pub(super) renew: Script,
    pub(super) settle: Script,
    pub(super) cancel: Script,
    pub(super) dead: Script,
    pub(super) acknowledge: Script,
    pub(super) lead: Script,
    pub(super) govern: Script,
    pub(super) pause: Script,
    pub(super) announce: Script,
    pub(super) fired: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            push: script!("create.lua", "push.lua"),
            drain: script!("always.lua", "drain.lua"),
            admit: script!("create.lua", "admit.lua"),
            claim: script!("always.lua", "claim.lua"),
            due: script!("due.lua"),
            renew: script!("always.lua", "renew.lua"),
            settle: script!("always.lua", "settle.lua"),
            cancel: script!("always.lua", "cancel.lua"),
            dead: script!("always.lua", "dead.lua"),
            acknowledge: script!("always.lua", "acknowledge.lua"),
            lead: script!("always.lua", "lead.lua"),
            govern: script!("govern.lua"),
            pause: script!("always.lua", "pause.lua"),
            announce: script!("announce.lua"),
            fired: script!("fired.lua"),
        }
    }
}

/// The keys that every script is given, in the prelude's order, and the prefix of those derived from ids.
///
/// All carry one hash tag, so on a cluster they share a slot.
pub(super) struct Keys {
    prefix: String,
    fixed: Vec<String>,
}

impl Keys {
    const FIXED: [&str; 19] = [
        "inbox",
        "intake",
        "aside",
        "offered",
        "waiting",
        "scheduled",
        "retrying",
        "running",
        "dead",
        "outbox",
        "jobs",
        "claims",
        "policy",
        "paused",
        "load",
        "parked",
        "thaw",
        "fleet",
        "tally",
    ];

    pub(super) fn new(namespace: &str) -> Self {
        let prefix = format!("{{{namespace}}}:");
        let fixed = Self::FIXED.map(|name| format!("{prefix}{name}")).into();
        Self { prefix, fixed }
    }

    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A call of the script with all fixed keys, ready for its arguments.
    pub(super) fn call<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for key in &self.fixed {
            call.key(key);
        }
        call
    }
}
