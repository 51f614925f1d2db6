//! What an element alone can't tell: whether `data-…` attributes stand where they mean something.

use std::{path::Path, sync::Arc};

use crate::{
    fault::Fault,
    template::{
        aggregate::Reach,
        document::{Child, Condition, Document, ElementId, RowRole, Text},
        expression::Expression,
        stream::{Part, Stream, fault_at, part_of},
    },
};

/// Checks the whole document and takes its streamed tables apart.
pub(crate) fn check(document: &Document, file: &Path, faults: &mut Vec<Fault>) -> Vec<Stream> {
    let mut streams = Vec::new();
    for (id, element) in document.iter() {
        let mut fault = |id, message: &str, help: &str| faults.push(fault_at(document, file, id, message, help));
        if element.rows.is_some() {
            check_streamed_place(document, id, &mut fault);
            streams.extend(Stream::new(document, id, &mut fault));
        }
        if !matches!(element.role, RowRole::Record) && !stands_in_streamed_body(document, id) {
            fault(
                id,
                "`data-group`, `data-group-footer` and `data-empty` belong to streamed tables",
                "put the row into the `<tbody>` of a `<table data-rows=\"…\">`",
            );
        }
        if element.attribute("data-repeat").is_some() && !matches!(element.role, RowRole::GroupHeader(_)) {
            let help = "it repeats a group's header on each page: write it on a `data-group` row";
            fault(id, "`data-repeat` stands on a row that begins no group", help);
        }
        let part = part_of(document, id);
        faults.extend(element.expressions().filter_map(|expression| misplaced_aggregate(expression, part)));
        let mut fault = |id, message: &str, help: &str| faults.push(fault_at(document, file, id, message, help));
        check_directives(document, id, &mut fault);
        check_else(document, id, file, faults);
    }
    for (i, stream) in streams.iter().enumerate() {
        if streams[..i].iter().any(|earlier| earlier.dataset == stream.dataset) {
            let message = format!("dataset `{}` is streamed a second time", stream.dataset);
            let help = "a stream passes once; add a second dataset, or use `data-for` for a short one";
            faults.push(fault_at(document, file, stream.table, &message, help));
        }
    }
    streams
}

/// Lets elements know of the texts that CSS adds to them, so that their names are checked like all others.
pub(crate) fn add_contents(document: &mut Document, contents: Vec<(ElementId, Arc<Text>)>, faults: &mut Vec<Fault>) {
    for (id, text) in contents {
        let part = part_of(document, id);
        faults.extend(text.expressions().filter_map(|expression| misplaced_aggregate(expression, part)));
        document.elements[id.0 as usize].generated.push(text);
    }
}

/// What is wrong with the sums, counts and their like of an expression in this part of a streamed table.
fn misplaced_aggregate(expression: &Expression, part: Part) -> Option<Fault> {
    let fits = |reach: Reach| match part {
        Part::None | Part::Header => false,
        Part::Record => reach != Reach::All,
        Part::Footer => reach != Reach::SoFarInGroup,
        Part::Totals => reach == Reach::All,
    };
    let aggregate = expression.aggregates().iter().find(|aggregate| !fits(aggregate.reach))?;
    let text = expression.text();
    let (message, help) = match (part, aggregate.reach) {
        (Part::Header, _) => (
            format!("`{text}` isn't known yet: a group's header is printed before the group's rows have passed"),
            "put it into a `data-group-footer` row, or compute it in SQL: `sum(x) over (partition by …)`",
        ),
        (Part::Record, _) => (
            format!("`{text}` is only known when all rows have passed"),
            "what has come so far is `running_sum(x)`; put totals into `<tfoot>` or a `data-group-footer` row",
        ),
        (Part::Footer | Part::Totals, Reach::SoFar | Reach::SoFarInGroup) => (
            format!("`{text}` has passed its last row here"),
            "write `sum(x)`: in a group's footer it is over the group, in `<tfoot>` over everything",
        ),
        _ => (
            format!("`{text}` is only known when all rows have passed"),
            "put it into `<tfoot>` or a `data-group-footer` row of a streamed table, or compute it in SQL",
        ),
    };
    Some(expression.fault(message).help(help))
}

fn check_streamed_place(document: &Document, id: ElementId, fault: &mut dyn FnMut(ElementId, &str, &str)) {
    for ancestor in document.with_ancestors(id) {
        let element = document.get(ancestor);
        if element.repeat.is_some() {
            fault(id, "a streamed table can't be repeated by `data-for`", "use groups: `<tr data-group=\"…\">`");
        }
        if matches!(element.tag, "td" | "th" | "li" | "dd" | "dt" | "caption") {
            let message = format!("a streamed table can't stand in `<{}>`", element.tag);
            fault(id, &message, "put it directly into the body, a section or a div");
        }
    }
}

/// Elements that are always there once can't be repeated, left out or given names.
fn check_directives(document: &Document, id: ElementId, fault: &mut dyn FnMut(ElementId, &str, &str)) {
    let element = document.get(id);
    let directive = match element {
        _ if element.repeat.is_some() => "data-for",
        _ if element.condition.is_some() => "data-if",
        _ if !element.names.is_empty() && element.tag != "body" => "data-with",
        _ => return,
    };
    let in_head = document.with_ancestors(id).any(|ancestor| document.get(ancestor).tag == "head");
    if in_head || matches!(element.tag, "html" | "body") {
        let message = format!("`{directive}` can't stand on `<{}>`", element.tag);
        fault(id, &message, "put it on an element of the body");
    }
    let streamed = |parent: ElementId| document.get(parent).rows.is_some();
    if element.parent.is_some_and(streamed) {
        let message = format!("`{directive}` can't stand on the `<{}>` of a streamed table", element.tag);
        fault(id, &message, "put it on the rows, or on the table");
    }
}

fn stands_in_streamed_body(document: &Document, id: ElementId) -> bool {
    let body = document.get(id).parent.filter(|body| document.get(*body).tag == "tbody");
    body.and_then(|body| document.get(body).parent).is_some_and(|table| document.get(table).rows.is_some())
}

/// Each `data-else` needs a `data-if` on the element before it.
fn check_else(document: &Document, parent: ElementId, file: &Path, faults: &mut Vec<Fault>) {
    let mut before_has_if = false;
    for child in &document.get(parent).children {
        match child {
            Child::Text(text) => before_has_if &= text.is_blank(),
            Child::Element(id) => {
                let element = document.get(*id);
                let name = match element.condition {
                    Some(Condition::Else) => "data-else",
                    Some(Condition::ElseIf(_)) => "data-else-if",
                    Some(Condition::If(_)) | None => "",
                };
                if !name.is_empty() && !before_has_if {
                    let help = "put it on the element that directly follows one with `data-if`";
                    faults.push(fault_at(document, file, *id, &format!("`{name}` follows no `data-if`"), help));
                }
                before_has_if = matches!(element.condition, Some(Condition::If(_) | Condition::ElseIf(_)));
            }
        }
    }
}
