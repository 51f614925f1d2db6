//! Tables: what PDF/UA wants of their rows and parts, whatever the template left out.

use std::io::{self, Write};

use smallvec::smallvec;

use super::{
    Structure,
    element::{Element, Kid, Kids},
};
use crate::{
    layout::page::{Role, Tag},
    pdf::file::{ObjectFile, Ref},
};

/// A table's body of more rows than this is written as several, as a table may have them: readers needn't take a list
/// of half a million rows in at once, and neither must we.
const ROWS_PER_BODY: u32 = 4096;

impl Structure {
    /// Begins a new body in place of one that is full.
    pub(super) fn make_room<W: Write>(&mut self, index: usize, file: &mut ObjectFile<W>) -> io::Result<()> {
        if self.open[index].role != Role::TBody || self.open[index].children < ROWS_PER_BODY {
            return Ok(());
        }
        self.attach(index);
        let next = file.reserve()?;
        let body = &mut self.open[index];
        body.attach(u32::MAX);
        file.element(body.at, |out| body.write(out));
        body.at = next;
        (body.attached, body.children) = (0, 0);
        body.kids.clear();
        let parent = body.parent;
        if let Some(parent) = self.find(parent) {
            self.open[parent].kids.push(Kid::Element(next));
            self.open[parent].sections.body = true;
        }
        Ok(())
    }

    /// Gives a part of a table that is about to be written what it lacks.
    pub(super) fn complete_table<W: Write>(&mut self, index: usize, file: &mut ObjectFile<W>) -> io::Result<()> {
        let Element { role, parent, .. } = self.open[index];
        match role {
            Role::TR => self.complete_row(index, file),
            Role::THead | Role::TBody | Role::TFoot if !self.open[index].kids.is_empty() => {
                if let Some(table) = self.find(parent) {
                    let sections = &mut self.open[table].sections;
                    sections.body |= role == Role::TBody;
                    sections.head_or_foot |= role != Role::TBody;
                }
                Ok(())
            }
            Role::Table => self.complete_body(index, file),
            _ => Ok(()),
        }
    }

    /// All rows have as many columns as the first (veraPDF 7.2-43): empty cells fill up what is missing. Where cells
    /// reach into rows below, the layout alone knows what is.
    fn complete_row<W: Write>(&mut self, index: usize, file: &mut ObjectFile<W>) -> io::Result<()> {
        let (columns, interlocked) = (self.open[index].columns, self.open[index].is_interlocked);
        let Some(table) = self.table_of(index) else { return Ok(()) };
        let table = &mut self.open[table];
        table.is_interlocked |= interlocked;
        if table.columns == 0 {
            table.columns = columns;
        }
        let missing = if table.is_interlocked || columns == 0 { 0 } else { table.columns.saturating_sub(columns) };
        for _ in 0..missing {
            let at = write_new(Role::TD, self.open[index].at, Kids::new(), None, file)?;
            self.open[index].kids.push(Kid::Element(at));
        }
        Ok(())
    }

    /// A table with head or foot has a body (veraPDF 7.2-13 and 14), though no row came.
    fn complete_body<W: Write>(&mut self, index: usize, file: &mut ObjectFile<W>) -> io::Result<()> {
        let table = &mut self.open[index];
        if table.sections.body || !table.sections.head_or_foot {
            return Ok(());
        }
        let (body, row) = (file.reserve()?, file.reserve()?);
        let wide = Tag { columns: table.columns.min(u32::from(u16::MAX)) as u16, ..Tag::of(Role::TD) };
        let cell = write_new(Role::TD, row, Kids::new(), Some(wide), file)?;
        write_at(row, Role::TR, body, smallvec![Kid::Element(cell)], None, file);
        write_at(body, Role::TBody, table.at, smallvec![Kid::Element(row)], None, file);
        table.kids.push(Kid::Element(body));
        Ok(())
    }

    /// The table that a row stands in.
    fn table_of(&self, row: usize) -> Option<usize> {
        let above = self.find(self.open[row].parent)?;
        match self.open[above].role {
            Role::Table => Some(above),
            _ => self.find(self.open[above].parent).filter(|table| self.open[*table].role == Role::Table),
        }
    }
}

impl Element {
    /// Counts a cell that begins in a row.
    pub(super) fn count_cell(&mut self, role: Role, tag: Option<&Tag>) {
        if matches!(role, Role::TD | Role::TH) {
            self.columns += tag.map_or(1, |tag| u32::from(tag.columns.max(1)));
            self.is_interlocked |= tag.is_some_and(|tag| tag.rows > 1);
        }
    }
}

fn write_new<W: Write>(
    role: Role,
    parent: Ref,
    kids: Kids,
    tag: Option<Tag>,
    file: &mut ObjectFile<W>,
) -> io::Result<Ref> {
    let at = file.reserve()?;
    write_at(at, role, parent, kids, tag, file);
    Ok(at)
}

fn write_at<W: Write>(at: Ref, role: Role, parent: Ref, kids: Kids, tag: Option<Tag>, file: &mut ObjectFile<W>) {
    let mut element = Element::new(0, (0, parent), at, role, tag.map(Box::new));
    element.kids = kids;
    file.element(at, |out| element.write(out));
}
