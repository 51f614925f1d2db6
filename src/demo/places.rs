//! The clinics and who works there.

use crate::demo::{
    names::{Name, name},
    random::Dice,
};

/// A clinic of the demo.
pub(super) struct Clinic {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    pub(super) city: &'static str,
    /// Of a hundred patients, how many call it theirs.
    pub(super) share: u64,
}

/// Providers of each clinic; the i-th clinic's have the numbers from `i * PROVIDERS + 1`.
pub(super) const PROVIDERS: u64 = 5;

pub(super) const CLINICS: [Clinic; 12] = [
    Clinic { name: "Hillside Family Clinic", address: "12 Orchard Lane", city: "Ashford", share: 18 },
    Clinic { name: "Harbour Street Clinic", address: "4 Harbour Street", city: "Port Elm", share: 14 },
    Clinic { name: "Riverbend Health Centre", address: "87 Mill Road", city: "Riverbend", share: 12 },
    Clinic { name: "Station Square Practice", address: "1 Station Square", city: "Ashford", share: 10 },
    Clinic { name: "Meadow Park Children's Clinic", address: "35 Meadow Park", city: "Lindenau", share: 9 },
    Clinic { name: "Old Town Surgery", address: "6 Cathedral Close", city: "Lindenau", share: 8 },
    Clinic { name: "Lakeview Medical Centre", address: "140 Lakeview Drive", city: "Saint-Rémy", share: 7 },
    Clinic { name: "Northgate Clinic", address: "22 Northgate", city: "Port Elm", share: 6 },
    Clinic { name: "University Travel Clinic", address: "9 College Green", city: "Ashford", share: 5 },
    Clinic { name: "Eastfield Community Practice", address: "51 Eastfield Avenue", city: "Żabno", share: 4 },
    Clinic { name: "Bridge Lane Surgery", address: "3 Bridge Lane", city: "Riverbend", share: 4 },
    Clinic { name: "Island Outreach Clinic", address: "Pier 2", city: "Saint-Rémy", share: 3 },
];

const STREETS: [&str; 12] = [
    "Linden Road",
    "Orchard Lane",
    "Mill Road",
    "Queen Street",
    "Rue des Érables",
    "Church Street",
    "Garden Row",
    "Øster Allé",
    "Market Place",
    "Park Avenue",
    "Birch Close",
    "Canal Walk",
];
const CREDENTIALS: [&str; 5] = ["MD", "RN", "NP", "PharmD", "MD"];

/// The number of a clinic, by its share of patients.
pub(super) fn home_clinic(dice: &mut Dice) -> u64 {
    dice.weigh((1..).zip(&CLINICS).map(|(number, clinic)| (number, clinic.share))).unwrap_or(1)
}

/// Somewhere to live.
pub(super) fn address(dice: &mut Dice) -> String {
    let street = *dice.pick(&STREETS);
    format!("{} {street}", 1 + dice.below(180))
}

/// A telephone number from a range that is kept for invented ones.
pub(super) fn phone(dice: &mut Dice) -> String {
    format!("+1 {} 555 01{:02}", 201 + dice.below(780), dice.below(100))
}

/// Who works under this number: name and credential.
pub(super) fn provider(number: u64) -> (Name, &'static str) {
    let mut dice = Dice::new("provider", number);
    let woman = dice.chance(55);
    (name(&mut dice, woman), *dice.pick(&CREDENTIALS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_a_hundred() {
        assert_eq!(CLINICS.iter().map(|clinic| clinic.share).sum::<u64>(), 100);
    }
}
