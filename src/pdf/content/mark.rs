//! Marked content: which element of the structure a part of the content belongs to.
//!
//! **Invariant:** in a tagged document everything that shows stands in exactly one sequence: an element's, with its
//! number, or that of an artifact. A sequence that begins in a text object ends in it.

use std::io::Write;

use super::{Painter, Supplies};
use crate::{layout::page::TagId, pdf::number::push_integer};

/// The sequence that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    owner: TagId,
    in_text: bool,
}

impl Painter {
    /// Sees to it that what is drawn next stands in a sequence of its owner: in a text object if it is text, else
    /// outside of any.
    pub(super) fn mark<W: Write>(&mut self, owner: TagId, is_text: bool, supplies: &mut Supplies<'_, W>) {
        let Some(structure) = &mut supplies.structure else {
            return if is_text { self.enter_text() } else { self.leave_text() };
        };
        let fits = |mark: Mark| mark.owner == owner && (is_text || !mark.in_text);
        if !self.state.mark.is_some_and(fits) {
            self.end_mark();
            if is_text {
                self.enter_text();
            } else {
                self.leave_text();
            }
            self.state.mark = Some(Mark { owner, in_text: is_text });
            match structure.mark(owner) {
                Some((role, mcid)) => {
                    self.out.push(b'/');
                    self.out.extend_from_slice(role.as_bytes());
                    self.out.extend_from_slice(b"<</MCID ");
                    push_integer(&mut self.out, mcid as i64);
                    self.out.extend_from_slice(b">>BDC\n");
                }
                None => self.out.extend_from_slice(b"/Artifact BMC\n"),
            }
        } else if is_text {
            self.enter_text();
        } else {
            self.leave_text();
        }
    }

    /// Ends the open sequence.
    pub(super) fn end_mark(&mut self) {
        if let Some(mark) = self.state.mark.take() {
            if !mark.in_text {
                self.leave_text();
            }
            self.out.extend_from_slice(b"EMC\n");
        }
    }

    fn enter_text(&mut self) {
        if self.state.text.is_none() {
            self.out.extend_from_slice(b"BT\n");
            self.state.text = Some((0, 0));
        }
    }

    pub(super) fn leave_text(&mut self) {
        if self.state.text.take().is_some() {
            self.out.extend_from_slice(b"ET\n");
        }
    }
}
