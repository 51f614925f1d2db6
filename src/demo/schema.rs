//! The demo clinic's tables.
//!
//! **Invariant:** types and clauses that MySQL, MariaDB and SQLite all know; where they differ, [`Dialect`] says how.

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    MySql,
    Sqlite,
}

/// A table. Its first column is its primary key.
#[derive(Debug, PartialEq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Names and types.
    pub(super) columns: &'static [(&'static str, &'static str)],
    /// Columns that name a row of another table.
    references: &'static [(&'static str, &'static str)],
    /// Columns of each index, separated by commas.
    indexes: &'static [&'static str],
    /// Columns of each unique index.
    unique: &'static [&'static str],
}

/// Says that the tables are the demo's and whether loading came to its end.
pub(super) const MARKER: Table = Table {
    name: "demo_clinic",
    columns: &[("format", "INTEGER NOT NULL"), ("patients", "INTEGER NOT NULL"), ("complete", "BOOLEAN NOT NULL")],
    references: &[],
    indexes: &[],
    unique: &[],
};

pub(super) const CALENDAR_MONTHS: Table = Table {
    name: "calendar_months",
    columns: &[("month", "CHAR(7) NOT NULL"), ("first_day", "DATE NOT NULL"), ("next_first_day", "DATE NOT NULL")],
    references: &[],
    indexes: &[],
    unique: &[],
};

pub(super) const CLINICS: Table = Table {
    name: "clinics",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("name", "VARCHAR(80) NOT NULL"),
        ("address", "VARCHAR(80) NOT NULL"),
        ("city", "VARCHAR(60) NOT NULL"),
        ("phone", "VARCHAR(24) NOT NULL"),
    ],
    references: &[],
    indexes: &[],
    unique: &["name"],
};

pub(super) const PROVIDERS: Table = Table {
    name: "providers",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("given_name", "VARCHAR(60) NOT NULL"),
        ("family_name", "VARCHAR(60) NOT NULL"),
        ("credential", "VARCHAR(12) NOT NULL"),
    ],
    references: &[("clinic_id", "clinics")],
    indexes: &["clinic_id"],
    unique: &[],
};

pub(super) const VACCINES: Table = Table {
    name: "vaccines",
    columns: &[
        ("cvx_code", "VARCHAR(4) NOT NULL"),
        ("name", "VARCHAR(80) NOT NULL"),
        ("short_name", "VARCHAR(24) NOT NULL"),
        ("series", "VARCHAR(24) NOT NULL"),
        ("recall_months", "INTEGER"),
    ],
    references: &[],
    indexes: &["series"],
    unique: &[],
};

pub(super) const PATIENTS: Table = Table {
    name: "patients",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("chart_number", "VARCHAR(16) NOT NULL"),
        ("given_name", "VARCHAR(60) NOT NULL"),
        ("family_name", "VARCHAR(60) NOT NULL"),
        ("birth_date", "DATE NOT NULL"),
        ("sex", "CHAR(1) NOT NULL"),
        ("language", "VARCHAR(8) NOT NULL"),
        ("phone", "VARCHAR(24)"),
        ("email", "VARCHAR(80)"),
        ("address", "VARCHAR(80) NOT NULL"),
        ("city", "VARCHAR(60) NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("registered_on", "DATE NOT NULL"),
        ("reminders", "BOOLEAN NOT NULL"),
    ],
    references: &[("clinic_id", "clinics")],
    indexes: &["clinic_id"],
    unique: &["chart_number"],
};

pub(super) const VACCINE_STOCK: Table = Table {
    name: "vaccine_stock",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("cvx_code", "VARCHAR(4) NOT NULL"),
        ("lot_number", "VARCHAR(16) NOT NULL"),
        ("expires_on", "DATE NOT NULL"),
        ("doses_on_hand", "INTEGER NOT NULL"),
        ("unit_cost", "DECIMAL(10,2) NOT NULL"),
        ("stock_value", "DECIMAL(12,2) NOT NULL"),
    ],
    references: &[("clinic_id", "clinics"), ("cvx_code", "vaccines")],
    indexes: &["clinic_id, expires_on", "cvx_code"],
    unique: &[],
};

pub(super) const APPOINTMENTS: Table = Table {
    name: "appointments",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("patient_id", "INTEGER NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("provider_id", "INTEGER NOT NULL"),
        ("starts_at", "DATETIME NOT NULL"),
        ("minutes", "INTEGER NOT NULL"),
        ("status", "VARCHAR(12) NOT NULL"),
    ],
    references: &[("patient_id", "patients"), ("clinic_id", "clinics"), ("provider_id", "providers")],
    indexes: &["starts_at", "patient_id", "clinic_id", "provider_id"],
    unique: &[],
};

pub(super) const IMMUNIZATIONS: Table = Table {
    name: "immunizations",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("patient_id", "INTEGER NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("provider_id", "INTEGER NOT NULL"),
        ("cvx_code", "VARCHAR(4) NOT NULL"),
        ("given_on", "DATE NOT NULL"),
        ("dose_number", "INTEGER NOT NULL"),
        ("lot_number", "VARCHAR(16) NOT NULL"),
        ("dose_ml", "DECIMAL(4,2) NOT NULL"),
        ("site", "VARCHAR(20)"),
        ("route", "VARCHAR(20) NOT NULL"),
        ("next_due_on", "DATE"),
    ],
    references: &[
        ("patient_id", "patients"),
        ("clinic_id", "clinics"),
        ("provider_id", "providers"),
        ("cvx_code", "vaccines"),
    ],
    // The first holds all that a list of doses needs, so that any range of days is read in order from the index alone.
    indexes: &[
        "given_on, id, patient_id, clinic_id, cvx_code, lot_number",
        "patient_id",
        "next_due_on",
        "clinic_id",
        "provider_id",
        "cvx_code",
    ],
    unique: &[],
};

pub(super) const INVOICES: Table = Table {
    name: "invoices",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("invoice_number", "VARCHAR(16) NOT NULL"),
        ("patient_id", "INTEGER NOT NULL"),
        ("clinic_id", "INTEGER NOT NULL"),
        ("issued_on", "DATE NOT NULL"),
        ("due_on", "DATE NOT NULL"),
        ("status", "VARCHAR(12) NOT NULL"),
        ("currency", "CHAR(3) NOT NULL"),
        ("subtotal", "DECIMAL(10,2) NOT NULL"),
        ("tax", "DECIMAL(10,2) NOT NULL"),
        ("total", "DECIMAL(10,2) NOT NULL"),
        ("paid", "DECIMAL(10,2) NOT NULL"),
        ("balance", "DECIMAL(10,2) NOT NULL"),
    ],
    references: &[("patient_id", "patients"), ("clinic_id", "clinics")],
    indexes: &["patient_id", "clinic_id", "issued_on"],
    unique: &["invoice_number"],
};

pub(super) const INVOICE_LINES: Table = Table {
    name: "invoice_lines",
    columns: &[
        ("id", "INTEGER NOT NULL"),
        ("invoice_id", "INTEGER NOT NULL"),
        ("line_number", "INTEGER NOT NULL"),
        ("description", "VARCHAR(100) NOT NULL"),
        ("quantity", "INTEGER NOT NULL"),
        ("unit_price", "DECIMAL(10,2) NOT NULL"),
        ("tax_rate", "DECIMAL(5,2) NOT NULL"),
        ("amount", "DECIMAL(10,2) NOT NULL"),
    ],
    references: &[("invoice_id", "invoices")],
    indexes: &[],
    unique: &["invoice_id, line_number"],
};

/// All tables but the marker, referenced ones before those that refer to them.
pub(super) const TABLES: [&Table; 10] = [
    &CALENDAR_MONTHS,
    &CLINICS,
    &PROVIDERS,
    &VACCINES,
    &PATIENTS,
    &VACCINE_STOCK,
    &APPOINTMENTS,
    &IMMUNIZATIONS,
    &INVOICES,
    &INVOICE_LINES,
];

impl Table {
    /// Creates the table. SQLite can't add references later; MySQL gets them when all rows are in, which is faster.
    pub(super) fn create(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().map(|(name, kind)| format!("{name} {kind}"));
        let primary = std::iter::once(format!("PRIMARY KEY ({})", self.columns[0].0));
        let references: Vec<String> =
            if dialect == Dialect::Sqlite { self.foreign_keys().collect() } else { Vec::new() };
        let body: Vec<String> = columns.chain(primary).chain(references).collect();
        // A binary collation, so that both databases order texts alike.
        let options = match dialect {
            Dialect::MySql => " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            Dialect::Sqlite => "",
        };
        format!("CREATE TABLE {} ({}){options}", self.name, body.join(", "))
    }

    /// What follows when the rows are in.
    pub(super) fn finish(&self, dialect: Dialect) -> Vec<String> {
        let indexes = self.indexes.iter().map(|columns| ("INDEX", *columns));
        let indexes = indexes.chain(self.unique.iter().map(|columns| ("UNIQUE INDEX", *columns)));
        let named = indexes.map(|(kind, columns)| {
            let first = columns.split(',').next().unwrap_or(columns);
            (kind, format!("{}_by_{first}", self.name), columns)
        });
        match dialect {
            Dialect::Sqlite => named
                .map(|(kind, name, columns)| format!("CREATE {kind} {name} ON {} ({columns})", self.name))
                .collect(),
            Dialect::MySql => {
                let indexes = named.map(|(kind, name, columns)| format!("ADD {kind} {name} ({columns})"));
                let keys = self.foreign_keys().map(|key| format!("ADD {key}"));
                let changes: Vec<String> = indexes.chain(keys).collect();
                if changes.is_empty() {
                    return Vec::new();
                }
                vec![format!("ALTER TABLE {} {}", self.name, changes.join(", "))]
            }
        }
    }

    fn foreign_keys(&self) -> impl Iterator<Item = String> {
        self.references.iter().map(|(column, table)| {
            let key = if *table == VACCINES.name { "cvx_code" } else { "id" };
            format!("FOREIGN KEY ({column}) REFERENCES {table} ({key})")
        })
    }

    /// An INSERT of so many rows.
    pub(super) fn insert(&self, rows: usize) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let row = format!("({})", vec!["?"; names.len()].join(", "));
        format!("INSERT INTO {} ({}) VALUES {}", self.name, names.join(", "), vec![row.as_str(); rows].join(", "))
    }
}
