//! Content that CSS makes: `::before`, `::after`, and the numbers of list items.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use crate::{
    layout::{
        error::LayoutError,
        fill::{
            Filler,
            node::{Kind, Node},
        },
        inline::marker,
    },
    template::{
        document::{Element, ElementId, Text},
        scope::Scope,
        style::{CounterChange, CounterStyle, Display, Generated, Style},
    },
};

/// The counters of pages, which are known when a running element is shown.
const PAGE: &str = "page";
const PAGES: &str = "pages";

/// No content that CSS makes is longer, in bytes.
const LONGEST: usize = 64 * 1024;

impl Filler<'_> {
    /// The box of a pseudo-element of `id`.
    pub(super) fn pseudo(&self, id: ElementId, style: &Arc<Style>, scope: &Scope) -> Result<Node, LayoutError> {
        let mut counters = self.counters.borrow_mut();
        counters.enter();
        counters.change(&style.counters);
        let own = |kind| Node::new(id, style.clone(), kind);
        let (mut nodes, mut text) = (Vec::new(), String::new());
        for piece in style.content.iter().flat_map(|content| content.iter()) {
            match piece {
                Generated::Text(literal) => text.push_str(literal),
                Generated::Filled(filled) => filled.0.write(scope, &mut text)?,
                Generated::Attribute(name) => text.push_str(&self.attribute(id, name, scope)?),
                Generated::Counter(name, kind) if matches!(&**name, PAGE | PAGES) => {
                    nodes.push(own(Kind::Text(std::mem::take(&mut text))));
                    nodes.push(own(match &**name {
                        PAGE => Kind::PageNumber(kind.clone()),
                        _ => Kind::PageTotal { style: kind.clone(), digits: 0 },
                    }));
                }
                Generated::Counter(name, kind) => text.push_str(&marker::number(kind, counters.value(name))),
                Generated::Counters(name, between, kind) => {
                    let numbers: Vec<String> =
                        counters.values(name).map(|value| marker::number(kind, value).into_owned()).collect();
                    text.push_str(&if numbers.is_empty() { zero(kind) } else { numbers.join(between) });
                }
            }
            if text.len() > LONGEST {
                return Err(LayoutError::ContentTooLong(LONGEST));
            }
        }
        counters.leave();
        self.count_node()?;
        if !text.is_empty() {
            nodes.push(own(Kind::Text(text)));
        }
        Ok(own(Kind::Box(nodes)))
    }

    /// The value of an attribute; nothing when the element doesn't have it.
    fn attribute<'a>(&'a self, id: ElementId, name: &str, scope: &Scope) -> Result<Cow<'a, str>, LayoutError> {
        let element = self.document().get(id);
        let text = match name {
            "id" => return Ok(Cow::Owned(element.id.as_deref().unwrap_or_default().to_owned())),
            "class" => element.class.as_ref(),
            name => element.attribute(name),
        };
        Ok(text.map(|text| text.filled(scope)).transpose()?.unwrap_or_default())
    }

    /// Does what an element that has been entered says of counters; lists count by themselves, from where HTML's
    /// `start` and `value` say.
    pub(super) fn count(&self, element: &Element, style: &Style) {
        let number = |name| element.attribute(name).and_then(Text::literal).and_then(|text| text.trim().parse().ok());
        let mut counters = self.counters.borrow_mut();
        if matches!(element.tag, "ol" | "ul") {
            let start = number("start").map_or(0, |start: i32| start.saturating_sub(1));
            counters.change(&[CounterChange::Reset(LIST_ITEM.clone(), start)]);
        }
        if style.display == Display::ListItem {
            counters.change(&[CounterChange::Increment(LIST_ITEM.clone(), 1)]);
            if let Some(value) = number("value") {
                counters.change(&[CounterChange::Set(LIST_ITEM.clone(), value)]);
            }
        }
        counters.change(&style.counters);
    }

    /// The number of the list item at hand.
    pub(super) fn item_number(&self) -> i32 {
        self.counters.borrow().value(&LIST_ITEM)
    }
}

/// The counter that lists count with (CSS Lists 3 §4.6).
static LIST_ITEM: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("list-item"));

fn zero(kind: &CounterStyle) -> String {
    marker::number(kind, 0).into_owned()
}
