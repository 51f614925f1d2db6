//! Definitions read from real folders, and requests held against them.

mod asking;
mod faults;

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{Definition, FleetLimits, Library};

/// A jobs folder and a templates folder, written for one test.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        let shelf = Self(tempfile::tempdir().unwrap());
        shelf.put("templates/doses.html", "<p></p>");
        fs::create_dir(shelf.0.path().join("jobs")).unwrap();
        shelf
    }

    /// A shelf with the report `doses`: this `report.toml` and one SQL file.
    fn with(toml: &str, sql: &str) -> Self {
        let shelf = Self::new();
        shelf.put("jobs/doses/report.toml", toml);
        shelf.put("jobs/doses/lines.sql", sql);
        shelf
    }

    fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn load(&self) -> (Library, Vec<String>) {
        let at = |folder| self.0.path().join(folder);
        let (library, faults) = Library::load(&at("jobs"), &at("templates"), &FleetLimits::default());
        let folder = format!("{}/", self.0.path().display());
        (library, faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect())
    }

    fn faults(&self) -> String {
        self.load().1.iter().map(|fault| format!("{fault}\n")).collect()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// The definition of a report with these parameters, used by its SQL all at once.
fn definition(parameters: &str) -> Definition {
    let names = parameters.lines().filter_map(|line| line.strip_prefix("[parameters.")?.strip_suffix(']'));
    let binds: String = names.map(|name| format!(", :{name}")).collect();
    let toml = format!("title = \"Doses\"\ntime_zone = \"Europe/Berlin\"\n{parameters}\n[datasets.lines]\n");
    let (library, faults) = Shelf::with(&toml, &format!("SELECT 1{binds}")).load();
    assert_eq!(faults, Vec::<String>::new());
    Definition::clone(library.get("doses").unwrap())
}
