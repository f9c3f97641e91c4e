//! Where placeholders sit in a document, so that one can stand for what is stored there later.

use std::collections::HashMap;

use super::marks::{blanked, marks};
use crate::domain::json::{Node, Value, parse};

/// Where a placeholder sits: the steps to its value, and which one it is in there.
pub(super) type Seat = (Vec<String>, usize);

/// The placeholders in the values of a concealed text, by seat; none where it is not JSON.
pub(super) fn seats(text: &str) -> Vec<(Seat, usize)> {
    let mut seats = Vec::new();
    if let Ok(root) = parse(text) {
        seat(text, &root, &mut Vec::new(), &mut seats);
    }
    seats
}

fn seat(text: &str, node: &Node, steps: &mut Vec<String>, seats: &mut Vec<(Seat, usize)>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut enter = |name: String, value: &Node, seats: &mut Vec<(Seat, usize)>| {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        steps.push(format!("{count} {name}"));
        seat(text, value, steps, seats);
        steps.pop();
    };
    match &node.value {
        Value::Object(members) => {
            members.iter().for_each(|member| enter(member.name.clone(), &member.value, seats));
        }
        // Items move; what they say tells them apart.
        Value::Array(items) => items.iter().for_each(|item| enter(blanked(item.span.of(text)), item, seats)),
        Value::Scalar(_) => {
            let numbers = marks(node.span.of(text)).filter_map(|mark| mark.number()).enumerate();
            seats.extend(numbers.map(|(at, number)| ((steps.clone(), at), number)));
        }
    }
}
