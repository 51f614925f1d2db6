//! One definition's folder: `report.toml`, its SQL files, and whether they fit together.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use crate::{
    artifact::Digest,
    fault::{Fault, Place, Severity, nearest},
    job::ReportName,
    report::{
        Dataset, Definition, FleetLimits,
        files::{is_there, read_text, unreadable, within},
        resolve::RESERVED,
        written::{self, Written, sheet::Sheet},
    },
    sql::Statement,
};

/// The words that a reading statement can begin with.
const READING: [&str; 4] = ["select", "with", "values", "table"];

/// Reads and checks a definition; `None` if an error was found.
pub(super) fn read(
    name: &ReportName,
    folder: &Path,
    templates: &Path,
    fleet: &FleetLimits,
) -> (Option<Definition>, Vec<Fault>) {
    let file = folder.join("report.toml");
    let text = match read_text(&file, folder) {
        Ok(text) => text,
        Err(fault) if fault.help.is_none() => {
            return (None, vec![fault.help("each report's folder has a report.toml")]);
        }
        Err(fault) => return (None, vec![fault]),
    };
    let sheet = Sheet::new(&file, &text);
    let Some(written) = written::read(&sheet, &text, name, fleet) else { return (None, sheet.into_faults()) };
    let mut sql_faults = Vec::new();
    let datasets = datasets(&written, folder, &sheet, &mut sql_faults);
    let template = template(&written, templates, &sheet);
    sql_faults.extend(stray_sql(&written, folder));
    let good = sheet.is_good() && sql_faults.iter().all(|fault| fault.severity == Severity::Warning);
    if good {
        // Only then could all the places be read in which a parameter may be used.
        note_unused(&written, &datasets, template.as_deref(), &sheet);
    }
    let mut faults = sheet.into_faults();
    faults.append(&mut sql_faults);
    (good.then(|| definition(name, written, datasets, &text, folder)), faults)
}

/// A dataset and the SQL text that it was read from.
type Read = (Dataset, String);

fn datasets(written: &Written, folder: &Path, sheet: &Sheet<'_>, faults: &mut Vec<Fault>) -> Vec<Read> {
    let mut datasets = Vec::new();
    for dataset in &written.datasets {
        let name = &dataset.name.value;
        let file = folder.join(format!("{name}.sql"));
        if !is_there(&file) {
            let fault = Fault::new(format!("the dataset `{name}` has no file {name}.sql"));
            let others = sql_files(folder).unwrap_or_default();
            let stems = others.iter().filter_map(|file| file.file_stem()?.to_str());
            let help = match nearest(name, stems) {
                Some(near) => format!("there is a file {near}.sql; did you mean that?"),
                None => "write its SELECT statement into that file, beside report.toml".to_owned(),
            };
            sheet.note(dataset.name.offset, fault.help(help));
            continue;
        }
        let read = read_text(&file, folder).and_then(|text| {
            Statement::parse(&text).map(|statement| (statement, text)).map_err(|fault| fault.in_file(&file))
        });
        match read {
            Ok((statement, text)) => {
                faults.extend(check_statement(&statement, &text, written, &file));
                let (name, one) = (name.clone(), dataset.one);
                datasets.push((Dataset { name, statement: Arc::new(statement), one, file }, text));
            }
            Err(fault) => faults.push(fault),
        }
    }
    datasets
}

/// Checks that a statement reads and that each of its `:name`s is known.
fn check_statement(statement: &Statement, text: &str, written: &Written, file: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    let bare = statement.positional(&[]);
    let first = bare.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let word = first.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if !READING.contains(&word.to_ascii_lowercase().as_str()) {
        let offset = text.find(first.lines().next().unwrap_or_default()).unwrap_or_default();
        let fault = Fault::new("a dataset only reads: its statement begins with SELECT or WITH");
        faults.push(fault.in_file(file).at(Place::at(text, offset)));
    }
    let known = || written.parameter_names.iter().map(|name| &*name.value).chain(RESERVED);
    for bind in statement.binds() {
        if known().all(|name| *name != *bind.name) {
            let help = match nearest(&bind.name, known()) {
                Some(near) => format!("did you mean `:{near}`?"),
                None => format!("declare it in report.toml as [parameters.{}]", bind.name),
            };
            let fault = Fault::new(format!("`:{}` is no parameter of this report", bind.name));
            faults.push(fault.in_file(file).at(bind.place).help(help));
        }
    }
    faults
}

/// Warns of SQL files that no dataset names.
fn stray_sql(written: &Written, folder: &Path) -> Vec<Fault> {
    let files = match sql_files(folder) {
        Ok(files) => files,
        Err(fault) => return vec![fault],
    };
    let named: HashSet<String> = written.datasets.iter().map(|dataset| format!("{}.sql", dataset.name.value)).collect();
    let is_stray = |file: &PathBuf| file.file_name().and_then(|name| name.to_str()).is_none_or(|n| !named.contains(n));
    let warn = |file: PathBuf| {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let fault = Fault::new("no dataset of report.toml names this file");
        fault.in_file(file).help(format!("add [datasets.{stem}] to it, or delete the file")).warning()
    };
    files.into_iter().filter(is_stray).map(warn).collect()
}

fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let entries = folder.read_dir().map_err(|error| unreadable(folder, &error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    Ok(files)
}

/// The template's text, if it can be read.
fn template(written: &Written, templates: &Path, sheet: &Sheet<'_>) -> Option<String> {
    let file = templates.join(&written.template.value);
    if let Err(fault) = within(&file, templates) {
        let fault = Fault::new(format!("the template {} can't be used: {}", written.template.value, fault.message));
        let help = format!("write it, or name another: template = \"…\" (looked for in {})", templates.display());
        sheet.note(written.template.offset, fault.help(help));
        return None;
    }
    // What a template holds is checked where templates are understood.
    read_text(&file, templates).ok()
}

/// Warns of parameters that change nothing.
fn note_unused(written: &Written, datasets: &[Read], template: Option<&str>, sheet: &Sheet<'_>) {
    let in_sql: HashSet<&str> =
        datasets.iter().flat_map(|(dataset, _)| dataset.statement.binds()).map(|bind| &*bind.name).collect();
    let in_file_name: HashSet<&str> = written.file_name.parameters().collect();
    for name in &written.parameter_names {
        let shown = template.is_some_and(|template| template.contains(&*name.value));
        if !in_sql.contains(&*name.value) && !in_file_name.contains(&*name.value) && !shown {
            let fault = Fault::new(format!("the parameter `{}` changes nothing: it is used nowhere", name.value));
            let help = format!("use it as `:{}` in a SQL file, or remove it", name.value);
            sheet.note(name.offset, fault.help(help).warning());
        }
    }
}

fn definition(
    name: &ReportName,
    written: Written,
    datasets: Vec<Read>,
    report_toml: &str,
    folder: &Path,
) -> Definition {
    Definition {
        name: name.clone(),
        title: written.title,
        description: written.description,
        parameters: written.parameters,
        digest: digest(report_toml, &datasets),
        datasets: datasets.into_iter().map(|(dataset, _)| dataset).collect(),
        template: written.template.value,
        limits: written.limits,
        retention: written.retention,
        lane: written.lane,
        access: written.access,
        time_zone: written.time_zone,
        language: written.language,
        conformance: written.conformance,
        retry: written.retry,
        slots: written.slots,
        running: written.running,
        schedules: written.schedules,
        file_name: written.file_name,
        folder: folder.to_owned(),
    }
}

/// Over each file's name, length and text, so that text moved from one file to another is another definition.
fn digest(report_toml: &str, datasets: &[Read]) -> Digest {
    let mut hash = Sha256::new();
    let mut add = |name: &str, text: &str| {
        hash.update(format!("{name}\0{}\0", text.len()));
        hash.update(text);
    };
    add("report.toml", report_toml);
    for (dataset, text) in datasets {
        add(&dataset.name, text);
    }
    Digest::from_bytes(hash.finalize())
}
