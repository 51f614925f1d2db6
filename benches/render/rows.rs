//! Rows as a clinic's database has them, made of a few arrays: the source is no part of what is measured.

use std::sync::Arc;

use chrono::NaiveDate;
use pressroom::{
    layout::{Interrupted, Rows},
    value::{Column, ColumnType, Columns, Row, Value},
};

const GIVEN: [&str; 24] = [
    "Anna",
    "Ben",
    "Chiara",
    "David",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Ines",
    "Jonas",
    "Katarzyna",
    "Liam",
    "Maria",
    "Noah",
    "Olga",
    "Pavel",
    "Quinn",
    "Rosa",
    "Samuel",
    "Tereza",
    "Uma",
    "Viktor",
    "Wanda",
    "Yusuf",
];
const FAMILY: [&str; 24] = [
    "Abara",
    "Bianchi",
    "Castillo",
    "Dvořák",
    "Eriksson",
    "Fischer",
    "Gallagher",
    "Hoffmann",
    "Ivanova",
    "Jansen",
    "Kowalska",
    "Lindqvist",
    "Müller",
    "Nowak",
    "O'Brien",
    "Papadopoulos",
    "Quispe",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Vasquez",
    "Wójcik",
    "Zimmermann",
];
const VACCINES: [&str; 6] = ["MMR-II", "Infanrix Hexa", "Prevnar 20", "Gardasil 9", "Comirnaty", "Vaqta Pediatric"];
const CLINICS: [&str; 5] = ["North Gate Clinic", "Harbour Street", "St. Mary's", "Old Town Health", "Riverside"];

/// Small numbers in no apparent order, the same every time.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// So many different rows are made before the clock runs; more are the same again.
const DIFFERENT: usize = 10_000;

/// A dataset of so many rows.
pub(crate) struct Generated {
    columns: Columns,
    different: Vec<Row>,
    next: usize,
    end: usize,
}

impl Generated {
    pub(crate) fn new(seed: u64, rows: usize) -> Self {
        let names = ["given_on", "patient", "born_on", "vaccine", "lot", "dose", "clinic", "amount"];
        let column = |name: &str| Column { name: Arc::from(name), kind: ColumnType::Unknown };
        let mut numbers = Numbers(seed);
        let different = (0..rows.min(DIFFERENT)).map(|_| row(&mut numbers)).collect();
        Self { columns: names.iter().map(|name| column(name)).collect(), different, next: 0, end: rows }
    }
}

impl Rows for Generated {
    fn open(&mut self, _: &str) -> Result<Columns, Interrupted> {
        Ok(self.columns.clone())
    }

    fn next(&mut self) -> Result<Option<Row>, Interrupted> {
        if self.next == self.end {
            return Ok(None);
        }
        self.next += 1;
        Ok(self.different.get((self.next - 1) % DIFFERENT).cloned())
    }
}

fn row(numbers: &mut Numbers) -> Row {
    let mut date = |from: i32| {
        let (year, month, day) = (from + numbers.below(10) as i32, 1 + numbers.below(12), 1 + numbers.below(28));
        NaiveDate::from_ymd_opt(year, month as u32, day as u32).map_or(Value::Null, Value::Date)
    };
    let (given_on, born_on) = (date(2016), date(1990));
    vec![
        given_on,
        Value::text(format!("{} {}", GIVEN[numbers.below(24)], FAMILY[numbers.below(24)])),
        born_on,
        Value::text(VACCINES[numbers.below(6)]),
        Value::text(format!("L{:05}", numbers.below(100_000))),
        Value::text(format!("{} of 3", 1 + numbers.below(3))),
        Value::text(CLINICS[numbers.below(5)]),
        Value::Decimal((numbers.below(100_000) as i64 * 5).into()),
    ]
}
