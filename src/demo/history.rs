//! What happened to whom: who was born when, who came on which day and was given what.
//!
//! **Invariant:** anyone's history is worked out from their number alone, so that nothing is kept in memory and visits can
//! be told in the order of days although they belong to patients.
//!
//! The years fall into rounds of equal length. In each round every patient has one turn, in an order of that round's own;
//! turns are spread evenly over its days. Who was not born yet has none.

use chrono::{Days, NaiveDate};

use crate::demo::{
    places::{CLINICS, PROVIDERS, home_clinic},
    random::Dice,
    vaccines::{VACCINES, Vaccine},
};

/// The first day of the data.
pub(super) const FIRST_DAY: NaiveDate = date(2016, 1, 1);
/// The last day of the data, the demo's "today".
pub(super) const LAST_DAY: NaiveDate = date(2026, 6, 30);
/// The days from the first to the last, both included.
const DAYS: u64 = 3834;
/// How often everyone has a turn.
pub(super) const ROUNDS: u64 = 6;

const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// The facts about a patient on which their history rests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patient {
    pub(super) number: u64,
    pub(super) born: NaiveDate,
    pub(super) woman: bool,
    /// The number of the clinic they call theirs.
    pub(super) clinic: u64,
}

impl Patient {
    /// The patient with this number, from 1.
    pub(super) fn new(number: u64) -> Self {
        let mut dice = Dice::new("patient", number);
        let eras = [(date(1932, 1, 1), 28), (date(1966, 1, 1), 40), (date(1998, 1, 1), 20), (FIRST_DAY, 12)];
        let era = dice.weigh(eras.into_iter()).unwrap_or(FIRST_DAY);
        let length = match eras.iter().find(|(start, _)| *start > era) {
            Some((next, _)) => (*next - era).num_days(),
            None => (LAST_DAY - era).num_days() - 90,
        };
        let born = after(era, dice.below(length.unsigned_abs()));
        Self { number, born, woman: dice.chance(51), clinic: home_clinic(&mut dice) }
    }

    fn age_in_months(&self, day: NaiveDate) -> u32 {
        months(self.born, day)
    }
}

/// Whole months of 30.4 days.
fn months(from: NaiveDate, to: NaiveDate) -> u32 {
    ((to - from).num_days().max(0) * 10 / 304) as u32
}

/// A patient's turn in a round.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) day: NaiveDate,
    pub(super) clinic: u64,
    pub(super) provider: u64,
    pub(super) status: &'static str,
    /// None unless the appointment was kept.
    pub(super) doses: Vec<Dose>,
    /// More draws about this visit.
    pub(super) dice: Dice,
}

/// One vaccination.
#[derive(Debug, Clone)]
pub(super) struct Dose {
    pub(super) vaccine: &'static Vaccine,
    /// Counted in its series.
    pub(super) number: u32,
    /// Whether none of its series follows up to the last day.
    pub(super) newest: bool,
}

/// The doses of one series that someone has had.
struct Course {
    series: &'static str,
    doses: u32,
    last: NaiveDate,
}

/// Everyone, and the order of their turns.
pub(super) struct Population {
    size: u64,
    rounds: [Order; ROUNDS as usize],
}

/// The order of one round: the patient at position `p` is `(p * step + start) mod size`.
#[derive(Debug, Clone, Copy)]
struct Order {
    step: u64,
    /// The step's inverse: `step * back mod size` is 1.
    back: u64,
    start: u64,
}

impl Population {
    pub(super) fn new(size: u64) -> Self {
        let rounds = std::array::from_fn(|round| {
            let mut dice = Dice::new("round", round as u64);
            let wanted = size / 2 + dice.below(size / 3 + 1);
            let found = (wanted.max(1)..).find_map(|step| Some((step, inverse(step, size)?)));
            let (step, back) = found.unwrap_or((1, 1));
            Order { step, back, start: dice.below(size) }
        });
        Self { size, rounds }
    }

    /// The number of the patient whose turn it is.
    pub(super) fn patient_at(&self, round: u64, position: u64) -> u64 {
        let order = &self.rounds[round as usize];
        product(position, order.step, self.size, order.start) + 1
    }

    fn position_of(&self, round: u64, patient: u64) -> u64 {
        let order = &self.rounds[round as usize];
        product((patient - 1) + (self.size - order.start), order.back, self.size, 0)
    }

    /// The day of a turn.
    pub(super) fn day(&self, round: u64, position: u64) -> NaiveDate {
        let turn = u128::from(round * self.size + position);
        after(FIRST_DAY, (turn * u128::from(DAYS) / u128::from(ROUNDS * self.size)) as u64)
    }

    /// What happened at a patient's turn; `None` before they were born.
    pub(super) fn visit(&self, patient: &Patient, round: u64) -> Option<Visit> {
        let (mut courses, mut found) = (Vec::new(), None::<Visit>);
        for each in 0..ROUNDS {
            let day = self.day(each, self.position_of(each, patient.number));
            let visit = Visit::new(patient, each, day, &mut courses);
            match &mut found {
                Some(found) => found.look_ahead(visit),
                None if each == round => found = Some(visit?),
                None => {}
            }
        }
        found
    }
}

impl Visit {
    fn new(patient: &Patient, round: u64, day: NaiveDate, courses: &mut Vec<Course>) -> Option<Self> {
        if day < after(patient.born, 31) {
            return None;
        }
        let mut dice = Dice::new("visit", patient.number * ROUNDS + round);
        let status = dice.weigh([("kept", 88), ("missed", 6), ("cancelled", 6)].into_iter())?;
        let elsewhere = dice.chance(8);
        let clinic = if elsewhere { 1 + dice.below(CLINICS.len() as u64) } else { patient.clinic };
        let provider = (clinic - 1) * PROVIDERS + 1 + dice.below(PROVIDERS);
        let wanted = if status == "kept" { dice.weigh([(1, 84), (2, 13), (3, 3)].into_iter())? } else { 0 };
        let mut doses = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            doses.extend(give(&mut dice, day, patient.age_in_months(day), courses));
        }
        Some(Self { day, clinic, provider, status, doses, dice })
    }

    /// Takes note of a later visit.
    fn look_ahead(&mut self, later: Option<Self>) {
        for dose in later.iter().flat_map(|later| &later.doses) {
            let superseded = self.doses.iter_mut().filter(|own| own.vaccine.series == dose.vaccine.series);
            superseded.for_each(|own| own.newest = false);
        }
    }
}

/// Chooses a vaccine that fits and counts it.
fn give(dice: &mut Dice, day: NaiveDate, age: u32, courses: &mut Vec<Course>) -> Option<Dose> {
    let appeal = |vaccine: &'static Vaccine| {
        let course = courses.iter().find(|course| course.series == vaccine.series);
        let (given, since) = course.map_or((0, None), |course| (course.doses, Some(months(course.last, day))));
        (vaccine, vaccine.appeal(day, age, given, since))
    };
    let vaccine = dice.weigh(VACCINES.iter().map(appeal).collect::<Vec<_>>().into_iter())?;
    let number = match courses.iter_mut().find(|course| course.series == vaccine.series) {
        Some(course) => {
            course.doses += 1;
            course.last = day;
            course.doses
        }
        None => {
            courses.push(Course { series: vaccine.series, doses: 1, last: day });
            1
        }
    };
    Some(Dose { vaccine, number, newest: true })
}

/// `(a * b + c) mod size`.
fn product(a: u64, b: u64, size: u64, c: u64) -> u64 {
    ((u128::from(a) * u128::from(b) + u128::from(c)) % u128::from(size)) as u64
}

/// The number that multiplied by `step` leaves 1 modulo `size`, if they share no divisor (Euclid's algorithm).
fn inverse(step: u64, size: u64) -> Option<u64> {
    let modulus = i128::from(size);
    let (mut old, mut new) = ((i128::from(step), 1), (modulus, 0));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    (old.0 == 1).then(|| old.1.rem_euclid(modulus) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everyone_has_one_turn_in_each_round() {
        for size in [1, 2, 3, 7, 60, 1000] {
            let population = Population::new(size);
            for round in 0..ROUNDS {
                let turns: HashSet<u64> = (0..size).map(|position| population.patient_at(round, position)).collect();
                assert_eq!(turns, (1..=size).collect(), "{size}, round {round}");
                for position in 0..size {
                    assert_eq!(population.position_of(round, population.patient_at(round, position)), position);
                }
            }
        }
    }

    #[test]
    fn turns_spread_evenly_from_the_first_day_to_the_last() {
        let population = Population::new(10_000);
        assert_eq!(after(FIRST_DAY, DAYS - 1), LAST_DAY);
        assert_eq!(population.day(0, 0), FIRST_DAY);
        assert_eq!(population.day(ROUNDS - 1, 9_999), LAST_DAY);
        let days: Vec<NaiveDate> = (0..ROUNDS)
            .flat_map(|round| (0..10_000).map(move |position| (round, position)))
            .map(|(round, position)| population.day(round, position))
            .collect();
        assert!(days.is_sorted());
        for day in FIRST_DAY.iter_days().take_while(|day| *day <= LAST_DAY) {
            let turns = days.partition_point(|other| *other <= day) - days.partition_point(|other| *other < day);
            assert!((15..=16).contains(&turns), "{day}: {turns}");
        }
    }

    #[test]
    fn histories_are_plausible() {
        let population = Population::new(2_000);
        let mut doses = 0;
        for number in 1..=2_000 {
            let patient = Patient::new(number);
            let mut seen: Vec<Dose> = Vec::new();
            for round in 0..ROUNDS {
                let Some(visit) = population.visit(&patient, round) else { continue };
                assert!(visit.day > patient.born);
                assert_eq!((visit.provider - 1) / PROVIDERS + 1, visit.clinic);
                assert!(visit.status == "kept" || visit.doses.is_empty());
                for dose in visit.doses {
                    let before = seen.iter().filter(|other| other.vaccine.series == dose.vaccine.series);
                    assert!(before.clone().all(|other| !other.newest));
                    assert_eq!(dose.number as usize, before.count() + 1, "patient {number}, {}", dose.vaccine.name);
                    seen.push(dose);
                    doses += 1;
                }
            }
            for dose in seen.iter().filter(|dose| !dose.newest) {
                let newer = |other: &&Dose| other.newest && other.vaccine.series == dose.vaccine.series;
                assert_eq!(seen.iter().filter(newer).count(), 1, "patient {number}, {}", dose.vaccine.series);
            }
        }
        assert!((10_000..13_000).contains(&doses), "at least five for each: {doses}");
    }
}
