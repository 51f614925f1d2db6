use chrono::{NaiveDate, NaiveDateTime};

use super::*;

const TAGS: [&str; 34] = [
    "en", "en-GB", "en-IN", "de", "de-CH", "de-AT", "fr", "fr-CH", "es", "pt-BR", "pt-PT", "it", "nl", "sv", "pl",
    "cs", "ru", "uk", "bg", "el", "tr", "vi", "he", "ar", "ar-EG", "ar-MA", "fa", "hi", "bn", "th", "ja", "zh", "ko",
    "lt",
];

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap()
}

fn date(language: &str, shape: DateShape, when: &str) -> String {
    let mut out = String::new();
    Locale::of(language).dates(shape).unwrap().write(&at(when), &mut out);
    out
}

fn number(language: &str, text: &str, decimals: Option<u8>) -> String {
    let mut out = String::new();
    assert!(Locale::of(language).numbers().write(&Value::Decimal(text.parse().unwrap()), decimals, &mut out));
    out
}

fn money(language: &str, code: &str, text: &str) -> String {
    let mut out = String::new();
    let (style, decimals) = Locale::of(language).money(code).unwrap();
    assert!(style.write(&Value::text(text), Some(decimals), &mut out));
    out
}

#[test]
fn every_shape_is_written_as_icu_writes_it() {
    let shapes = [
        DateShape::Short,
        DateShape::Medium,
        DateShape::Long,
        DateShape::Full,
        DateShape::Weekday,
        DateShape::WeekdayShort,
        DateShape::Month,
        DateShape::MonthShort,
        DateShape::MonthYear,
        DateShape::DayMonth,
        DateShape::Time,
        DateShape::TimeSeconds,
        DateShape::ShortWithTime,
        DateShape::MediumWithTime,
        DateShape::LongWithTime,
        DateShape::FullWithTime,
    ];
    let mut by_table = 0;
    for tag in TAGS {
        for shape in shapes {
            if tag == "pt-BR" && matches!(shape, DateShape::Month | DateShape::MonthShort | DateShape::MonthYear) {
                // ICU4X 2.4 asserts (in debug builds alone) that it has digits at hand, forgets to load them for this
                // pattern, and then writes ASCII ones: the right ones.
                continue;
            }
            let locale = Locale::of(tag);
            let style = locale.dates(shape).unwrap();
            by_table += usize::from(style.is_table());
            for day in 0..420 {
                let date = NaiveDate::from_ymd_opt(1926 + day % 130, 1, 1).unwrap() + chrono::Days::new(day as u64 * 7);
                let when = date.and_hms_opt(day as u32 % 24, day as u32 % 60, day as u32 * 7 % 60).unwrap();
                let (mut fast, mut slow) = (String::new(), String::new());
                style.write(&when, &mut fast);
                style.write_slowly(&when, &mut slow);
                assert_eq!(fast, slow, "{tag} {shape:?} {when}");
            }
        }
    }
    assert!(by_table > TAGS.len() * 13, "only {by_table} shapes are written from tables");
}

#[test]
fn every_number_is_written_as_icu_writes_it() {
    for tag in TAGS {
        let formatter =
            DecimalFormatter::try_new((&Tag::try_from_str(tag).unwrap()).into(), Default::default()).unwrap();
        for text in
            ["0", "7", "-7", "999", "1000", "-1000", "12345", "123456.78", "-1234567.5", "98765432109876543210.01"]
        {
            let icu = formatter.format(&text.parse().unwrap()).write_to_string().into_owned();
            assert_eq!(number(tag, text, None), icu, "{tag} {text}");
        }
        let tag_of = Tag::try_from_str(tag).unwrap();
        for code in ["EUR", "USD", "JPY", "CHF", "INR", "KWD", "XTS", "PLN"] {
            let currency = CurrencyType::try_from_str(code).unwrap();
            let formatter = CurrencyFormatter::try_new_symbol((&tag_of).into(), currency, Default::default()).unwrap();
            for text in ["0", "5", "1234.5", "-1234.5", "1234567.891", "-0.25"] {
                let decimal: Decimal = text.parse().unwrap();
                let icu = formatter.format_fixed_decimal(&decimal).write_to_string().into_owned();
                // ICU rounds half to even, and shows a rounded -0 with its sign.
                if code == "JPY" || text == "-0.25" && icu.contains('0') && !icu.contains('2') {
                    continue;
                }
                assert_eq!(money(tag, code, text), icu, "{tag} {code} {text}");
            }
        }
    }
}

#[test]
fn dates_by_language() {
    let long = |tag| date(tag, DateShape::Long, "2026-03-07T09:05:00");
    assert_eq!(long("en"), "March 7, 2026");
    assert_eq!(long("en-GB"), "7 March 2026");
    assert_eq!(long("de-CH"), "7. März 2026");
    assert_eq!(long("fr"), "7 mars 2026");
    assert_eq!(long("pl"), "7 marca 2026");
    assert_eq!(long("ja"), "2026年3月7日");
    assert_eq!(long("ar-EG"), "٧ مارس ٢٠٢٦");
    assert_eq!(date("de", DateShape::Full, "2026-03-07T00:00:00"), "Samstag, 7. März 2026");
    assert_eq!(date("de", DateShape::Short, "1926-03-07T00:00:00"), "07.03.1926");
    assert_eq!(date("en-GB", DateShape::Short, "2026-03-07T00:00:00"), "07/03/2026");
    assert_eq!(date("pl", DateShape::Month, "2026-03-07T00:00:00"), "marzec");
    assert_eq!(date("de", DateShape::MediumWithTime, "2026-03-07T09:05:00"), "07.03.2026, 09:05");
    assert_eq!(date("en", DateShape::Time, "2026-03-07T15:05:00"), "3:05\u{202f}PM");
    assert_eq!(date("th", DateShape::Long, "2026-03-07T00:00:00"), "7 มีนาคม 2569");
}

#[test]
fn numbers_and_money_by_language() {
    assert_eq!(number("de", "1234567.5", Some(2)), "1.234.567,50");
    assert_eq!(number("de-CH", "1234567.5", Some(2)), "1'234'567.50");
    assert_eq!(number("fr", "1234567.5", Some(2)), "1\u{202f}234\u{202f}567,50");
    assert_eq!(number("en-IN", "1234567.5", Some(2)), "12,34,567.50");
    assert_eq!(number("pl", "1234", None), "1234");
    assert_eq!(number("ar-EG", "1234.5", None), "١٬٢٣٤٫٥");
    assert_eq!(number("sv", "-1234", None), "\u{2212}1\u{a0}234");
    assert_eq!(number("en", "-0.001", Some(2)), "0.00");
    assert_eq!(number("en", "2.5", Some(0)), "3");
    assert_eq!(money("en", "USD", "-1234.5"), "-$1,234.50");
    assert_eq!(money("de", "EUR", "1234.5"), "1.234,50\u{a0}€");
    assert_eq!(money("ja", "JPY", "1234.5"), "￥1,235");
    assert_eq!(money("en", "KWD", "1"), "KWD\u{a0}1.000");
    assert_eq!(money("nl", "EUR", "-5"), "€\u{a0}-5,00");
    assert!(Locale::of("en").money("euro").is_none());
    let mut percent = String::new();
    assert!(Locale::of("de").percent().write(&Value::Float(12.5), Some(1), &mut percent));
    assert_eq!(percent, "12,5\u{a0}%");
}

#[test]
fn plurals_by_language() {
    let form = |tag: &str, number: &str, forms: &[&str]| {
        let forms: Vec<String> = forms.iter().map(|form| (*form).to_owned()).collect();
        Locale::of(tag).plural(&Value::text(number), &forms).unwrap().clone()
    };
    let en = ["dose", "doses"];
    assert_eq!(["0", "1", "2", "1.5"].map(|n| form("en", n, &en)), ["doses", "dose", "doses", "doses"]);
    assert_eq!(["0", "1", "2"].map(|n| form("fr", n, &en)), ["dose", "dose", "doses"]);
    assert_eq!(["0", "1"].map(|n| form("ja", n, &en)), ["doses", "doses"]);
    let pl = ["dawka", "dawki", "dawek"];
    assert_eq!(["1", "3", "5", "22"].map(|n| form("pl", n, &pl)), ["dawka", "dawki", "dawek", "dawki"]);
    let ar = ["0", "1", "2", "few", "many", "other"];
    assert_eq!(["0", "1", "2", "3", "11", "100"].map(|n| form("ar", n, &ar)), ["0", "1", "2", "few", "many", "other"]);
}

#[test]
fn cases_by_language() {
    let upper = |tag: &str, text: &str| {
        let mut out = String::new();
        Locale::of(tag).upper(text, &mut out);
        out
    };
    assert_eq!(upper("tr", "izmir"), "İZMİR");
    assert_eq!(upper("de", "straße"), "STRASSE");
    assert_eq!(upper("el", "Άνθρωπος"), "ΑΝΘΡΩΠΟΣ");
}

#[test]
fn tags_that_are_none_are_english() {
    for tag in ["", "!", "x", "en-u-nu-zzzz", &"a".repeat(5000)] {
        let mut out = String::new();
        assert!(Locale::of(tag).numbers().write(&Value::Int(1234), None, &mut out));
        assert_eq!(out, "1,234", "{tag:.9}");
    }
}
