//! SQL text with named parameters, split once into what is text and what is bound.
//!
//! **Invariant:** never sees a value; what comes out has a `?` wherever one will be bound.
//!
//! What MySQL, MariaDB and SQLite read differently is a fault here, so that no server decides what a text means.

use std::{ops::Range, sync::Arc};

use crate::fault::{Fault, Place};

/// One SQL query with named parameters such as `:from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    text: String,
    pieces: Vec<Piece>,
    binds: Vec<Bind>,
}

/// One use of a named parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The name, without the colon.
    pub name: Arc<str>,
    /// Where it stands.
    pub place: Place,
}

/// A stretch of the file, by what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Sent as it is.
    Text(Range<usize>),
    /// Left out; its line ends stay, so that a server's line numbers are the file's.
    Comment(Range<usize>),
    /// Replaced by `?`; the index is that of the bind.
    Bind(Range<usize>, usize),
}

impl Statement {
    /// Splits SQL at its named parameters.
    ///
    /// A colon within strings (`'…'`, `"…"`), backticks, comments (`-- …`, `# …`, `/* … */`) or doubled (`::`) is text.
    /// Refuses positional `?`, unterminated strings and comments, more than one statement, anything but a query, and
    /// an empty text, each with its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Lexer { text, at: 0, start: 0, pieces: Vec::new(), binds: Vec::new(), begun: false, ended: None }.run()
    }

    /// The named parameters in order of use; a name used twice stands here twice.
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// The SQL with `?` in place of parameters: `counts[i]` of them, separated by commas, for the i-th bind.
    ///
    /// A list parameter fills several; an empty list becomes `NULL`, which no value equals.
    pub fn positional(&self, counts: &[usize]) -> String {
        let mut sql = String::with_capacity(self.text.len());
        for piece in &self.pieces {
            self.write(piece, counts, &mut sql);
        }
        sql
    }

    /// The byte of the file that became byte `offset` of `positional(counts)`.
    pub fn offset_in_file(&self, counts: &[usize], offset: usize) -> usize {
        let mut sql = String::new();
        for piece in &self.pieces {
            let before = sql.len();
            self.write(piece, counts, &mut sql);
            if offset < sql.len() {
                return match piece {
                    Piece::Text(range) => range.start + (offset - before),
                    Piece::Comment(range) | Piece::Bind(range, _) => range.start,
                };
            }
        }
        self.text.len()
    }

    fn write(&self, piece: &Piece, counts: &[usize], sql: &mut String) {
        match piece {
            Piece::Text(range) => sql.push_str(&self.text[range.clone()]),
            Piece::Comment(range) => {
                sql.push(' ');
                sql.extend(self.text[range.clone()].chars().filter(|c| *c == '\n'));
            }
            Piece::Bind(_, index) => match counts.get(*index).copied().unwrap_or(1) {
                0 => sql.push_str("NULL"),
                n => {
                    sql.push('?');
                    (1..n).for_each(|_| sql.push_str(", ?"));
                }
            },
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    /// The byte that is looked at.
    at: usize,
    /// Where the text that has not become a piece begins.
    start: usize,
    pieces: Vec<Piece>,
    binds: Vec<Bind>,
    /// Whether the query's first word has been seen.
    begun: bool,
    /// Where the statement's `;` stands.
    ended: Option<usize>,
}

impl Lexer<'_> {
    fn run(mut self) -> Result<Statement, Fault> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
            self.start = self.at;
        }
        while let Some(byte) = self.byte(0) {
            match (byte, self.byte(1)) {
                (b'-', Some(b'-')) => self.dashes()?,
                (b'#', _) => self.line_comment(),
                (b'/', Some(b'*')) => self.block_comment()?,
                (b';', _) => self.semicolon(),
                _ if byte.is_ascii_whitespace() => self.at += 1,
                _ => {
                    self.belongs_to_query()?;
                    self.token(byte)?;
                }
            }
        }
        if self.ended.is_none() {
            self.flush();
        }
        if !self.begun {
            return Err(Fault::new("the SQL file is empty")
                .at(Place { line: 1, column: 1 })
                .help("write one SELECT statement"));
        }
        Ok(Statement { text: self.text.to_owned(), pieces: self.pieces, binds: self.binds })
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> Fault {
        Fault::new(message).at(Place::at(self.text, at))
    }

    /// Makes a piece of the text up to here.
    fn flush(&mut self) {
        if self.at > self.start {
            self.pieces.push(Piece::Text(self.start..self.at));
        }
        self.start = self.at;
    }

    /// Checks what every token must fulfil: it stands before the `;`, and the first one begins a query.
    fn belongs_to_query(&mut self) -> Result<(), Fault> {
        if let Some(semicolon) = self.ended {
            return Err(self
                .fault(semicolon, "more than one statement")
                .help("keep one statement in a file; a second dataset is a second file"));
        }
        if !std::mem::replace(&mut self.begun, true) {
            let word = &self.text[self.at..self.at + self.word_length()];
            let queries = ["select", "with", "values"];
            if self.byte(0) != Some(b'(') && !queries.iter().any(|query| word.eq_ignore_ascii_case(query)) {
                return Err(self
                    .fault(self.at, "a dataset only reads, and this doesn't begin a query")
                    .help("begin with SELECT or WITH"));
            }
        }
        Ok(())
    }

    fn token(&mut self, byte: u8) -> Result<(), Fault> {
        match (byte, self.byte(1)) {
            (b'\'' | b'"' | b'`', _) => self.quoted(byte),
            (b':', Some(b':' | b'=')) => {
                self.at += 2;
                Ok(())
            }
            (b':', Some(next)) if is_word(next) => self.bind(),
            (b'?', _) => {
                Err(self.fault(self.at, "positional parameter `?`").help("name it, for example `:patient_id`"))
            }
            (b'@' | b'$', Some(next)) if next == b'@' || is_word(next) => Err(self
                .fault(self.at, format!("`{}` begins a variable in MySQL and a parameter in SQLite", char::from(byte)))
                .help("write parameters as `:patient_id`")),
            (0, _) => Err(self.fault(self.at, "a NUL character").help("save the file as UTF-8 text")),
            _ => {
                self.at += self.word_length().max(1);
                Ok(())
            }
        }
    }

    /// The length of the word that begins here; 0 if none does. Words of any script count, and `$` within them.
    fn word_length(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        if !rest.first().copied().is_some_and(is_word) {
            return 0;
        }
        rest.iter().position(|&byte| !is_word(byte) && byte != b'$').unwrap_or(rest.len())
    }

    fn semicolon(&mut self) {
        if self.ended.is_none() {
            self.flush();
            self.ended = Some(self.at);
        }
        self.at += 1;
    }

    fn quoted(&mut self, quote: u8) -> Result<(), Fault> {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            let next = self.byte(1);
            self.at += match byte {
                _ if byte == quote && next == Some(quote) => 2,
                _ if byte == quote => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' if quote != b'`' && next == Some(quote) => {
                    return Err(self
                        .fault(self.at, "a backslash before a quote means different things to MySQL and SQLite")
                        .help("double the quote instead"));
                }
                b'\\' if quote != b'`' && next == Some(b'\\') => 2,
                0 => return Err(self.fault(self.at, "a NUL character").help("save the file as UTF-8 text")),
                _ => 1,
            };
        }
        Err(self.fault(open, "this quote is never closed"))
    }

    fn dashes(&mut self) -> Result<(), Fault> {
        if self.byte(2).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return Err(self
                .fault(self.at, "`--` without a space is a comment to SQLite and two minus signs to MySQL")
                .help("write `-- ` for a comment, `- -` for two minus signs"));
        }
        self.line_comment();
        Ok(())
    }

    fn line_comment(&mut self) {
        let rest = &self.text[self.at..];
        self.comment(rest.find('\n').unwrap_or(rest.len()));
    }

    fn block_comment(&mut self) -> Result<(), Fault> {
        let inside = &self.text[self.at + 2..];
        if inside.starts_with(['!', '+']) || inside.starts_with("M!") {
            return Err(self
                .fault(self.at, "comments that MySQL executes (`/*! … */`) and hints (`/*+ … */`) are not supported")
                .help("write SQL that MySQL, MariaDB and SQLite all understand"));
        }
        let Some(length) = inside.find("*/") else {
            return Err(self.fault(self.at, "this comment is never closed"));
        };
        self.comment(length + 4);
        Ok(())
    }

    fn comment(&mut self, length: usize) {
        if self.ended.is_none() {
            self.flush();
            self.pieces.push(Piece::Comment(self.at..self.at + length));
        }
        self.at += length;
        self.start = self.at;
    }

    fn bind(&mut self) -> Result<(), Fault> {
        let colon = self.at;
        self.flush();
        self.at += 1;
        let name = &self.text[self.at..self.at + self.word_length()];
        let ascii = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !ascii || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self
                .fault(colon, format!("`:{name}` is not a parameter's name"))
                .help("names are letters a–z, digits and `_`, and don't begin with a digit"));
        }
        self.at += name.len();
        self.pieces.push(Piece::Bind(colon..self.at, self.binds.len()));
        self.binds.push(Bind { name: Arc::from(name), place: Place::at(self.text, colon) });
        self.start = self.at;
        Ok(())
    }
}

/// Whether a byte can stand in a word; every byte of a character beyond ASCII can.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
