//! Requests held against parameters.

use chrono::{DateTime, Utc};
use expect_test::{Expect, expect};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use serde_json::{Map, Value as Json, json};

use super::definition;
use crate::{
    job::{Job, JobId, Lane},
    report::{Definition, FieldError},
    value::Value,
};

/// Already the 31st in Berlin.
fn now() -> DateTime<Utc> {
    "2026-03-30T22:30:00Z".parse().unwrap()
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn shown(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("{} [{}] {}\n", error.field, error.code, error.message)).collect()
}

fn errors(definition: &Definition, given: Json, expected: Expect) {
    expected.assert_eq(&shown(&definition.resolve(&object(given), now()).unwrap_err()));
}

fn canonical(definition: &Definition, given: Json) -> String {
    let resolved = definition.resolve(&object(given), now()).map_err(|errors| shown(&errors)).unwrap();
    let again = definition.resolve(&resolved.canonical, now()).unwrap();
    assert_eq!(again, resolved, "resolving what was resolved changes nothing");
    assert_eq!(definition.bind(&resolved.canonical).unwrap(), resolved.values, "a job's JSON gives the same values");
    serde_json::to_string(&resolved.canonical).unwrap()
}

const EVERY_KIND: &str = r#"
[parameters.name]
type = "string"
pattern = "[a-z]+|x y"
max_length = 8
required = false
[parameters.count]
type = "integer"
minimum = 1
maximum = 100
required = false
[parameters.amount]
type = "decimal"
minimum = 0
maximum = "999999999999999999999.99"
required = false
[parameters.open]
type = "boolean"
required = false
[parameters.day]
type = "date"
minimum = 2016-01-01
maximum = "today"
required = false
[parameters.at]
type = "datetime"
maximum = "now + 1h"
required = false
[parameters.state]
type = "choice"
options = ["paid", { value = "open", label = "Not yet paid" }]
required = false
[parameters.clinics]
type = "list"
items = { type = "integer", minimum = 1 }
max_items = 3
required = false
"#;

#[test]
fn everything_wrong_is_said_at_once() {
    let definition = definition(&EVERY_KIND.replace("required = false", ""));
    errors(
        &definition,
        json!({ "naem": "SECRET", "tenant": "SECRET", "SECRET VALUE": 1, "count": 500, "amount": "lots", "open": "perhaps",
                "day": "2015-12-31", "at": "2026-03-31T12:00:00Z", "state": "SECRET", "clinics": [1, 0] }),
        expect![[r#"
            naem [unknown] is no parameter of this report; did you mean `name`?
            tenant [unknown] comes from who asks and can't be given
            (not a name) [unknown] is no parameter of this report; it has name, count, amount, open, day, at, state, clinics
            name [required] is required
            count [maximum] must be at most 100
            amount [type] must be a decimal number such as 12.50
            open [type] must be true or false
            day [minimum] must not be before 2016-01-01
            at [maximum] must not be after now + 1h (2026-03-31 01:30 CEST)
            state [choice] must be one of: paid, open
            clinics [minimum] item 2: must be at least 1
        "#]],
    );
    errors(
        &definition,
        json!({ "name": "toolongbyfar", "count": 0, "amount": -1, "open": 1, "day": "2026-04-01", "at": "noon",
                "state": 7, "clinics": [1, 2, 3, 4] }),
        expect![[r#"
            name [max_length] must have at most 8 characters
            count [minimum] must be at least 1
            amount [minimum] must be at least 0
            open [type] must be true or false
            day [maximum] must not be after today (2026-03-31)
            at [type] must be a date and time such as 2026-01-31T08:00:00Z, or relative such as `now - 2h` or `today`
            state [type] must be text
            clinics [max_items] must have at most 3 items
        "#]],
    );
}

#[test]
fn values_become_canonical() {
    let definition = definition(EVERY_KIND);
    assert_eq!(canonical(&definition, json!({})), "{}");
    assert_eq!(canonical(&definition, json!({ "name": null })), "{}", "null is not given");
    let given = json!({ "clinics": [3, "4"], "state": "open", "at": "now - 1d", "day": "end_of_month - 1m", "open": "yes",
                        "amount": 12.5, "count": 5.0, "name": "x y" });
    expect![[r#"{"name":"x y","count":5,"amount":"12.5","open":true,"day":"2026-02-28","at":"2026-03-29T22:30:00Z","state":"open","clinics":[3,4]}"#]]
        .assert_eq(&canonical(&definition, given));
    assert_eq!(
        canonical(&definition, json!({ "day": "today" })),
        r#"{"day":"2026-03-31"}"#,
        "it is tomorrow in Berlin"
    );
    let exact = json!({ "amount": "999999999999999999999.990" });
    assert_eq!(canonical(&definition, exact), r#"{"amount":"999999999999999999999.990"}"#);
}

#[test]
fn numbers_are_exact_or_refused() {
    let definition = definition("[parameters.n]\ntype = \"integer\"\n[parameters.d]\ntype = \"decimal\"\n");
    let code = |n: Json, d: Json| match definition.resolve(&object(json!({ "n": n, "d": d })), now()) {
        Ok(resolved) => serde_json::to_string(&resolved.canonical).unwrap(),
        Err(errors) => errors.iter().map(|error| format!("{} {} ", error.field, error.code)).collect(),
    };
    assert_eq!(code(json!(i64::MAX), json!(u64::MAX)), r#"{"n":9223372036854775807,"d":"18446744073709551615"}"#);
    assert_eq!(code(json!(u64::MAX), json!(1)), "n type ");
    assert_eq!(code(json!(1e30), json!(1e300)), "n type d type ");
    assert_eq!(code(json!(1.5), json!(0.123_456_789_012_345)), "n type ");
    assert_eq!(code(json!(9_007_199_254_740_994.0), json!(0.300_000_000_000_000_04)), "n type d type ");
    for n in ["", "x", "0x10", "1e3", "9223372036854775808", "١"] {
        assert_eq!(code(json!(n), json!("0")), "n type ", "{n}");
    }
    for d in ["", ".", "5.", ".5", "NaN", "inf", "1e999999999", "1e-31", "1_000", "1,5", &"9".repeat(66), "e5", "--1"] {
        assert_eq!(code(json!(1), json!(d)), "d type ", "{d}");
    }
    for (d, plain) in [("1e2", "100"), ("-0.10", "-0.10"), ("+7", "7"), ("1.25e1", "12.5")] {
        assert_eq!(code(json!(" 1 "), json!(d)), format!(r#"{{"n":1,"d":"{plain}"}}"#));
    }
}

#[test]
fn text_is_bounded_and_printable() {
    let definition = definition("[parameters.name]\ntype = \"string\"\nmin_length = 2\n");
    let code =
        |text: &str| definition.resolve(&object(json!({ "name": text })), now()).map_err(|errors| errors[0].code);
    assert_eq!(code("ü"), Err("min_length"), "characters, not bytes");
    assert_eq!(code(&"é".repeat(10_001)), Err("max_length"));
    assert!(code(&"é".repeat(10_000)).is_ok());
    assert_eq!(code("a\0b"), Err("type"));
    assert_eq!(code("a\u{1b}[31m"), Err("type"));
    assert!(code("two\nlines").is_ok());
}

#[test]
fn patterns_match_the_whole_text_in_linear_time() {
    let definition = definition("[parameters.code]\ntype = \"string\"\npattern = \"(a+)+|b\"\n");
    let fits = |text: &str| definition.resolve(&object(json!({ "code": text })), now()).is_ok();
    assert!(fits("aaa") && fits("b"));
    assert!(!fits("aab") && !fits("ab") && !fits("b\n"));
    assert!(!fits(&("a".repeat(9_999) + "!")), "a backtracking engine would take for ever");
}

#[test]
fn relative_defaults_move_and_bound_values_do_not() {
    let definition =
        definition("[parameters.from]\ntype = \"date\"\ndefault = \"today - 1y\"\nminimum = \"today - 1y\"\n");
    let resolved = definition.resolve(&Map::new(), now()).unwrap();
    assert_eq!(resolved.canonical["from"], "2025-03-31");
    assert_eq!(resolved.values.get("from"), Some(&Value::Date("2025-03-31".parse().unwrap())));
    // A year later that date is before the bound, but the job was accepted when it was not.
    assert!(definition.bind(&resolved.canonical).is_ok());
    assert!(definition.bind(&object(json!({ "from": "today" }))).is_err(), "a job holds no relative date");
}

#[test]
fn a_job_of_an_older_definition_is_refused_where_it_no_longer_fits() {
    let definition =
        definition("[parameters.from]\ntype = \"date\"\n[parameters.n]\ntype = \"integer\"\nrequired = false\n");
    let errors = definition.bind(&object(json!({ "till": "2026-01-01", "n": "x" }))).unwrap_err();
    let codes: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
    assert_eq!(codes, [("till", "unknown"), ("from", "required"), ("n", "type")]);
    let bound = definition.bind(&object(json!({ "from": "2026-01-01" }))).unwrap();
    assert_eq!(bound.get("n"), Some(&Value::Null));
}

#[test]
fn text_from_forms_and_command_lines() {
    let definition = definition(EVERY_KIND);
    let read = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        match definition.resolve_text(&pairs, now()) {
            Ok(resolved) => serde_json::to_string(&resolved.canonical).unwrap(),
            Err(errors) => shown(&errors),
        }
    };
    assert_eq!(
        read(&[("count", "5"), ("open", "on"), ("name", ""), ("day", "today")]),
        r#"{"count":5,"open":true,"day":"2026-03-31"}"#
    );
    let both = read(&[("count", "many"), ("colour", "red")]);
    assert!(both.contains("count") && both.contains("colour"), "every wrong field is listed at once: {both}");
    assert_eq!(read(&[("clinics", "1, 2,,3")]), r#"{"clinics":[1,2,3]}"#);
    assert_eq!(read(&[("clinics", "1"), ("clinics", "2")]), r#"{"clinics":[1,2]}"#);
    assert_eq!(read(&[("clinics", "")]), "{}");
    assert_eq!(read(&[("at", "2026-01-01T08:00")]), r#"{"at":"2026-01-01T07:00:00Z"}"#, "what a browser's field sends");
    assert_eq!(read(&[("count", "5"), ("count", "6")]), "count [type] was given more than once\n");
    assert!(read(&[("cuont", "5")]).contains("did you mean `count`?"));
}

#[test]
fn a_hostile_request_is_answered_briefly() {
    let definition = definition(EVERY_KIND);
    let many: Map<String, Json> = (0..10_000).map(|i| (format!("p{i}"), json!(1))).collect();
    assert!(definition.resolve(&many, now()).unwrap_err().len() <= 20);
    let long = json!({ "x".repeat(1 << 20): 1, "clinics": vec![1; 20_000] });
    let errors = definition.resolve(&object(long), now()).unwrap_err();
    assert!(shown(&errors).len() < 500);
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(definition.resolve(&object(json!({ "clinics": deep })), now()).unwrap_err()[0].code, "type");
}

#[test]
fn the_schema_says_the_same() {
    expect![[r#"
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Doses",
          "type": "object",
          "properties": {
            "name": {
              "title": "Name",
              "type": "string",
              "pattern": "^(?:[a-z]+|x y)$",
              "maxLength": 8
            },
            "count": {
              "title": "Count",
              "type": "integer",
              "minimum": 1,
              "maximum": 100
            },
            "amount": {
              "title": "Amount",
              "type": [
                "number",
                "string"
              ],
              "format": "decimal",
              "pattern": "^[+-]?\\d+(\\.\\d+)?$",
              "minimum": 0,
              "maximum": 1e+21
            },
            "open": {
              "title": "Open",
              "type": "boolean"
            },
            "day": {
              "title": "Day",
              "type": "string",
              "format": "date",
              "x-minimum": "2016-01-01",
              "x-maximum": "today"
            },
            "at": {
              "title": "At",
              "type": "string",
              "format": "date-time",
              "x-maximum": "now + 1h"
            },
            "state": {
              "title": "State",
              "type": "string",
              "enum": [
                "paid",
                "open"
              ],
              "x-labels": [
                "paid",
                "Not yet paid"
              ]
            },
            "clinics": {
              "title": "Clinics",
              "type": "array",
              "items": {
                "type": "integer",
                "minimum": 1
              },
              "maxItems": 3
            }
          },
          "required": [],
          "additionalProperties": false
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&definition(EVERY_KIND).schema()).unwrap());
    let schema =
        definition("[parameters.a]\ntype = \"date\"\n[parameters.b]\ntype = \"integer\"\ndefault = 1\n").schema();
    assert_eq!(schema["required"], json!(["a"]));
    assert_eq!(schema["properties"]["b"]["default"], 1);
}

#[test]
fn downloads_have_a_name_that_people_understand() {
    let mut definition = definition("[parameters.patient]\ntype = \"string\"\n");
    let job = |patient: &str| Job {
        id: JobId::new(now()),
        tenant: "north".parse().unwrap(),
        requester: "user-1".to_owned(),
        report: "doses".parse().unwrap(),
        parameters: object(json!({ "patient": patient })),
        lane: Lane::Standard,
        run_at: None,
        accepted_at: now(),
        max_attempts: 3,
    };
    assert_eq!(definition.download_name(&job("7")), "doses-2026-03-31.pdf", "the day in Berlin");
    definition.file_name = crate::report::FileName::parse("Doses of {patient}").unwrap();
    assert_eq!(definition.download_name(&job("7")), "Doses of 7.pdf");
    assert_eq!(definition.download_name(&job("../\"x\"\r\n")), "Doses of .-x.pdf");
    assert_eq!(definition.download_name(&job("")), "Doses of.pdf");
}

#[test]
fn binds_are_filled_in_order_and_identity_comes_from_the_caller() {
    let toml = "title = \"D\"\n[datasets.lines]\n[parameters.from]\ntype = \"date\"\n";
    let sql = "SELECT :from WHERE t = :tenant AND r = :requester AND :from = 1";
    let (library, _) = super::Shelf::with(toml, sql).load();
    let definition = library.get("doses").unwrap();
    let resolved = definition.resolve(&object(json!({ "from": "2026-01-01" })), now()).unwrap();
    let values = definition.datasets[0].values(&resolved.values, &"north".parse().unwrap(), "user-1");
    let from = Value::Date("2026-01-01".parse().unwrap());
    assert_eq!(values, [from.clone(), Value::text("north"), Value::text("user-1"), from]);
}

/// Any JSON, often near to what a parameter wants.
fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
        "[+-]?[0-9]{0,40}(\\.[0-9]{0,40})?(e[+-]?[0-9]{1,9})?".prop_map(Json::from),
        "(today|now|end_of_month)( ?[+-] ?[0-9]{1,4}(d|w|m|y|h|min)){0,2}".prop_map(Json::from),
        "[0-9]{4}-[0-1][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?Z)?)?".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| proptest::collection::vec(inner, 0..4).prop_map(Json::from))
}

proptest! {
    /// What is accepted can be kept as JSON and read back, and what is refused is refused in words of ours.
    #[test]
    fn whatever_is_accepted_survives_as_json(values in proptest::collection::vec(anything(), 8)) {
        let plain = EVERY_KIND.lines().filter(|line| !line.starts_with("m") && !line.starts_with("pattern"));
        thread_local!(static DEFINITION: std::cell::OnceCell<Definition> = const { std::cell::OnceCell::new() });
        DEFINITION.with(|cell| {
            let definition = cell.get_or_init(|| definition(&plain.collect::<Vec<_>>().join("\n")));
            for (parameter, value) in definition.parameters.iter().zip(values) {
                let given = object(json!({ &*parameter.name: value }));
                match definition.resolve(&given, now()) {
                    Ok(resolved) => {
                        let text = serde_json::to_string(&resolved.canonical).unwrap();
                        let kept: Map<String, Json> = serde_json::from_str(&text).unwrap();
                        assert_eq!(definition.bind(&kept).as_ref(), Ok(&resolved.values));
                        assert_eq!(definition.resolve(&kept, now()).as_ref(), Ok(&resolved));
                    }
                    Err(errors) => assert!(errors.len() == 1 && errors[0].message.len() < 200),
                }
            }
        });
    }
}
