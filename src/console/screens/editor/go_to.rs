//! From a problem of a stored document to its place in the draft, which is laid out otherwise and whose secrets
//! are placeholders.

use super::outline::paths;
use super::text_buffer::Pos;
use crate::check::Problem;
use crate::compare::{JsonPath, PathStep};
use crate::console::model::Model;
use crate::domain::json::{Node, NodeValue, Scalar, parse};
use crate::domain::{Document, ResourceKey, escape};

/// Moves the cursor of the open draft to the place of a problem of the stored document: to the member that it
/// is about, else to the first error of the draft.
pub(crate) fn go_to_problem(model: &mut Model, key: &ResourceKey, document: &Document, problem: &Problem) {
    let Some(edit) = model.edit.as_mut().filter(|edit| edit.key == *key) else { return };
    let text = edit.text();
    let pointer = match (problem.pointer.is_empty(), problem.place()) {
        (true, Some(place)) => document.text().map_or_else(|_| String::new(), |text| pointer_at(text, place)),
        _ => problem.pointer.to_string(),
    };
    let place = match parse(&text) {
        Ok(root) => locate(&text, &root, &pointer).map(|offset| edit.buffer.position_of(offset)),
        Err(_) => edit.diagnostics.first_error().map(|error| error.from),
    };
    if let Some(place) = place {
        edit.buffer.move_to(place);
    }
    model.update_editor_view();
}

/// The path of the value at a line and a column, from 1, of characters.
fn pointer_at(text: &str, (line, column): (u32, u32)) -> String {
    let row = usize::try_from(line).unwrap_or_default().saturating_sub(1);
    let column = usize::try_from(column).unwrap_or_default().saturating_sub(1);
    let line = text.split('\n').nth(row).unwrap_or_default();
    let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    // The path counts the name or the value that begins here.
    let after = line.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    paths(text, [Pos { row, at: at + after }].into_iter()).pop().unwrap_or_default()
}

/// The offset of what a pointer names, or of the innermost value on the way to it that is there.
fn locate(text: &str, root: &Node, pointer: &str) -> Option<usize> {
    if pointer.is_empty() {
        return None;
    }
    let (mut node, mut rest, mut at) = (root, pointer, None);
    while let Some((next, start, left)) = step(node, rest) {
        (node, rest, at) = (next, left, Some(start));
    }
    // A rule may name the value itself, such as the connection.
    at.or_else(|| value(text, root, pointer))
}

/// The value that the beginning of a pointer names, where that starts, and the rest of the pointer.
fn step<'n, 'p>(node: &'n Node, pointer: &'p str) -> Option<(&'n Node, usize, &'p str)> {
    match &node.value {
        NodeValue::Array(items) => {
            let (index, rest) = pointer.strip_prefix('[')?.split_once(']')?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            Some((item, item.span.start, rest.strip_prefix('.').unwrap_or(rest)))
        }
        NodeValue::Object(members) => {
            // Of duplicates the last is the one that counts; of names that begin alike the longest is meant.
            let named = members.iter().rev().filter_map(|member| {
                let rest = after_name(pointer, &member.name)?;
                Some((&member.value, member.key.start, rest))
            });
            named.reduce(|best, other| if other.2.len() < best.2.len() { other } else { best })
        }
        NodeValue::Scalar(_) => None,
    }
}

/// What follows a name at the beginning of a pointer, in whichever way it is written there.
fn after_name<'p>(pointer: &'p str, name: &str) -> Option<&'p str> {
    let displayed = JsonPath(vec![PathStep::Name(name.to_owned(), 1)]).display();
    let forms = [displayed.as_str(), &escape(name.as_bytes()), name];
    let rest = forms.iter().find_map(|form| pointer.strip_prefix(form))?;
    match rest.chars().next() {
        None | Some('[') => Some(rest),
        Some('.') => rest.strip_prefix('.'),
        Some(_) => None,
    }
}

/// The first string that says this.
fn value(text: &str, node: &Node, wanted: &str) -> Option<usize> {
    match &node.value {
        NodeValue::Object(members) => members.iter().find_map(|member| value(text, &member.value, wanted)),
        NodeValue::Array(items) => items.iter().find_map(|item| value(text, item, wanted)),
        NodeValue::Scalar(Scalar::String) => (node.string(text)? == wanted).then_some(node.span.start),
        NodeValue::Scalar(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"{"a": 1, "chain": [{"x.y": {"b": [1, 2]}}, {"connection": "gone"}], "a": {"b": 3}}"#;

    fn at(pointer: &str) -> Option<&'static str> {
        let offset = locate(TEXT, &parse(TEXT).unwrap(), pointer)?;
        Some(&TEXT[offset..])
    }

    #[test]
    fn a_pointer_leads_to_the_member_that_counts_or_as_far_as_there_is_one() {
        for (pointer, found) in [
            ("a", "\"a\": {"),
            ("a.b", "\"b\": 3"),
            ("chain[0].\"x.y\".b[1]", "2]"),
            ("chain[1].connection", "\"connection\""),
            ("chain[1].module", "{\"connection\""),
            ("chain[7]", "\"chain\""),
            ("gone", "\"gone\""),
        ] {
            assert!(at(pointer).is_some_and(|rest| rest.starts_with(found)), "{pointer}: {:?}", at(pointer));
        }
        assert_eq!((at(""), at("nothing")), (None, None));
    }

    #[test]
    fn a_place_of_the_stored_text_has_a_path() {
        let text = "{\n\"ä\": {\"b\": [true, {\"c\": 1}]}}";
        for (place, path) in [((2, 1), "ä"), ((2, 7), "ä.b"), ((2, 12), "ä.b[0]"), ((2, 20), "ä.b[1].c")]
        {
            assert_eq!(pointer_at(text, place), path, "{place:?}");
        }
    }
}
