use std::sync::Arc;

use chrono::NaiveDate;

use crate::{
    template::{
        expression::Expression,
        locale::Locale,
        scope::{Binding, Scope, Table},
        source::Source,
    },
    value::{Column, ColumnType, Row, Value},
};

/// What `value | …` shows in a language, in the time zone of Berlin.
fn show_in(language: &str, filter: &str, value: Value) -> Result<String, String> {
    let text = format!("v {filter}");
    let source = Source::new("a.html".into(), text.clone());
    let expression = Expression::compile(&source, 0, &text).map_err(|fault| fault.to_string())?;
    let names = vec![
        (Arc::from("v"), Binding::Value(value)),
        (Arc::from("currency"), Binding::Value(Value::text("EUR"))),
        (Arc::from("doses"), Binding::Table(doses())),
    ];
    let scope = Scope::root(names, chrono_tz::Europe::Berlin, Locale::of(language));
    let mut out = String::new();
    expression.write(&scope, &mut out).map(|()| out).map_err(|error| error.to_string())
}

fn show(filter: &str, value: Value) -> String {
    show_in("en", filter, value).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(filter: &str, value: Value) -> String {
    show_in("en", filter, value).unwrap_err()
}

fn doses() -> Arc<Table> {
    let column = |name: &str| Column { name: Arc::from(name), kind: ColumnType::Unknown };
    let row = |clinic: &str, amount: &str| -> Arc<Row> { Arc::new(vec![Value::text(clinic), decimal(amount)]) };
    Arc::new(Table {
        columns: Arc::from([column("clinic"), column("amount")]),
        rows: vec![row("North", "0.10"), row("South", "2.00"), row("North", "0.20")],
    })
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

#[test]
fn numbers_are_exact_and_round_half_away_from_zero() {
    assert_eq!(show("| number(2)", decimal("12345678901234567890.125")), "12,345,678,901,234,567,890.13");
    assert_eq!(show("| number(2)", decimal("-0.125")), "-0.13");
    assert_eq!(show("| number(2)", decimal("-0.001")), "0.00");
    assert_eq!(show("| number(2)", Value::Int(-1234)), "-1,234.00");
    assert_eq!(show("| number", Value::UInt(999)), "999");
    assert_eq!(show("| number", decimal("1000.50")), "1,000.50");
    assert_eq!(show("| number(1)", Value::Float(0.25)), "0.3");
    assert_eq!(show("| money('USD')", decimal("-1234.5")), "-$1,234.50");
    assert_eq!(show("| money('JPY')", Value::Int(1200)), "¥1,200");
    assert_eq!(show("| money('CHF')", Value::text("7.5")), "CHF\u{a0}7.50");
    assert_eq!(show("| money", Value::text("7.5")), "7.50");
    assert_eq!(show_in("de", "| money(currency)", decimal("1234.5")).unwrap(), "1.234,50\u{a0}€");
    assert_eq!(show("| percent(1)", decimal("0.1234")), "12.3%");
    assert_eq!(show("| percent", Value::Float(0.07)), "7%");
    assert!(refused("| number(2)", Value::Bool(true)).contains("need a number"));
    assert!(refused("| number(2)", Value::text("1e999999999")).contains("need a number"));
    assert!(refused("| money(v)", Value::text("euros")).contains("three letters"));
}

#[test]
fn dates_from_every_kind_of_value() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 7).unwrap();
    assert_eq!(show("| date('%d %B %Y')", Value::Date(day)), "07 March 2026");
    assert_eq!(show_in("pl", "| date('%-d %B %Y')", Value::Date(day)).unwrap(), "7 marca 2026");
    assert_eq!(show_in("pl", "| date('%B %Y')", Value::Date(day)).unwrap(), "marzec 2026");
    assert_eq!(show_in("ar-EG", "| date('%Y')", Value::Date(day)).unwrap(), "٢٠٢٦");
    assert_eq!(show_in("en-GB", "| date('long')", Value::text("2026-03-07")).unwrap(), "7 March 2026");
    assert_eq!(show_in("de", "| time", Value::text("2026-03-07 09:05:00")).unwrap(), "09:05");
    assert_eq!(show_in("de", "| time", Value::Time(32_700_000_000)).unwrap(), "09:05");
    let instant = day.and_hms_opt(23, 30, 0).unwrap().and_utc();
    assert_eq!(show_in("en-GB", "| datetime", Value::Instant(instant)).unwrap(), "8 Mar 2026, 00:30");
    assert_eq!(show("| date('iso')", Value::text("2026-03-07T23:30:00Z")), "2026-03-08");
    assert!(refused("| time", Value::Date(day)).contains("a time of day is asked for"));
    assert!(refused("| date('%H')", Value::Date(day)).contains("a time of day is asked for"));
    assert!(refused("| date", Value::Time(0)).contains("a date is asked for"));
    assert!(refused("| date", Value::text("soon")).contains("needs a date"));
    assert_eq!(show("| date", Value::Null), "");
}

#[test]
fn text_filters() {
    assert_eq!(show("| title", Value::text("o'NEIL van-der ßtraße")), "O'neil Van-Der SStraße");
    assert_eq!(show("| capitalize", Value::text("éTÉ")), "Été");
    assert_eq!(show("| pad(5, '0')", Value::Int(42)), "00042");
    assert_eq!(show("| pad_right(5, '.')", Value::text("ab")), "ab...");
    assert_eq!(show("| pad_center(6)", Value::text("ab")), "  ab  ");
    assert_eq!(show("| truncate(6)", Value::text("Influenza")), "Influ…");
    assert_eq!(show("| truncate(9)", Value::text("Influenza")), "Influenza");
    assert_eq!(show("| default('–')", Value::Null), "–");
    assert_eq!(show("| date | default('–')", Value::Null), "–");
    assert_eq!(show("| default('–')", Value::text("")), "–");
    assert_eq!(show("| default('–')", Value::Int(0)), "0");
    assert_eq!(show("| replace('a', 'o')", Value::text("abba")), "obbo");
    assert_eq!(show("| split(',') | join(' · ')", Value::text("a, b,c")), "a · b · c");
    assert_eq!(show("| length", Value::text("äöü")), "3");
    assert_eq!(show_in("tr", "| upper", Value::text("izmir")).unwrap(), "İZMİR");
}

#[test]
fn plurals_take_the_form_of_the_language() {
    assert_eq!(show("| plural('dose', 'doses')", Value::Int(1)), "dose");
    assert_eq!(show("| plural('dose', 'doses')", Value::Int(0)), "doses");
    assert_eq!(show_in("pl", "| plural('dawka', 'dawki', 'dawek')", Value::Int(22)).unwrap(), "dawki");
    assert!(refused("| plural('dose', 'doses')", Value::text("many")).contains("needs a number"));
}

#[test]
fn rows_in_memory_are_sorted_grouped_and_added_up() {
    let nothing = Value::Null;
    assert_eq!(show("or doses | length", nothing.clone()), "3");
    assert_eq!(show("or doses | sum('amount')", nothing.clone()), "2.30");
    assert_eq!(show("or (doses | max('amount'))", nothing.clone()), "2.00");
    assert_eq!(
        show("or (doses | sort('amount', reverse=true) | map('clinic') | join(','))", nothing.clone()),
        "South,North,North"
    );
    assert_eq!(show("or (doses | groupby('clinic') | map('key') | join(','))", nothing.clone()), "North,South");
    assert_eq!(show("or (doses | groupby('clinic') | first).rows | sum('amount')", nothing.clone()), "0.30");
    assert_eq!(show("or (doses | selectattr('amount', 'gt', 1) | map('clinic') | join)", nothing.clone()), "South");
    assert_eq!(show("or (doses | rejectattr('clinic', 'eq', 'South') | length)", nothing.clone()), "2");
    assert_eq!(show("or doses[0].clinic", nothing.clone()), "North");
    assert_eq!(show("or doses[9]", nothing.clone()), "");
    assert!(refused("or (doses | sum('amounts'))", nothing).contains("doesn't exist"));
}

#[test]
fn wrong_names_and_arguments_are_told_with_the_right_ones() {
    for (filter, told) in [
        ("| shout", "a.html:1:5: error: there is no filter `shout`"),
        ("| uper", "did you mean `upper`?"),
        ("| date('%Q')", "a.html:1:10: error: `date` takes other arguments"),
        ("| date('lang')", "did you mean `date(\"long\")`?"),
        ("| number('2')", "write `number(2)`"),
        ("| number(99)", "from 0 to 20"),
        ("| money('dollars')", "three letters"),
        ("| pad(1000000)", "at most 200"),
        ("| upper(1)", "it takes no arguments"),
        ("| plural('dose')", "one form for each"),
        ("| sort(backwards=true)", "`sort` has no argument `backwards`"),
    ] {
        let refusal = refused(filter, Value::Int(1));
        assert!(refusal.contains(told), "{filter}: {refusal}");
    }
}
