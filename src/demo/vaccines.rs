//! Vaccines by their CVX codes, and whom they are for.
//!
//! Codes and meanings are of the CVX code set of the United States' Centers for Disease Control and Prevention; names are
//! shortened. Ages, periods and doses are roughly those of its schedules: plausible for a demo, no medical advice.

use chrono::{Datelike, Months, NaiveDate};

use crate::demo::random::Dice;

/// A vaccine and the rules by which the demo gives it.
#[derive(Debug, PartialEq)]
pub(super) struct Vaccine {
    pub(super) cvx_code: &'static str,
    pub(super) name: &'static str,
    pub(super) short_name: &'static str,
    /// What it protects against; doses are counted in it.
    pub(super) series: &'static str,
    /// First and last year and month, as `202012`, in which it is given.
    period: (u32, u32),
    /// Youngest and oldest age in months.
    ages: (u32, u32),
    /// The most doses of its series by this vaccine's rule.
    most: u32,
    /// Months between two doses of its series.
    interval: u32,
    /// Months after which the next one is due, for those that people are called back for.
    pub(super) recall: Option<u32>,
    /// How often it is chosen among those that fit.
    weight: u64,
    /// Hundredths of a millilitre.
    pub(super) dose_cl: i64,
    pub(super) route: Route,
    /// Cents.
    pub(super) price: i64,
}

/// How a vaccine enters the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Intramuscular,
    Subcutaneous,
    Oral,
}

impl Route {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Intramuscular => "intramuscular",
            Self::Subcutaneous => "subcutaneous",
            Self::Oral => "oral",
        }
    }
}

impl Vaccine {
    /// How readily it is given to someone of this age on this day who had `given` doses of its series, the last one
    /// `since` months ago; 0 if not at all.
    pub(super) fn appeal(&self, day: NaiveDate, age: u32, given: u32, since: Option<u32>) -> u64 {
        let month = day.year() as u32 * 100 + day.month();
        let fits = (self.period.0..=self.period.1).contains(&month)
            && (self.ages.0..=self.ages.1).contains(&age)
            && given < self.most
            && since.is_none_or(|since| since >= self.interval);
        let in_season = self.series == "Influenza" && !(3..=8).contains(&day.month());
        match (fits, in_season) {
            (false, _) => 0,
            (true, true) => self.weight * 3,
            (true, false) => self.weight,
        }
    }

    /// When its series is due again.
    pub(super) fn next_due(&self, given_on: NaiveDate) -> Option<NaiveDate> {
        given_on.checked_add_months(Months::new(self.recall?))
    }

    /// One of the lots that were in use on this day: made in the quarter before it, a few to choose from.
    pub(super) fn lot(&self, day: NaiveDate, choice: u64) -> String {
        let made = day.checked_sub_months(Months::new(3)).unwrap_or(day);
        let quarter = (made.month0() / 3) as usize;
        let letters: String = self.series.chars().filter(char::is_ascii_alphabetic).take(2).collect();
        let key = u64::from(made.year() as u32) * 10_000 + quarter as u64 * 1_000 + choice;
        let number = Dice::new(self.cvx_code, key).below(10_000);
        let letter = ["A", "B", "C", "D"][quarter];
        format!("{}{:02}{letter}-{number:04}", letters.to_uppercase(), made.year() % 100)
    }

    /// Whether it is given in this month.
    pub(super) fn is_in_use(&self, day: NaiveDate) -> bool {
        let month = day.year() as u32 * 100 + day.month();
        (self.period.0..=self.period.1).contains(&month)
    }
}

const ALWAYS: (u32, u32) = (0, 999_999);
const YEAR: u32 = 12;
const LIFE: u32 = 1500;

macro_rules! vaccines {
    ($($code:literal $short:literal $name:literal $series:literal $period:expr, $ages:expr, $most:literal every $interval:literal
       $(recall $recall:literal)?, weight $weight:literal, $cl:literal $route:ident $price:literal;)*) => {
        [$(Vaccine {
            cvx_code: $code, name: $name, short_name: $short, series: $series, period: $period, ages: $ages, most: $most,
            interval: $interval, recall: [$(Some($recall),)? None][0], weight: $weight, dose_cl: $cl, route: Route::$route,
            price: $price,
        }),*]
    };
}

#[rustfmt::skip]
pub(super) const VACCINES: [Vaccine; 36] = vaccines![
    "08" "HepB ped" "Hepatitis B, pediatric or adolescent" "Hepatitis B" ALWAYS, (0, 19 * YEAR), 3 every 1, weight 30, 50 Intramuscular 2550;
    "43" "HepB adult" "Hepatitis B, adult" "Hepatitis B" ALWAYS, (20 * YEAR, LIFE), 3 every 1, weight 14, 100 Intramuscular 6480;
    "189" "HepB-CpG" "Hepatitis B, CpG adjuvanted" "Hepatitis B" (201801, 999_999), (18 * YEAR, LIFE), 2 every 1, weight 6, 50 Intramuscular 13200;
    "116" "RV5" "Rotavirus, pentavalent" "Rotavirus" ALWAYS, (1, 8), 3 every 1, weight 30, 200 Oral 8825;
    "119" "RV1" "Rotavirus, monovalent" "Rotavirus" ALWAYS, (1, 8), 2 every 1, weight 15, 150 Oral 12340;
    "20" "DTaP" "Diphtheria, tetanus and acellular pertussis (DTaP)" "DTaP" ALWAYS, (2, 6 * YEAR), 5 every 1, weight 40, 50 Intramuscular 2960;
    "110" "DTaP-HepB-IPV" "DTaP, hepatitis B and polio combined" "DTaP" ALWAYS, (2, 4 * YEAR), 3 every 1, weight 30, 50 Intramuscular 8210;
    "120" "DTaP-Hib-IPV" "DTaP, Hib and polio combined" "DTaP" ALWAYS, (2, 4 * YEAR), 4 every 1, weight 20, 50 Intramuscular 9820;
    "48" "Hib PRP-T" "Haemophilus influenzae type b (PRP-T)" "Hib" ALWAYS, (2, 5 * YEAR), 4 every 1, weight 25, 50 Intramuscular 2930;
    "10" "IPV" "Polio, inactivated" "Polio" ALWAYS, (2, 18 * YEAR), 4 every 1, weight 25, 50 Intramuscular 3650;
    "133" "PCV13" "Pneumococcal conjugate, 13-valent" "Pneumococcal" (0, 202_207), (2, LIFE), 2 every 2, weight 14, 50 Intramuscular 20200;
    "216" "PCV20" "Pneumococcal conjugate, 20-valent" "Pneumococcal" (202_107, 999_999), (50 * YEAR, LIFE), 2 every 12, weight 18, 50 Intramuscular 24950;
    "33" "PPSV23" "Pneumococcal polysaccharide, 23-valent" "Pneumococcal" ALWAYS, (65 * YEAR, LIFE), 3 every 12, weight 8, 50 Intramuscular 11760;
    "03" "MMR" "Measles, mumps and rubella (MMR)" "MMR" ALWAYS, (YEAR, LIFE), 2 every 1, weight 12, 50 Subcutaneous 7868;
    "94" "MMRV" "Measles, mumps, rubella and varicella (MMRV)" "MMR" ALWAYS, (YEAR, 12 * YEAR), 2 every 3, weight 12, 50 Subcutaneous 22540;
    "21" "Varicella" "Varicella" "Varicella" ALWAYS, (YEAR, 50 * YEAR), 2 every 3, weight 10, 50 Subcutaneous 13610;
    "83" "HepA ped" "Hepatitis A, pediatric or adolescent, two doses" "Hepatitis A" ALWAYS, (YEAR, 18 * YEAR), 2 every 6, weight 16, 50 Intramuscular 3380;
    "52" "HepA adult" "Hepatitis A, adult" "Hepatitis A" ALWAYS, (19 * YEAR, LIFE), 2 every 6, weight 10, 100 Intramuscular 7120;
    "165" "HPV9" "Human papillomavirus, 9-valent" "HPV" ALWAYS, (9 * YEAR, 27 * YEAR), 3 every 2, weight 40, 50 Intramuscular 26870;
    "114" "MenACWY" "Meningococcal A, C, W and Y (MCV4P)" "Meningococcal ACWY" ALWAYS, (11 * YEAR, 22 * YEAR), 2 every 36, weight 30, 50 Intramuscular 13070;
    "162" "MenB-FHbp" "Meningococcal B, recombinant (FHbp)" "Meningococcal B" ALWAYS, (16 * YEAR, 24 * YEAR), 2 every 6, weight 18, 50 Intramuscular 16730;
    "115" "Tdap" "Tetanus, diphtheria and acellular pertussis (Tdap)" "Tetanus" ALWAYS, (10 * YEAR, LIFE), 9 every 108 recall 120, weight 40, 50 Intramuscular 4123;
    "113" "Td adult" "Tetanus and diphtheria, adult" "Tetanus" ALWAYS, (10 * YEAR, LIFE), 9 every 108 recall 120, weight 14, 50 Intramuscular 2630;
    "158" "IIV4" "Influenza, split virus, quadrivalent, preservative" "Influenza" (0, 202_406), (6, LIFE), 99 every 10 recall 12, weight 60, 50 Intramuscular 1890;
    "150" "IIV4 PF" "Influenza, split virus, quadrivalent, preservative free" "Influenza" (0, 202_406), (6, LIFE), 99 every 10 recall 12, weight 40, 50 Intramuscular 1940;
    "197" "IIV4 HD" "Influenza, high-dose, quadrivalent, preservative free" "Influenza" (202_007, 202_406), (65 * YEAR, LIFE), 99 every 10 recall 12, weight 80, 70 Intramuscular 6490;
    "141" "IIV3" "Influenza, split virus, trivalent, preservative" "Influenza" (202_407, 999_999), (6, LIFE), 99 every 10 recall 12, weight 55, 50 Intramuscular 1910;
    "140" "IIV3 PF" "Influenza, split virus, trivalent, preservative free" "Influenza" (202_407, 999_999), (6, LIFE), 99 every 10 recall 12, weight 45, 50 Intramuscular 1985;
    "208" "COVID-19 30 mcg" "COVID-19, mRNA, 30 mcg/0.3 mL" "COVID-19" (202_012, 202_208), (12 * YEAR, LIFE), 99 every 1 recall 12, weight 120, 30 Intramuscular 0;
    "207" "COVID-19 100 mcg" "COVID-19, mRNA, 100 mcg/0.5 mL" "COVID-19" (202_012, 202_208), (18 * YEAR, LIFE), 99 every 1 recall 12, weight 60, 50 Intramuscular 0;
    "300" "COVID-19 bivalent" "COVID-19, mRNA, bivalent, 30 mcg/0.3 mL" "COVID-19" (202_209, 202_308), (12 * YEAR, LIFE), 99 every 6 recall 12, weight 80, 30 Intramuscular 0;
    "309" "COVID-19 tris 30 mcg" "COVID-19, mRNA, tris-sucrose, 30 mcg/0.3 mL" "COVID-19" (202_309, 999_999), (12 * YEAR, LIFE), 99 every 6 recall 12, weight 60, 30 Intramuscular 13690;
    "187" "Zoster" "Zoster, recombinant" "Zoster" (201_711, 999_999), (50 * YEAR, LIFE), 2 every 2, weight 26, 50 Intramuscular 18340;
    "101" "Typhoid Vi" "Typhoid Vi capsular polysaccharide" "Typhoid" ALWAYS, (2 * YEAR, LIFE), 4 every 24, weight 5, 50 Intramuscular 10120;
    "37" "Yellow fever" "Yellow fever, live" "Yellow fever" ALWAYS, (9, 70 * YEAR), 1 every 1, weight 4, 50 Subcutaneous 14250;
    "305" "RSV bivalent" "Respiratory syncytial virus, bivalent" "RSV" (202_306, 999_999), (60 * YEAR, LIFE), 1 every 1, weight 24, 50 Intramuscular 29500;
];

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn codes_are_unique_and_columns_hold_them() {
        let mut codes: Vec<_> = VACCINES.iter().map(|vaccine| vaccine.cvx_code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), VACCINES.len());
        for vaccine in &VACCINES {
            assert!(vaccine.name.len() <= 80 && vaccine.short_name.len() <= 24 && vaccine.series.len() <= 24);
        }
    }

    #[test]
    fn rules_hold() {
        let vaccine = |code| VACCINES.iter().find(|vaccine| vaccine.cvx_code == code).unwrap();
        assert_eq!(vaccine("208").appeal(day("2020-11-30"), 480, 0, None), 0, "before it existed");
        assert!(vaccine("208").appeal(day("2021-01-05"), 480, 0, None) > 0);
        assert_eq!(vaccine("03").appeal(day("2021-01-05"), 480, 2, Some(99)), 0, "two are enough");
        assert_eq!(vaccine("141").appeal(day("2025-01-05"), 480, 5, Some(9)), 0, "too soon");
        assert_eq!(vaccine("141").next_due(day("2024-10-31")), Some(day("2025-10-31")));
        assert_eq!(vaccine("03").next_due(day("2024-10-31")), None);
    }

    #[test]
    fn an_adult_can_be_given_something_on_any_day() {
        for date in day("2016-01-01").iter_days().take_while(|date| *date <= day("2026-06-30")) {
            for age in [8, 5 * YEAR, 30 * YEAR, 90 * YEAR] {
                let appeal: u64 = VACCINES.iter().map(|vaccine| vaccine.appeal(date, age, 0, None)).sum();
                assert!(appeal > 0, "{date}, {age} months");
            }
        }
    }

    #[test]
    fn a_lot_tells_when_it_was_made() {
        let flu = &VACCINES[26];
        assert!(flu.lot(day("2026-01-15"), 0).starts_with("IN25D-"), "{}", flu.lot(day("2026-01-15"), 0));
        assert_eq!(flu.lot(day("2026-01-15"), 1), flu.lot(day("2026-03-31"), 1));
        assert_ne!(flu.lot(day("2026-01-15"), 0), flu.lot(day("2026-01-15"), 1));
    }
}
