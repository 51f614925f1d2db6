//! Looks at every state that a model can reach, nearest first.
//!
//! `stateright` would do the search, but its `eventually` properties see no cycles and know no fairness, and an end
//! that is always reached is half of what is to be shown. What else is needed fits on this page.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::Hash,
};

/// What can be checked: a first state, the steps from each, and what must hold.
pub(crate) trait Model {
    /// Everything that there is at one instant.
    type State: Clone + Eq + Hash + fmt::Debug;

    /// Where it begins.
    fn first(&self) -> Self::State;

    /// What can happen next. A step that is somebody's to choose or a fault is not `due`; the others happen some day.
    fn steps(&self, state: &Self::State) -> Vec<Step<Self::State>>;

    /// What is wrong with a state, if anything is.
    fn fault(&self, state: &Self::State) -> Option<&'static str>;

    /// Whether all is done that was to be done.
    fn is_over(&self, state: &Self::State) -> bool;
}

/// Who does it (the how-manieth of their kind), and what.
pub(crate) type Name = (u8, &'static str);

/// One thing that can happen.
pub(crate) struct Step<S> {
    pub(crate) name: Name,
    pub(crate) due: bool,
    pub(crate) to: S,
}

/// What the search found.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Every state is sound, and from each the end can be reached by due steps alone: so whatever happened before, a
    /// fair schedule ends.
    Holds { states: usize, steps: usize },
    /// A shortest way to a state in which something is wrong.
    Broken { what: &'static str, way: Vec<String> },
    /// A shortest way to a state from which there is no end.
    Stuck { way: Vec<String>, state: String },
}

impl Verdict {
    /// What is wrong, in words.
    pub(crate) fn what(&self) -> Option<&'static str> {
        match self {
            Self::Holds { .. } => None,
            Self::Broken { what, .. } => Some(what),
            Self::Stuck { .. } => Some("it never ends"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { states, steps } => write!(f, "holds in {states} states over {steps} steps"),
            Self::Broken { what, way } => write!(f, "{what}, after\n  {}", way.join("\n  ")),
            Self::Stuck { way, state } => write!(f, "it never ends after\n  {}\n  {state}", way.join("\n  ")),
        }
    }
}

/// Where a state was first come by: the state before, and the step.
type Origin = Option<(u32, Name)>;

/// Searches all states.
///
/// # Panics
/// There are more than `most` of them: then nothing was proven.
pub(crate) fn check<M: Model>(model: &M, most: usize) -> Verdict {
    let mut numbers: HashMap<M::State, u32> = HashMap::new();
    let mut origins: Vec<Origin> = vec![None];
    // For each state, those from which a due step leads to it.
    let mut before: Vec<Vec<u32>> = vec![Vec::new()];
    let mut over = Vec::new();
    let mut steps = 0;
    let mut queue = VecDeque::from([(0_u32, model.first())]);
    numbers.insert(model.first(), 0);
    while let Some((number, state)) = queue.pop_front() {
        if let Some(what) = model.fault(&state) {
            return Verdict::Broken { what, way: way(&origins, number) };
        }
        if model.is_over(&state) {
            over.push(number);
        }
        for Step { name, due, to } in model.steps(&state) {
            steps += 1;
            let next = *numbers.entry(to).or_insert_with_key(|to| {
                let next = u32::try_from(origins.len()).expect("fewer states than that");
                origins.push(Some((number, name)));
                before.push(Vec::new());
                queue.push_back((next, to.clone()));
                next
            });
            if due {
                before[next as usize].push(number);
            }
        }
        assert!(origins.len() <= most, "more than {most} states: nothing is proven; make the model smaller");
    }
    let mut ends = vec![false; origins.len()];
    while let Some(number) = over.pop() {
        if !std::mem::replace(&mut ends[number as usize], true) {
            over.extend(&before[number as usize]);
        }
    }
    match ends.iter().position(|ends| !ends) {
        None => Verdict::Holds { states: origins.len(), steps },
        Some(stuck) => {
            let state = numbers.iter().find(|(_, number)| **number as usize == stuck);
            Verdict::Stuck {
                way: way(&origins, u32::try_from(stuck).expect("a number")),
                state: format!("{:?}", state.map(|(state, _)| state)),
            }
        }
    }
}

fn way(origins: &[Origin], mut to: u32) -> Vec<String> {
    let mut way = Vec::new();
    while let Some((from, step)) = &origins[to as usize] {
        way.push(format!("{} {}", step.0, step.1));
        to = *from;
    }
    way.reverse();
    way
}
