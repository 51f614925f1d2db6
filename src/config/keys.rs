//! `[[keys]]` and `PRESSROOM_API_KEY`: who may call the API.

use std::{collections::BTreeSet, path::PathBuf};

use sha2::{Digest as _, Sha256};

use super::{
    file::{Raw, Table},
    layers::{self, Layers, Wrong},
    setting::Setting,
};
use crate::{artifact::Digest, fault::Place, identity::Roles, job::Tenant};

/// The file's name for the list.
pub(super) const TABLE: &str = "keys";

/// What an entry of the list may hold.
pub(super) const FIELDS: [&str; 6] = ["id", "key", "key_file", "sha256", "tenant", "roles"];

pub(super) const API_KEY: Setting = Setting {
    table: "",
    key: "",
    variable: Some("PRESSROOM_API_KEY"),
    flag: None,
    secret: true,
    example: "what `openssl rand -hex 32` prints",
};

pub(super) const SETTINGS: &[&Setting] = &[&API_KEY];

/// The id of the key that `PRESSROOM_API_KEY` holds.
const VARIABLE_ID: &str = "api-key";

/// What guessing must not find: 20 characters of base 64 are 120 bits.
const LEAST_LENGTH: usize = 20;

/// One API key.
///
/// Only its SHA-256 is kept: keys are long and random, so a plain hash can't be searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConfig {
    /// Names the key in the audit trail and as a job's requester.
    pub id: String,
    /// SHA-256 of the key.
    pub sha256: Digest,
    /// Whose data it may see.
    pub tenant: Tenant,
    /// What it may do.
    pub roles: Roles,
}

impl KeyConfig {
    /// A key for everything of one tenant.
    pub fn for_all(id: impl Into<String>, key: &str, tenant: Tenant) -> Self {
        Self { id: id.into(), sha256: Digest::from_bytes(Sha256::digest(key)), tenant, roles: Roles::All }
    }
}

/// The keys of the environment and of the file.
pub(super) fn read(layers: &mut Layers<'_>) -> Vec<KeyConfig> {
    let mut keys: Vec<KeyConfig> = Vec::new();
    let mut ids = BTreeSet::new();
    keys.extend(layers.value(&API_KEY, from_variable));
    ids.extend(keys.iter().map(|key| key.id.clone()));
    for (place, table) in layers.take_keys() {
        let entry = Entry { layers, place, table: &table };
        if let Some(key) = entry.read() {
            if !ids.insert(key.id.clone()) {
                layers.refuse_at(place, format!("there are two keys with the id `{}`", key.id), "give each its own");
            }
            keys.push(key);
        }
    }
    keys
}

fn from_variable(key: &str) -> Result<KeyConfig, Wrong> {
    long_enough(key)?;
    let tenant = "default".parse().map_err(|_| "must belong to a tenant")?;
    Ok(KeyConfig::for_all(VARIABLE_ID, key, tenant))
}

fn long_enough(key: &str) -> Result<(), Wrong> {
    if key.chars().count() >= LEAST_LENGTH {
        return Ok(());
    }
    Err(Wrong::new(format!("must have at least {LEAST_LENGTH} characters"))
        .help("make one with `openssl rand -hex 32`"))
}

/// One `[[keys]]` entry while it is read.
struct Entry<'l, 'a, 't> {
    layers: &'l mut Layers<'a>,
    place: Place,
    table: &'t Table,
}

impl Entry<'_, '_, '_> {
    fn read(mut self) -> Option<KeyConfig> {
        let id = self.text("id", "for example \"web-app\"");
        let tenant = self.text("tenant", "for example \"default\"").and_then(|(text, place)| {
            text.parse()
                .map_err(|error| self.layers.refuse_at(place, format!("`tenant` {error}"), "for example \"default\""))
                .ok()
        });
        let (sha256, roles) = (self.digest(), self.roles());
        Some(KeyConfig { id: id?.0, sha256: sha256?, tenant: tenant?, roles: roles? })
    }

    fn digest(&mut self) -> Option<Digest> {
        let ways = "give one of `key`, `key_file` and `sha256`";
        let given: Vec<&str> =
            ["key", "key_file", "sha256"].into_iter().filter(|name| self.table.contains_key(*name)).collect();
        let [way] = given[..] else {
            self.layers.refuse_at(self.place, format!("a key is given in {} ways", given.len()), ways);
            return None;
        };
        let (text, place) = self.text(way, ways)?;
        let digest = match way {
            "sha256" => Digest::parse(&text).ok_or_else(|| "must be 64 hexadecimal digits".into()),
            "key_file" => layers::read_secret(&PathBuf::from(text)).and_then(|key| of_key(&key)),
            _ => of_key(&text),
        };
        digest.map_err(|wrong| self.layers.refuse_at(place, format!("`{way}` {wrong}"), ways)).ok()
    }

    fn roles(&mut self) -> Option<Roles> {
        let help = "for example roles = [\"request\", \"read\"], or \"all\"";
        let Some(entry) = self.table.get("roles") else {
            self.layers.refuse_at(self.place, "a key has no `roles`", help);
            return None;
        };
        match &entry.raw {
            Raw::List(roles) if !roles.is_empty() => Some(Roles::Only(roles.clone())),
            Raw::Text(word) if word == "all" => Some(Roles::All),
            _ => {
                self.layers.refuse_at(entry.place, "`roles` must be a list of words, or \"all\"", help);
                None
            }
        }
    }

    fn text(&mut self, name: &str, help: &str) -> Option<(String, Place)> {
        match self.table.get(name) {
            None => self.layers.refuse_at(self.place, format!("a key has no `{name}`"), help),
            Some(entry) => match &entry.raw {
                Raw::Text(text) if !text.is_empty() => return Some((text.clone(), entry.place)),
                _ => {
                    self.layers.refuse_at(entry.place, format!("`{name}` must be a text"), help);
                }
            },
        }
        None
    }
}

fn of_key(key: &str) -> Result<Digest, Wrong> {
    long_enough(key).map(|()| Digest::from_bytes(Sha256::digest(key)))
}
