//! The JSON that any language may `LPUSH` into the inbox.
//!
//! ```json
//! {"v": 1, "report": "invoice", "parameters": {"invoice_id": 7}, "tenant": "north", "requester": "user-12"}
//! ```
//!
//! Optional: `id` (a UUID of the client's own), `lane`, `run_at` (RFC 3339), `idempotency_key`, `traceparent`.
//! An optional field may be `null`. Because PHP writes an empty array as `[]`, `"parameters": []` means none.
//!
//! **Invariant:** an error names fields and kinds of faults, never a value; what parses holds no surprise (unknown
//! and repeated fields are refused). Whether the report exists and its parameters fit is not decided here.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::job::{JobId, Lane, Name, ReportName, Tenant};

/// The version of messages that this program knows.
pub const VERSION: u64 = 1;

/// The largest message in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A message whose form is right.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The job's id, when the client chose one.
    pub id: Option<JobId>,
    /// What is asked for.
    pub report: ReportName,
    /// Its parameters, unchecked.
    pub parameters: Map<String, Json>,
    /// Whose data.
    pub tenant: Tenant,
    /// Who asks.
    pub requester: String,
    /// How urgent; the definition decides when `None`.
    pub lane: Option<Lane>,
    /// Not before this instant.
    pub run_at: Option<DateTime<Utc>>,
    /// Same tenant and key, same job.
    pub idempotency_key: Option<String>,
    /// The W3C `traceparent` of the client's span; a malformed one is ignored, as that standard asks.
    pub traceparent: Option<String>,
}

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Larger than [`MAX_BYTES`].
    #[error("the message has {size} bytes, more than {MAX_BYTES}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// Not JSON.
    #[error("not JSON: the fault is at line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column in bytes.
        column: usize,
    },
    /// JSON, but not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A version that only a newer program knows: not a fault, and not ours to judge.
    #[error("`v` is {0}, newer than the {VERSION} this program knows")]
    Newer(u64),
    /// Fields are missing, unknown or wrong; all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<FieldFault>),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct FieldFault {
    /// The field's name (an unknown one is cut to 64 characters).
    pub field: String,
    /// What is wrong, to be read after the name.
    pub problem: &'static str,
}

impl Message {
    /// Reads a message, or says everything that is wrong with it.
    pub fn parse(raw: &[u8]) -> Result<Self, MessageError> {
        if raw.len() > MAX_BYTES {
            return Err(MessageError::TooLarge { size: raw.len() });
        }
        let mut fields = Fields::read(raw)?;
        fields.version()?;
        let report = fields.required("report", name);
        let parameters = fields.required("parameters", parameters);
        let tenant = fields.required("tenant", name);
        let requester = fields.required("requester", short_text);
        let id = fields.optional("id", id);
        let lane = fields.optional("lane", lane);
        let run_at = fields.optional("run_at", instant);
        let idempotency_key = fields.optional("idempotency_key", short_text);
        let traceparent = fields.optional("traceparent", text).filter(|trace| is_traceparent(trace));

        let faults = fields.finish();
        let (Some(report), Some(parameters), Some(tenant), Some(requester), true) =
            (report, parameters, tenant, requester, faults.is_empty())
        else {
            return Err(MessageError::Fields(faults));
        };
        Ok(Self { id, report, parameters, tenant, requester, lane, run_at, idempotency_key, traceparent })
    }
}

/// The fields not yet read, and the faults found so far.
struct Fields {
    left: Vec<(String, Json)>,
    faults: Vec<FieldFault>,
}

/// What a field's reader gives: the value, or what is wrong, to be read after the field's name.
type Read<T> = Result<T, &'static str>;

impl Fields {
    fn read(raw: &[u8]) -> Result<Self, MessageError> {
        let Pairs(pairs) = serde_json::from_slice(raw).map_err(|fault| match fault.classify() {
            serde_json::error::Category::Data => MessageError::NotAnObject,
            _ => MessageError::NotJson { line: fault.line(), column: fault.column() },
        })?;
        let mut fields = Self { left: Vec::new(), faults: Vec::new() };
        for (field, value) in pairs {
            if fields.left.iter().any(|(known, _)| *known == field) {
                fields.fault(&field, "is given twice");
            } else {
                fields.left.push((field, value));
            }
        }
        Ok(fields)
    }

    /// Looks at the version first: of a newer one, nothing else may be judged.
    fn version(&mut self) -> Result<(), MessageError> {
        match self.take("v").as_ref().map(Json::as_u64) {
            Some(Some(VERSION)) => {}
            Some(Some(newer)) if newer > VERSION => return Err(MessageError::Newer(newer)),
            Some(_) => self.fault("v", "must be 1"),
            None => self.fault("v", "is missing"),
        }
        Ok(())
    }

    fn required<T>(&mut self, field: &str, read: impl FnOnce(Json) -> Read<T>) -> Option<T> {
        match self.take(field) {
            Some(value) => self.judge(field, read(value)),
            None => {
                self.fault(field, "is missing");
                None
            }
        }
    }

    fn optional<T>(&mut self, field: &str, read: impl FnOnce(Json) -> Read<T>) -> Option<T> {
        let value = self.take(field).filter(|value| !value.is_null())?;
        self.judge(field, read(value))
    }

    fn finish(mut self) -> Vec<FieldFault> {
        for (unknown, _) in std::mem::take(&mut self.left) {
            self.fault(&unknown, "is not a field of a message");
        }
        self.faults
    }

    fn take(&mut self, field: &str) -> Option<Json> {
        let at = self.left.iter().position(|(known, _)| known == field)?;
        Some(self.left.swap_remove(at).1)
    }

    fn judge<T>(&mut self, field: &str, read: Read<T>) -> Option<T> {
        read.map_err(|problem| self.fault(field, problem)).ok()
    }

    /// Keeps at most 32 faults, so that a hostile message makes no endless reason.
    fn fault(&mut self, field: &str, problem: &'static str) {
        if self.faults.len() < 32 {
            self.faults.push(FieldFault { field: field.chars().take(64).collect(), problem });
        }
    }
}

/// An object's fields in order, repeated ones included: a map would keep the last and hide the other.
struct Pairs(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn text(value: Json) -> Read<String> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err("must be a string"),
    }
}

fn short_text(value: Json) -> Read<String> {
    let text = text(value)?;
    if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err("must be 1 to 200 characters without control characters");
    }
    Ok(text)
}

fn name(value: Json) -> Read<Name> {
    text(value)?
        .parse()
        .map_err(|_| "must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit")
}

fn id(value: Json) -> Read<JobId> {
    match text(value)?.parse() {
        Ok(JobId(uuid)) if uuid != Uuid::nil() => Ok(JobId(uuid)),
        _ => Err("must be a UUID"),
    }
}

fn lane(value: Json) -> Read<Lane> {
    text(value)?.parse().map_err(|_| "must be interactive, standard or bulk")
}

fn instant(value: Json) -> Read<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(&text(value)?)
        .map(|instant| instant.to_utc())
        .map_err(|_| "must be an RFC 3339 time such as 2026-03-01T08:00:00Z")
}

fn parameters(value: Json) -> Read<Map<String, Json>> {
    match value {
        Json::Object(map) => Ok(map),
        Json::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err("must be an object"),
    }
}

/// Whether this is a version 00 `traceparent` (W3C Trace Context, section 3.2).
fn is_traceparent(trace: &str) -> bool {
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let zero = |part: &str| part.bytes().all(|b| b == b'0');
    let parts: Vec<&str> = trace.split('-').collect();
    matches!(parts[..], ["00", trace, span, flags]
        if hex(trace, 32) && hex(span, 16) && hex(flags, 2) && !zero(trace) && !zero(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Message, String> {
        Message::parse(text.as_bytes()).map_err(|fault| fault.to_string())
    }

    const PLAIN: &str =
        r#""v":1,"report":"invoice","parameters":{"invoice_id":7},"tenant":"north","requester":"user-12""#;

    fn with(more: &str) -> Result<Message, String> {
        parse(&format!("{{{PLAIN},{more}}}"))
    }

    #[test]
    fn the_least_message_parses() {
        let message = parse(&format!("{{{PLAIN}}}")).unwrap();
        assert_eq!(message.report.as_str(), "invoice");
        assert_eq!(message.parameters["invoice_id"], 7);
        assert_eq!((message.tenant.as_str(), message.requester.as_str()), ("north", "user-12"));
        assert_eq!((message.id, message.lane, message.run_at), (None, None, None));
    }

    #[test]
    fn every_optional_field_is_read() {
        let message = with(
            r#""id":"0193f6a0-0000-7000-8000-000000000001","lane":"bulk","run_at":"2026-03-01T09:00:00+01:00",
               "idempotency_key":"März-7","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#,
        )
        .unwrap();
        assert_eq!(message.id.unwrap().to_string(), "0193f6a0-0000-7000-8000-000000000001");
        assert_eq!(message.lane, Some(Lane::Bulk));
        assert_eq!(message.run_at.unwrap().to_rfc3339(), "2026-03-01T08:00:00+00:00");
        assert_eq!(message.idempotency_key.as_deref(), Some("März-7"));
        assert!(message.traceparent.is_some());
    }

    #[test]
    fn php_leaves_nulls_and_empty_arrays() {
        let message = parse(
            r#"{"v":1,"report":"r","parameters":[],"tenant":"t","requester":"u","id":null,"lane":null,"run_at":null}"#,
        )
        .unwrap();
        assert!(message.parameters.is_empty());
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let message = parse(r#"{"v":1,"report":"r","parameters":{"n":9007199254740993},"tenant":"t","requester":"u"}"#);
        assert_eq!(message.unwrap().parameters["n"].as_u64(), Some(9_007_199_254_740_993));
    }

    #[test]
    fn each_fault_names_its_field_and_no_value() {
        let fault = parse(r#"{"v":1,"report":"Secret Name","tenant":5,"requester":"","extra":"secret"}"#).unwrap_err();
        assert_eq!(
            fault,
            "`report` must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit; \
             `parameters` is missing; `tenant` must be a string; \
             `requester` must be 1 to 200 characters without control characters; `extra` is not a field of a message"
        );
    }

    #[test]
    fn wrong_optional_fields_are_faults() {
        assert_eq!(with(r#""id":"7""#).unwrap_err(), "`id` must be a UUID");
        assert_eq!(with(r#""lane":"fast""#).unwrap_err(), "`lane` must be interactive, standard or bulk");
        assert!(with(r#""run_at":"tomorrow""#).unwrap_err().starts_with("`run_at` must be an RFC 3339 time"));
        assert!(with(r#""idempotency_key":"""#).unwrap_err().starts_with("`idempotency_key` must be"));
        assert_eq!(with(r#""tenant":"south""#).unwrap_err(), "`tenant` is given twice");
    }

    #[test]
    fn a_malformed_trace_is_ignored() {
        for trace in ["junk", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "01-x-y-z", ""] {
            assert_eq!(with(&format!(r#""traceparent":"{trace}""#)).unwrap().traceparent, None, "{trace}");
        }
    }

    #[test]
    fn a_newer_version_is_not_judged() {
        let newer = Message::parse(br#"{"v":2,"other":true}"#);
        assert_eq!(newer, Err(MessageError::Newer(2)));
        assert!(parse(r#"{"v":"1"}"#).unwrap_err().starts_with("`v` must be 1"));
        assert!(parse(r#"{"v":0}"#).unwrap_err().starts_with("`v` must be 1"));
        assert!(parse("{}").unwrap_err().starts_with("`v` is missing"));
    }

    #[test]
    fn what_is_not_an_object_is_told_apart() {
        assert_eq!(parse("").unwrap_err(), "not JSON: the fault is at line 1, column 0");
        assert_eq!(parse("{\"v\":").unwrap_err(), "not JSON: the fault is at line 1, column 5");
        assert_eq!(parse("[1]").unwrap_err(), "not a JSON object");
        assert!(matches!(Message::parse(&[0xff, 0xfe]), Err(MessageError::NotJson { .. })));
        assert!(Message::parse(&b"[".repeat(60_000)).is_err());
        let large = vec![b' '; MAX_BYTES + 1];
        assert_eq!(Message::parse(&large), Err(MessageError::TooLarge { size: MAX_BYTES + 1 }));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(raw in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Message::parse(&raw);
        }
    }
}
