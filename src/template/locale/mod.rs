//! A language's conventions: dates, numbers, money, plurals and cases, as the Unicode CLDR has them.
//!
//! **Invariant:** knows no template and no report; the same language tag always writes the same text.

mod date;
mod number;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, OnceLock, PoisonError, RwLock},
};

use chrono::NaiveDateTime;
use icu_casemap::CaseMapper;
use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_experimental::dimension::{
    currency::{CurrencyType, formatter::CurrencyFormatter},
    percent::formatter::PercentFormatter,
};
use icu_locale_core::Locale as Tag;
use icu_plurals::{PluralCategory, PluralRules};
use writeable::Writeable as _;

pub(crate) use self::{
    date::{DateShape, DateStyle},
    number::{NumberStyle, digits},
};
use crate::value::Value;

/// So many languages and so many currencies of each are remembered; definitions name them, but data may name currencies.
const MOST_REMEMBERED: usize = 400;

/// The conventions of one language, learnt as they are asked for.
#[derive(Debug)]
pub struct Locale {
    tag: Tag,
    digits: [char; 10],
    numbers: NumberStyle,
    percent: OnceLock<NumberStyle>,
    money: RwLock<BTreeMap<[u8; 3], Arc<NumberStyle>>>,
    dates: [OnceLock<Option<DateStyle>>; DateShape::COUNT],
    plurals: OnceLock<Option<PluralRules>>,
}

impl Locale {
    /// The conventions of a BCP 47 language; those of English for a tag that isn't one.
    pub fn of(language: &str) -> Arc<Self> {
        static KNOWN: LazyLock<RwLock<BTreeMap<String, Arc<Locale>>>> = LazyLock::new(RwLock::default);
        if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(language) {
            return known.clone();
        }
        let locale = Arc::new(Self::new(language));
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_REMEMBERED {
            known.insert(language.to_owned(), locale.clone());
        }
        locale
    }

    fn new(language: &str) -> Self {
        let tag = Tag::try_from_str(language).unwrap_or(icu_locale_core::locale!("en"));
        let formatter = DecimalFormatter::try_new((&tag).into(), Default::default()).ok();
        let show = |text: &str| {
            let number = text.parse::<Decimal>().ok()?;
            Some(formatter.as_ref()?.format(&number).write_to_string().into_owned())
        };
        let mut digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
        for (i, digit) in digits.iter_mut().enumerate() {
            let shown = show(&i.to_string());
            *digit = shown.as_deref().and_then(|text| text.chars().next()).unwrap_or(*digit);
        }
        // The separator of decimals is what stands between two digits of which one is a decimal.
        let point = show("1.5").map(|text| text.trim_matches(|c| digits.contains(&c)).to_owned());
        let numbers = NumberStyle::learn(digits, point.as_deref().unwrap_or("."), show);
        Self {
            tag,
            digits,
            numbers: numbers.unwrap_or_else(NumberStyle::plain),
            percent: OnceLock::new(),
            money: RwLock::default(),
            dates: [const { OnceLock::new() }; DateShape::COUNT],
            plurals: OnceLock::new(),
        }
    }

    /// Plain numbers.
    pub(crate) fn numbers(&self) -> &NumberStyle {
        &self.numbers
    }

    /// The digits 0 to 9.
    pub(crate) fn digits(&self) -> &[char; 10] {
        &self.digits
    }

    /// Numbers with a percent sign.
    pub(crate) fn percent(&self) -> &NumberStyle {
        self.percent.get_or_init(|| {
            let formatter = PercentFormatter::try_new((&self.tag).into(), Default::default()).ok();
            let show = |text: &str| {
                let number = text.parse::<Decimal>().ok()?;
                Some(formatter.as_ref()?.format(&number).write_to_string().into_owned())
            };
            let learnt = NumberStyle::learn(self.digits, self.numbers.decimal_point(), show);
            learnt.unwrap_or_else(|| self.numbers.clone())
        })
    }

    /// Amounts of a currency by its three letters, with as many decimals as it has.
    pub(crate) fn money(&self, code: &str) -> Option<(Arc<NumberStyle>, u8)> {
        let key: [u8; 3] = code.as_bytes().try_into().ok()?;
        if !key.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        if let Some(known) = self.money.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some((known.clone(), known.decimals));
        }
        let currency = CurrencyType::try_from_str(code).ok()?;
        let formatter = CurrencyFormatter::try_new_symbol((&self.tag).into(), currency, Default::default()).ok()?;
        let show = |text: &str| {
            let number = text.parse::<Decimal>().ok()?;
            Some(formatter.format_fixed_decimal(&number).write_to_string().into_owned())
        };
        let style = Arc::new(NumberStyle::learn(self.digits, self.numbers.decimal_point(), show)?);
        let mut known = self.money.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST_REMEMBERED {
            known.insert(key, style.clone());
        }
        Some((style.clone(), style.decimals))
    }

    /// Dates or times of one shape.
    pub(crate) fn dates(&self, shape: DateShape) -> Option<&DateStyle> {
        let style = || DateStyle::new((&self.tag).into(), shape, self.digits);
        self.dates[shape as usize].get_or_init(style).as_ref()
    }

    /// Writes a date or time in one shape; says `false` when the language has no such.
    pub(crate) fn write_shape(&self, shape: DateShape, at: &NaiveDateTime, out: &mut String) -> bool {
        let Some(style) = self.dates(shape) else { return false };
        style.write(at, out);
        true
    }

    /// Writes the month's name: beside a day in the form that goes with one (Polish `marca`, alone `marzec`).
    pub(crate) fn write_month(&self, at: &NaiveDateTime, with_day: bool, out: &mut String) -> bool {
        let beside_day =
            if with_day { self.dates(DateShape::Long).and_then(|style| style.month_name(at)) } else { None };
        match beside_day {
            Some(name) => {
                out.push_str(name);
                true
            }
            None => self.write_shape(DateShape::Month, at, out),
        }
    }

    /// An ASCII digit as the language writes it; anything else as it is.
    pub(crate) fn local_digit(&self, c: char) -> char {
        c.to_digit(10).map_or(c, |digit| self.digits[digit as usize])
    }

    /// Which of several forms of a noun goes with a number: one for each of the language's CLDR categories, in the
    /// order zero, one, two, few, many, other. Where forms are fewer than categories, the last one serves the rest.
    pub(crate) fn plural<'f>(&self, value: &Value, forms: &'f [String]) -> Option<&'f String> {
        let category = self.plural_category(value)?;
        let last = forms.last()?;
        if category == PluralCategory::Other {
            return Some(last);
        }
        let rules = self.plurals()?;
        let mut categories: Vec<PluralCategory> = rules.categories().collect();
        categories.sort_unstable();
        let index = categories.iter().position(|known| *known == category).unwrap_or(forms.len());
        Some(forms.get(index).unwrap_or(last))
    }

    /// The CLDR category of a number as it is written.
    fn plural_category(&self, value: &Value) -> Option<PluralCategory> {
        let number: Decimal = digits(value, None)?.parse().ok()?;
        Some(self.plurals().map_or(PluralCategory::Other, |rules| rules.category_for(&number)))
    }

    fn plurals(&self) -> Option<&PluralRules> {
        self.plurals.get_or_init(|| PluralRules::try_new_cardinal((&self.tag).into()).ok()).as_ref()
    }

    /// In capitals, as the language writes them (a Turkish `i` keeps its dot).
    pub(crate) fn upper(&self, text: &str, out: &mut String) {
        out.push_str(&CaseMapper::new().uppercase_to_string(text, &self.tag.id));
    }

    /// In small letters.
    pub(crate) fn lower(&self, text: &str, out: &mut String) {
        out.push_str(&CaseMapper::new().lowercase_to_string(text, &self.tag.id));
    }
}
