use super::*;
use crate::{
    template::scope::Record,
    value::{Column, ColumnType},
};

fn compile(text: &str) -> Result<Expression, Fault> {
    Expression::compile(&Source::new("a.html".into(), text.to_owned()), 0, text)
}

fn scope() -> Scope {
    let columns = [("name", Value::text("Ada")), ("owed", Value::Decimal("12345678901234567890.10".parse().unwrap()))]
        .map(|(name, value)| (Column { name: Arc::from(name), kind: ColumnType::Unknown }, value));
    let record = Record {
        columns: columns.iter().map(|(column, _)| column.clone()).collect(),
        row: Arc::new(columns.into_iter().map(|(_, value)| value).collect()),
    };
    let facts = [(Arc::from("from"), Value::Date("2026-01-31".parse().unwrap())), (Arc::from("n"), Value::Int(3))];
    let names = vec![
        (Arc::from("patient"), Binding::Record(record)),
        (Arc::from("parameters"), Binding::Facts(Arc::from(facts))),
    ];
    Scope::root(names, chrono_tz::UTC, crate::template::locale::Locale::of("en"))
}

fn show(text: &str) -> Result<String, String> {
    let expression = compile(text).map_err(|fault| fault.to_string())?;
    let mut out = String::new();
    expression.write(&scope(), &mut out).map(|()| out).map_err(|error| error.to_string())
}

#[test]
fn paths_are_exact_and_the_rest_is_jinja() {
    assert_eq!(show(" patient.owed | money('USD') ").unwrap(), "$12,345,678,901,234,567,890.10");
    assert_eq!(show("parameters.from | date('%d %B %Y') | upper").unwrap(), "31 JANUARY 2026");
    assert_eq!(show("'Dear ' ~ patient.name").unwrap(), "Dear Ada");
    assert_eq!(show("'late' if parameters.from < '2026-02-01' else 'early'").unwrap(), "late");
    assert_eq!(show("parameters.n * 2 + 1").unwrap(), "7");
    assert_eq!(show("(parameters.n / 2) | number(2)").unwrap(), "1.50");
    assert_eq!(show("patient.name | replace('A', 'O')").unwrap(), "Oda");
}

#[test]
fn what_is_undefined_is_named_with_its_place() {
    assert_eq!(show("  patient.nome").unwrap_err(), "a.html:1:3: `patient.nome`: `patient.nome` is not defined here");
    assert_eq!(show("nobody.name").unwrap_err(), "a.html:1:1: `nobody.name`: `nobody` is not defined here");
    assert!(show("'x' ~ patient.nome").unwrap_err().contains("not defined here"));
    assert!(show("patient").unwrap_err().contains("name one of its fields"));
}

#[test]
fn errors_never_quote_data() {
    assert!(!show("patient.name | date").unwrap_err().contains("Ada"));
    assert!(!show("patient.name + 1").unwrap_err().contains("Ada"));
    assert!(!show("patient.name | int").unwrap_err().contains("Ada"));
}

#[test]
fn syntax_faults_have_help() {
    assert!(show("patient.").unwrap_err().starts_with("a.html:1:8: error: "));
    assert!(show("patient.name | number('x')").unwrap_err().contains("write `number(2)`"));
    assert!(show("").unwrap_err().contains("empty"));
    assert!(show("sum(").unwrap_err().contains("is not an expression"));
    assert!(show("sum()").unwrap_err().contains("name a column"));
    assert!(show("sum(1 + count())").unwrap_err().contains("can't stand around another"));
}

#[test]
fn no_expression_runs_away() {
    assert!(show("('x' * 1000000000) | length").is_err());
    assert!(show("[1] * 100000000 | length").is_err());
    assert!(show("range(1000000000) | list").is_err());
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(show(&deep).is_err());
}

/// A test's thread has the stack of a worker's thread: 2 MiB.
#[test]
fn no_chain_is_too_long_for_the_stack() {
    let chain = |head: &str, link: &str, tail: &str| {
        let links = (MAX_LENGTH - head.len() - tail.len()) / link.len();
        format!("{head}{}{tail}", link.repeat(links))
    };
    for (head, link, tail) in [
        ("", "-", "1"),
        ("", "not ", "1"),
        ("1", "~1", ""),
        ("1", "+1", ""),
        ("1", "**1", ""),
        ("'a'", "|lower", ""),
        ("parameters", "[0]", ""),
        ("parameters", ".a", ""),
        ("parameters", "()", ""),
        ("", "1 if 1 else ", "1"),
        ("1", " and 1", ""),
        ("1", "<1", ""),
        ("", "sum(", ""),
        ("", "[", ""),
        ("", "(", "1"),
    ] {
        let _ = show(&chain(head, link, tail));
        let twice = chain(head, &link.repeat(2), tail) + &"x".repeat(MAX_LENGTH);
        assert!(show(&twice).unwrap_err().contains("longer than"), "{link}");
    }
}

#[test]
fn aggregates_become_names() {
    let expression = compile("sum(line.amount) - sum( line.tax | default(0) ) ~ 'sum(x)'").unwrap();
    let functions: Vec<_> = expression.aggregates().iter().map(|a| a.argument.as_ref().unwrap().text()).collect();
    assert_eq!(functions, ["line.amount", "line.tax | default(0)"]);
    assert_eq!(expression.names(), []);
    assert_eq!(compile("patient.list | sum").unwrap().aggregates().len(), 0);
}
