//! What is written: every table's rows, made on the way.
//!
//! **Invariant:** holds at most a batch of each table.

use std::borrow::Cow;

use chrono::{Days, Months, NaiveDate};

use crate::demo::{
    DemoError, Loaded, Summary,
    database::{Cell, Database},
    history::{FIRST_DAY, LAST_DAY, Patient, Population, ROUNDS, Visit},
    names::name,
    places::{self, CLINICS},
    random::Dice,
    schema::{self, Table},
    vaccines::{Route, VACCINES},
};

/// Rows of one INSERT.
const BATCH: usize = 1000;
/// INSERTs of one transaction.
const TRANSACTION: u32 = 50;
/// Cents for giving one dose, and for a consultation.
const GIVING: i64 = 2500;
const CONSULTATION: i64 = 9500;

/// Rows on their way into the database.
pub(super) struct Rows<'a> {
    database: &'a mut Database,
    progress: &'a mut (dyn FnMut(Loaded) + Send),
    batches: Vec<Batch>,
    inserts: u32,
}

struct Batch {
    table: &'static Table,
    cells: Vec<Cell>,
    rows: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(database: &'a mut Database, progress: &'a mut (dyn FnMut(Loaded) + Send)) -> Self {
        let batches = schema::TABLES.map(|table| Batch { table, cells: Vec::new(), rows: 0 });
        Self { database, progress, batches: batches.into(), inserts: 0 }
    }

    /// Writes everything for so many patients.
    pub(super) async fn load(mut self, patients: u64) -> Result<Summary, DemoError> {
        self.database.begin().await?;
        self.calendar().await?;
        self.places().await?;
        self.vaccines().await?;
        for number in 1..=patients {
            self.patient(&Patient::new(number)).await?;
        }
        self.stock().await?;
        let population = Population::new(patients);
        for round in 0..ROUNDS {
            for position in 0..patients {
                let patient = Patient::new(population.patient_at(round, position));
                if let Some(visit) = population.visit(&patient, round) {
                    self.visit(&patient, visit).await?;
                }
            }
        }
        self.bookings(&population, patients).await?;
        for table in 0..self.batches.len() {
            self.flush(table).await?;
        }
        self.database.commit().await?;
        let tables = self.batches.iter().map(|batch| Loaded { table: batch.table.name, rows: batch.rows });
        Ok(Summary { tables: tables.collect() })
    }

    /// Adds a row without its number, which is the next one, and returns that.
    async fn numbered(
        &mut self,
        table: &'static Table,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<i64, DemoError> {
        let id = self.batches[index(table)].rows as i64 + 1;
        self.add(table, std::iter::once(Cell::Int(id)).chain(cells)).await?;
        Ok(id)
    }

    async fn add(&mut self, table: &'static Table, cells: impl IntoIterator<Item = Cell>) -> Result<(), DemoError> {
        let index = index(table);
        let batch = &mut self.batches[index];
        batch.cells.extend(cells);
        batch.rows += 1;
        debug_assert_eq!(batch.cells.len() % table.columns.len(), 0, "{} has other columns", table.name);
        if batch.cells.len() == BATCH * table.columns.len() { self.flush(index).await } else { Ok(()) }
    }

    async fn flush(&mut self, index: usize) -> Result<(), DemoError> {
        let Batch { table, cells, rows } = &mut self.batches[index];
        if cells.is_empty() {
            return Ok(());
        }
        let capacity = cells.len();
        self.database.insert(table, std::mem::replace(cells, Vec::with_capacity(capacity))).await?;
        (self.progress)(Loaded { table: table.name, rows: *rows });
        self.inserts += 1;
        if self.inserts == TRANSACTION {
            self.inserts = 0;
            self.database.commit().await?;
            self.database.begin().await?;
        }
        Ok(())
    }

    async fn calendar(&mut self) -> Result<(), DemoError> {
        let mut first = FIRST_DAY;
        while first < later(FIRST_DAY, 14 * 12) {
            let next = later(first, 1);
            let month = first.format("%Y-%m").to_string();
            self.add(&schema::CALENDAR_MONTHS, [text(month), day(first), day(next)]).await?;
            first = next;
        }
        Ok(())
    }

    async fn places(&mut self) -> Result<(), DemoError> {
        for (number, clinic) in (1..).zip(&CLINICS) {
            let phone = places::phone(&mut Dice::new("clinic", number));
            let cells = [text(clinic.name), text(clinic.address), text(clinic.city), text(phone)];
            self.numbered(&schema::CLINICS, cells).await?;
        }
        for number in 0..CLINICS.len() as u64 * places::PROVIDERS {
            let (name, credential) = places::provider(number + 1);
            let clinic = number / places::PROVIDERS + 1;
            let cells = [int(clinic), text(name.given), text(name.family), text(credential)];
            self.numbered(&schema::PROVIDERS, cells).await?;
        }
        Ok(())
    }

    async fn vaccines(&mut self) -> Result<(), DemoError> {
        for vaccine in &VACCINES {
            let recall = vaccine.recall.map_or(Cell::Null, int);
            let cells =
                [text(vaccine.cvx_code), text(vaccine.name), text(vaccine.short_name), text(vaccine.series), recall];
            self.add(&schema::VACCINES, cells).await?;
        }
        Ok(())
    }

    async fn patient(&mut self, patient: &Patient) -> Result<(), DemoError> {
        let mut dice = Dice::new("person", patient.number);
        let name = name(&mut dice, patient.woman);
        let phone = if dice.chance(93) { text(places::phone(&mut dice)) } else { Cell::Null };
        let email = if dice.chance(70) { text(format!("patient{}@example.org", patient.number)) } else { Cell::Null };
        let address = places::address(&mut dice);
        let city = CLINICS[(patient.clinic - 1) as usize].city;
        let before = FIRST_DAY.checked_sub_days(Days::new(dice.below(3000))).unwrap_or(FIRST_DAY);
        let cells = [
            text(format!("MRN-{:07}", patient.number)),
            text(name.given),
            text(name.family),
            day(patient.born),
            text(if patient.woman { "F" } else { "M" }),
            text(name.language),
            phone,
            email,
            text(address),
            text(city),
            int(patient.clinic),
            day(before.max(patient.born)),
            Cell::Int(dice.chance(80).into()),
        ];
        self.numbered(&schema::PATIENTS, cells).await?;
        Ok(())
    }

    async fn stock(&mut self) -> Result<(), DemoError> {
        for clinic in 1..=CLINICS.len() as u64 {
            for (i, vaccine) in (0..).zip(VACCINES.iter().filter(|vaccine| vaccine.is_in_use(LAST_DAY))) {
                let mut dice = Dice::new("stock", clinic * 100 + i);
                for choice in 0..dice.below(4) {
                    let delivered = LAST_DAY.checked_sub_months(Months::new(dice.below(12) as u32)).unwrap_or(LAST_DAY);
                    let on_hand = if dice.chance(6) { 0 } else { 2 + dice.below(240) as i64 };
                    let cost = vaccine.price * 85 / 100;
                    let cells = [
                        int(clinic),
                        text(vaccine.cvx_code),
                        text(vaccine.lot(delivered, choice)),
                        day(later(delivered, 9 + dice.below(9) as u32)),
                        Cell::Int(on_hand),
                        money(cost),
                        money(cost * on_hand),
                    ];
                    self.numbered(&schema::VACCINE_STOCK, cells).await?;
                }
            }
        }
        Ok(())
    }

    async fn visit(&mut self, patient: &Patient, mut visit: Visit) -> Result<(), DemoError> {
        self.appointment(patient, &mut visit).await?;
        let grown = later(patient.born, 36) <= visit.day;
        for dose in &visit.doses {
            // A series is due again after its newest dose only.
            let next_due = dose.vaccine.next_due(visit.day).filter(|_| dose.newest);
            let sides = if grown { ["left deltoid", "right deltoid"] } else { ["left thigh", "right thigh"] };
            let site = if dose.vaccine.route == Route::Oral { Cell::Null } else { text(*visit.dice.pick(&sides)) };
            let cells = [
                int(patient.number),
                int(visit.clinic),
                int(visit.provider),
                text(dose.vaccine.cvx_code),
                day(visit.day),
                int(dose.number),
                text(dose.vaccine.lot(visit.day, visit.dice.below(3))),
                money(dose.vaccine.dose_cl),
                site,
                text(dose.vaccine.route.name()),
                next_due.map_or(Cell::Null, day),
            ];
            self.numbered(&schema::IMMUNIZATIONS, cells).await?;
        }
        if !visit.doses.is_empty() && visit.dice.chance(30) {
            self.invoice(patient, &mut visit).await?;
        }
        Ok(())
    }

    async fn appointment(&mut self, patient: &Patient, visit: &mut Visit) -> Result<(), DemoError> {
        let quarter = visit.dice.below(36);
        let starts_at = format!("{} {:02}:{:02}:00", visit.day, 8 + quarter / 4, quarter % 4 * 15);
        let cells = [
            int(patient.number),
            int(visit.clinic),
            int(visit.provider),
            text(starts_at),
            Cell::Int(if visit.dice.chance(80) { 15 } else { 30 }),
            text(visit.status),
        ];
        self.numbered(&schema::APPOINTMENTS, cells).await?;
        Ok(())
    }

    async fn invoice(&mut self, patient: &Patient, visit: &mut Visit) -> Result<(), DemoError> {
        let mut lines: Vec<(Cow<'static, str>, i64, i64)> = Vec::new();
        if visit.dice.chance(40) {
            lines.push(("Consultation".into(), 1, CONSULTATION));
        }
        for dose in &visit.doses {
            lines.push((format!("{} (dose)", dose.vaccine.name).into(), 1, dose.vaccine.price));
        }
        lines.push(("Giving of doses".into(), visit.doses.len() as i64, GIVING));

        let percent = *visit.dice.pick(&[0, 6, 6]);
        let subtotal: i64 = lines.iter().map(|(_, quantity, price)| quantity * price).sum();
        let tax = (subtotal * percent + 50) / 100;
        let total = subtotal + tax;
        let due = visit.day.checked_add_days(Days::new(30)).unwrap_or(visit.day);
        let (drawn, settled) = (visit.dice.below(100), if due < LAST_DAY { 96 } else { 50 });
        let paid = match drawn {
            _ if drawn < settled => total,
            _ if drawn % 2 == 0 => total / 2,
            _ => 0,
        };
        let status = match total - paid {
            0 => "paid",
            _ if due < LAST_DAY => "overdue",
            _ => "open",
        };
        let id = self.batches[index(&schema::INVOICES)].rows + 1;
        let cells = [
            text(format!("INV-{id:07}")),
            int(patient.number),
            int(visit.clinic),
            day(visit.day),
            day(due),
            text(status),
            text("USD"),
            money(subtotal),
            money(tax),
            money(total),
            money(paid),
            money(total - paid),
        ];
        self.numbered(&schema::INVOICES, cells).await?;
        for (number, (description, quantity, price)) in (1..).zip(lines) {
            let amount = money(quantity * price);
            let rate = money(percent * 100);
            let cells =
                [int(id), Cell::Int(number), text(description), Cell::Int(quantity), money(price), rate, amount];
            self.numbered(&schema::INVOICE_LINES, cells).await?;
        }
        Ok(())
    }

    /// Appointments of the two months to come.
    async fn bookings(&mut self, population: &Population, patients: u64) -> Result<(), DemoError> {
        for position in 0..patients {
            let patient = Patient::new(population.patient_at(0, position));
            let mut dice = Dice::new("booking", patient.number);
            if dice.chance(8) {
                let ahead = 1 + position * 60 / patients;
                let day = LAST_DAY.checked_add_days(Days::new(ahead)).unwrap_or(LAST_DAY);
                let provider = (patient.clinic - 1) * places::PROVIDERS + 1 + dice.below(places::PROVIDERS);
                let mut visit =
                    Visit { day, clinic: patient.clinic, provider, status: "booked", doses: Vec::new(), dice };
                self.appointment(&patient, &mut visit).await?;
            }
        }
        Ok(())
    }
}

fn index(table: &Table) -> usize {
    schema::TABLES.iter().position(|other| other.name == table.name).unwrap_or_default()
}

fn later(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(day)
}

fn int(number: impl Into<u64>) -> Cell {
    Cell::Int(number.into() as i64)
}

fn text(text: impl Into<Cow<'static, str>>) -> Cell {
    Cell::Text(text.into())
}

fn day(day: NaiveDate) -> Cell {
    Cell::Text(day.to_string().into())
}

/// Hundredths as a decimal.
fn money(hundredths: i64) -> Cell {
    Cell::Text(format!("{}.{:02}", hundredths / 100, hundredths % 100).into())
}
