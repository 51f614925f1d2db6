//! Running elements: taken out of the flow, shown in the margins of the pages that follow (CSS GCPM 3).

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use crate::{layout::fill::node::Node, template::page::Which};

/// An element with `position: running(name)`.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) name: Arc<str>,
    pub(crate) node: Rc<Node>,
}

/// The running elements of one page, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunningElements(BTreeMap<Arc<str>, OfName>);

/// Those of one name.
#[derive(Debug, Clone, Default)]
struct OfName {
    /// The last one before the page.
    before: Option<Rc<Node>>,
    first: Option<Rc<Node>>,
    last: Option<Rc<Node>>,
    /// Whether the page begins with the first one.
    leads: bool,
}

impl RunningElements {
    /// Adds one to the page; `leads` when nothing is on it yet.
    pub(crate) fn add(&mut self, running: &Running, leads: bool) {
        let of_name = self.0.entry(running.name.clone()).or_default();
        if of_name.first.is_none() {
            (of_name.first, of_name.leads) = (Some(running.node.clone()), leads);
        }
        of_name.last = Some(running.node.clone());
    }

    /// Goes on to the next page; hands over those of this one.
    pub(crate) fn turn(&mut self) -> Self {
        let page = self.clone();
        for of_name in self.0.values_mut() {
            let before = of_name.last.take().or(of_name.before.take());
            *of_name = OfName { before, ..OfName::default() };
        }
        page
    }

    /// The one that a margin box shows.
    pub(crate) fn get(&self, name: &str, which: Which) -> Option<&Rc<Node>> {
        let OfName { before, first, last, leads } = self.0.get(name)?;
        match which {
            Which::First => first.as_ref().or(before.as_ref()),
            Which::Start if *leads => first.as_ref(),
            Which::Start => before.as_ref(),
            Which::Last => last.as_ref().or(before.as_ref()),
            Which::FirstExcept if first.is_some() => None,
            Which::FirstExcept => before.as_ref(),
        }
    }
}
