//! SQL text with named parameters, split once into what is text and what is bound.
//!
//! **Invariant:** never sees a value; what comes out has a `?` wherever one will be bound.

use std::sync::Arc;

use crate::fault::{Fault, Place};

/// A piece of a [`Statement`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Bind(usize),
}

/// One SQL statement with named parameters such as `:from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
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

impl Statement {
    /// Splits SQL at its named parameters.
    ///
    /// A colon within strings (`'…'`, `"…"`), backticks, comments (`-- …`, `# …`, `/* … */`) or doubled (`::`) is text.
    /// Refuses positional `?`, unterminated strings and comments, more than one statement, and an empty text,
    /// each with its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Lexer { text, at: 0, pieces: Vec::new(), binds: Vec::new(), start: 0 }.run()
    }

    /// The named parameters in order of use; a name used twice stands here twice.
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// The SQL with `?` in place of parameters: `counts[i]` of them, separated by commas, for the i-th bind.
    ///
    /// A list parameter fills several; an empty list becomes `NULL`, which no value equals.
    pub fn positional(&self, counts: &[usize]) -> String {
        let mut sql = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => sql.push_str(text),
                Piece::Bind(i) => match counts.get(*i).copied().unwrap_or(1) {
                    0 => sql.push_str("NULL"),
                    n => {
                        sql.push('?');
                        sql.push_str(&", ?".repeat(n - 1));
                    }
                },
            }
        }
        sql
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    pieces: Vec<Piece>,
    binds: Vec<Bind>,
}

impl Lexer<'_> {
    fn run(mut self) -> Result<Statement, Fault> {
        let bytes = self.text.as_bytes();
        let mut meaningful = false;
        while let Some(&byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1).copied();
            match byte {
                b'\'' | b'"' | b'`' => {
                    meaningful = true;
                    self.quoted(byte)?;
                }
                b'-' if next == Some(b'-') && bytes.get(self.at + 2).is_none_or(u8::is_ascii_whitespace) => {
                    self.line_comment()
                }
                b'#' => self.line_comment(),
                b'/' if next == Some(b'*') => self.block_comment()?,
                b':' if next == Some(b':') || next == Some(b'=') => self.at += 2,
                b':' if next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') => {
                    meaningful = true;
                    self.bind();
                }
                b'?' => {
                    return Err(self
                        .fault(self.at, "positional parameter `?`")
                        .help("name it, for example `:patient_id`"));
                }
                b';' => {
                    let end = self.at;
                    self.flush(end);
                    self.at += 1;
                    self.only_blank_after(end)?;
                    break;
                }
                _ => {
                    meaningful |= !byte.is_ascii_whitespace();
                    self.at += 1;
                }
            }
        }
        if self.start < self.at && !matches!(bytes.get(self.at.wrapping_sub(1)), Some(b';')) {
            self.flush(self.at);
        }
        if !meaningful {
            return Err(Fault::new("the SQL file is empty")
                .at(Place { line: 1, column: 1 })
                .help("write one SELECT statement"));
        }
        Ok(Statement { pieces: self.pieces, binds: self.binds })
    }

    fn fault(&self, at: usize, message: &str) -> Fault {
        Fault::new(message).at(Place::at(self.text, at))
    }

    fn flush(&mut self, end: usize) {
        if end > self.start {
            self.pieces.push(Piece::Text(self.text[self.start..end].to_owned()));
        }
        self.start = end;
    }

    fn quoted(&mut self, quote: u8) -> Result<(), Fault> {
        let bytes = self.text.as_bytes();
        let open = self.at;
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            if byte == quote {
                if bytes.get(self.at) != Some(&quote) {
                    return Ok(());
                }
                self.at += 1;
            } else if byte == b'\\' && quote != b'`' {
                // MySQL reads a backslash as an escape and SQLite doesn't: a backslash before the quote means two things.
                if bytes.get(self.at) == Some(&quote) {
                    return Err(self
                        .fault(self.at - 1, "a backslash before a quote means different things to MySQL and SQLite")
                        .help("double the quote instead"));
                }
                self.at += usize::from(bytes.get(self.at) == Some(&b'\\'));
            }
        }
        Err(self.fault(open, "this quote is never closed"))
    }

    fn line_comment(&mut self) {
        let end = self.text[self.at..].find('\n').map_or(self.text.len(), |i| self.at + i);
        self.comment(end);
    }

    fn block_comment(&mut self) -> Result<(), Fault> {
        let open = self.at;
        let Some(length) = self.text[open + 2..].find("*/") else {
            return Err(self.fault(open, "this comment is never closed"));
        };
        if self.text[open + 2..].starts_with(['!', '+']) || self.text[open + 2..].starts_with("M!") {
            return Err(self
                .fault(open, "comments that MySQL executes (`/*! … */`) and hints (`/*+ … */`) are not supported")
                .help("write SQL that MySQL, MariaDB and SQLite all understand"));
        }
        self.comment(open + 2 + length + 2);
        Ok(())
    }

    /// Comments are left out: SQLite doesn't know `#`, and a comment's text helps no server.
    fn comment(&mut self, end: usize) {
        self.flush(self.at);
        self.pieces.push(Piece::Text(" ".to_owned()));
        self.at = end;
        self.start = end;
    }

    fn bind(&mut self) {
        let colon = self.at;
        self.flush(colon);
        let name = &self.text[colon + 1..];
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        self.pieces.push(Piece::Bind(self.binds.len()));
        self.binds.push(Bind { name: Arc::from(&name[..length]), place: Place::at(self.text, colon) });
        self.at = colon + 1 + length;
        self.start = self.at;
    }

    fn only_blank_after(&mut self, semicolon: usize) -> Result<(), Fault> {
        let rest =
            Self { text: self.text, at: semicolon + 1, start: semicolon + 1, pieces: Vec::new(), binds: Vec::new() };
        let only_comments = rest.text[semicolon + 1..].lines().all(|line| {
            line.trim().is_empty() || line.trim_start().starts_with("--") || line.trim_start().starts_with('#')
        });
        if only_comments {
            return Ok(());
        }
        Err(self
            .fault(semicolon, "more than one statement")
            .help("keep one statement in a file; a second dataset is a second file"))
    }
}
