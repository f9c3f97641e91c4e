//! Variables in values, as python-dotenv replaces them.

use zeroize::Zeroizing;

/// Replaces `${NAME}` and `${NAME:-default}`; `$NAME` stays. `lookup` answers `None` for a variable that nobody
/// names, whose default is used; one that is empty is empty.
pub(in crate::config) fn interpolate(
    value: &str,
    mut lookup: impl FnMut(&str) -> Option<Zeroizing<String>>,
) -> Zeroizing<String> {
    let mut parts: Vec<Zeroizing<String>> = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        parts.push(Zeroizing::new(before.to_owned()));
        rest = match variable(after) {
            Some((name, default, after)) => {
                let default = || Zeroizing::new(default.unwrap_or_default().to_owned());
                parts.push(lookup(name).unwrap_or_else(default));
                after
            }
            None => {
                parts.push(Zeroizing::new("${".to_owned()));
                after
            }
        };
    }
    let mut whole =
        Zeroizing::new(String::with_capacity(parts.iter().map(|it| it.len()).sum::<usize>() + rest.len()));
    parts.iter().for_each(|part| whole.push_str(part));
    whole.push_str(rest);
    whole
}

/// Name, default and what follows, of a text after `${`.
fn variable(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (name, after) = text.split_at_checked(text.find(['}', ':'])?)?;
    if let Some(after) = after.strip_prefix('}') {
        return Some((name, None, after));
    }
    let (default, after) = after.strip_prefix(":-")?.split_once('}')?;
    Some((name, Some(default), after))
}
