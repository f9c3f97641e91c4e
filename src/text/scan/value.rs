//! Which parts of one string value are secrets: all of a secret field but its references and the scheme of an
//! authorization, and, in any field, the passwords of URLs, assignments to secret-looking names, bearer
//! tokens, and what looks like a token, a key or another secret.

use super::{ScanPiece, SegmentRole, Visibility};
use crate::domain::json::Span;
use crate::domain::plaintext::scheme_len;
use crate::domain::reference::login_password;
use crate::domain::{Reference, SecretNames, references_in, secret_shapes};

/// The parts of a value, in order and without gaps. `secret` tells whether the field is one; `name` is its name,
/// or empty.
pub(super) fn parts(names: &SecretNames, value: &str, name: &str, secret: bool) -> Vec<ScanPiece> {
    let whole = Span { start: 0, end: value.len() };
    if secret {
        let hidden = Span { start: scheme_len(name, value), ..whole };
        return split_parts(names, value, &[hidden], SegmentRole::String);
    }
    let zones = zones(names, value, name);
    // Everything that is split contains one of these.
    if zones.is_empty() && memchr::memchr(b'$', value.as_bytes()).is_none() {
        let text = ScanPiece { span: whole, visibility: Visibility::Shown(SegmentRole::String) };
        return if value.is_empty() { Vec::new() } else { vec![text] };
    }
    split_parts(names, value, &zones, SegmentRole::String)
}

/// The zones of a text that are secret in a field of this name, which may be empty; sorted, without overlap.
pub(super) fn zones(names: &SecretNames, value: &str, name: &str) -> Vec<Span> {
    let mut zones = secret_shapes(names, value, name);
    // Everything else that is found contains one of these.
    if memchr::memchr3(b':', b'=', b' ', value.as_bytes()).is_some() {
        zones.extend(userinfo(value));
        zones.extend(bearer(value));
        zones.extend(assignment(names, value));
    }
    zones.sort_by_key(|zone| zone.start);
    let mut merged: Vec<Span> = Vec::new();
    for zone in zones {
        match merged.last_mut() {
            Some(last) if zone.start <= last.end => last.end = last.end.max(zone.end),
            _ => merged.push(zone),
        }
    }
    merged
}

/// In each line, the text between the user's name and the last `@` after `://`. A password may contain
/// any character, even those that a URL should escape. Before `://`, or without it, every
/// word of the form `user:password@host`.
fn userinfo(value: &str) -> Vec<Span> {
    let mut found = Vec::new();
    if memchr::memchr(b'@', value.as_bytes()).is_none() {
        return found;
    }
    let mut at = 0;
    for line in value.split_inclusive('\n') {
        let head_len = find(line, 0, "://").map_or(line.len(), |scheme| scheme + 3);
        let (head, tail) = line.split_at_checked(head_len).unwrap_or((line, ""));
        let mut start = at;
        for word in head.split_inclusive(char::is_whitespace) {
            found.extend(login_password(word).map(|span| span.shifted(start)));
            start += word.len();
        }
        found.extend(login_password(tail).or_else(|| token(tail)).map(|span| span.shifted(start)));
        at += line.len();
    }
    found
}

/// The text before the `@` of an authority without a colon.
fn token(text: &str) -> Option<Span> {
    let end = text.find(['/', '?', '#', ' ', '@'])?;
    text.get(end..)?.starts_with('@').then_some(Span { start: 0, end })
}

/// The text after each `Bearer `, up to a blank or a quote.
fn bearer(value: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = value.get(at..)
        && let Some(word) = memchr::memchr2_iter(b'b', b'B', rest.as_bytes()).find(|start| {
            rest.get(*start..start + 7).is_some_and(|word| word.eq_ignore_ascii_case("bearer "))
        })
    {
        let start = at + word + 7;
        let token = value.get(start..).unwrap_or_default();
        let len = token.find([' ', '"', '\'', '\n', ',']).unwrap_or(token.len());
        found.push(Span { start, end: start + len });
        at = start + len;
    }
    found.retain(|zone| !zone.is_empty());
    found
}

/// The value assigned to the first secret-looking name (`password=…`, `"token": …`), to the end.
fn assignment(names: &SecretNames, value: &str) -> Option<Span> {
    let references = references_in(value);
    let mut references = references.iter().map(|(_, span, _)| *span).peekable();
    let bytes = value.as_bytes();
    for at in memchr::memchr2_iter(b':', b'=', bytes) {
        while references.next_if(|span| span.end <= at).is_some() {}
        if references.peek().is_some_and(|span| span.start < at) {
            continue;
        }
        let before = value.get(..at)?.trim_end_matches([' ', '\t', '"', '\'', '\\']);
        if names.sounds_secret(last_word(before)) {
            let rest = value.get(at..)?;
            let skipped =
                rest.len() - rest.trim_start_matches([' ', '\t', ':', '=', '>', '"', '\'', '\\']).len();
            let scheme = scheme_len(last_word(before), rest.get(skipped..).unwrap_or_default());
            let start = at + skipped + scheme;
            return (start < value.len()).then_some(Span { start, end: value.len() });
        }
    }
    None
}

/// The word at the end of a text; if it is very long, its end.
fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(128)
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']'))
        .last()
        .map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

fn find(text: &str, from: usize, needle: &str) -> Option<usize> {
    let at = memchr::memmem::find(text.as_bytes().get(from..)?, needle.as_bytes())?;
    Some(from + at)
}

/// Splits a value along its secret zones and its references: within a zone, a whole reference is
/// shown but not its default; outside, its default is hidden only if its name sounds secret. Other text
/// is shown in the role `text`.
pub(super) fn split_parts(
    names: &SecretNames,
    value: &str,
    zones: &[Span],
    text: SegmentRole,
) -> Vec<ScanPiece> {
    const REFERENCE: Visibility = Visibility::Shown(SegmentRole::Reference);
    let references = references_in(value);
    let mut cuts: Vec<usize> = vec![0, value.len()];
    cuts.extend(zones.iter().flat_map(|zone| [zone.start, zone.end]));
    for (_, span, default) in &references {
        cuts.extend([span.start, span.end]);
        cuts.extend(default.iter().flat_map(|span| [span.start, span.end]));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut zones = zones.iter().peekable();
    let mut references = references.iter().peekable();
    let mut parts: Vec<ScanPiece> = Vec::new();
    for (start, end) in cuts.iter().copied().zip(cuts.iter().copied().skip(1)) {
        while zones.next_if(|zone| zone.end <= start).is_some() {}
        while references.next_if(|(_, span, _)| span.end <= start).is_some() {}
        let zone = zones.peek().copied().filter(|zone| zone.start <= start);
        let reference = references.peek().copied().filter(|(_, span, _)| span.start <= start);
        let visibility = match (zone, reference) {
            (None, None) => Visibility::Shown(text),
            (Some(_), None) => Visibility::Hidden { bare: false },
            (zone, Some((reference, span, default))) => {
                let whole = zone.is_some_and(|zone| zone.start <= span.start && span.end <= zone.end);
                let in_default = default.is_some_and(|default| default.start <= start && start < default.end);
                let hidden = match zone {
                    Some(_) => in_default || !whole,
                    None => in_default && sounds_secret(names, reference),
                };
                if hidden { Visibility::Hidden { bare: false } } else { REFERENCE }
            }
        };
        match parts.last_mut() {
            Some(last) if last.visibility == visibility && visibility != REFERENCE => last.span.end = end,
            _ => parts.push(ScanPiece { span: Span { start, end }, visibility }),
        }
    }
    parts
}

fn sounds_secret(names: &SecretNames, reference: &Reference) -> bool {
    match reference {
        Reference::Env { name } => names.looks_secret(name),
        Reference::Vault { field, .. } => names.looks_secret(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str, secret: bool) -> String {
        parts(&SecretNames::default(), value, "", secret)
            .into_iter()
            .map(|part| if part.is_hidden() { "•" } else { part.span.of(value) })
            .collect()
    }

    #[test]
    fn a_secret_shows_its_references_only() {
        let cases = [
            ("hunter2", "•"),
            ("", ""),
            ("{$vault:p#f}", "{$vault:p#f}"),
            ("{$vault:p#f:hunter2}", "{$vault:p#f:•}"),
            ("{$A:}", "{$A:}"),
            ("Bearer {$A:x}-{$B}y", "•{$A:•}•{$B}•"),
            ("${A:x}", "•"),
            ("{$A:{$B}}", "{$A:•}•"),
        ];
        for (value, expected) in cases {
            assert_eq!(shown(value, true), expected, "{value}");
        }
    }

    #[test]
    fn other_values_hide_what_is_secret_anywhere() {
        let cases = [
            ("amqp://guest:hun@ter2@h:5672/v", "amqp://guest:•@h:5672/v"),
            ("redis://:hunter2@h", "redis://:•@h"),
            ("https://ghp_abc@github.com/x", "https://•@github.com/x"),
            ("https://example.com:8443/a/b", "https://example.com:8443/a/b"),
            ("https://example.com/@team", "https://example.com/@team"),
            ("amqp://u:pa/ss wo@h", "amqp://u:•@h"),
            ("amqp://{$USER:guest}:{$PASS:hunter2}@{$H}", "amqp://{$USER:guest}:{$PASS:•}@{$H}"),
            ("amqp://{$CREDS:user:hunter2@h}", "amqp://{$CREDS:•@h}"),
            ("{$DB:postgres://u:hunter2@h/db}", "{$DB:postgres://u:•@h/db}"),
            ("user:hunter2@tcp(h)/db see https://h/x", "user:•@tcp(h)/db see https://h/x"),
            ("amqp//u:hunter2@h", "amqp//u:•@h"),
            ("mail bob@example.com: hello", "mail bob@example.com: hello"),
            ("{$HOST:localhost}", "{$HOST:localhost}"),
            ("{$API_TOKEN:hunter2} x", "{$API_TOKEN:•} x"),
            ("https://h/p?access_token=hunter2&x=1", "https://h/p?access_token=•"),
            ("curl -H 'Authorization: Basic hunter2'", "curl -H 'Authorization: Basic •"),
            ("{\"password\": \"hunter2\"}", "{\"password\": \"•"),
            ("use bearer hunter2 here", "use bearer • here"),
            ("-----BEGIN RSA PRIVATE KEY-----\nhunter2", "-----BEGIN RSA PRIVATE KEY•"),
            ("key=value; a: b", "key=value; a: b"),
            ("password=", "password="),
        ];
        for (value, expected) in cases {
            assert_eq!(shown(value, false), expected, "{value}");
        }
    }

    #[test]
    fn the_scheme_of_an_authorization_is_shown_and_what_follows_is_not() {
        let shown = |name: &str, value: &str| -> String {
            let parts = parts(&SecretNames::default(), value, name, true);
            parts.iter().map(|part| if part.is_hidden() { "•" } else { part.span.of(value) }).collect()
        };
        for (name, value, expected) in [
            ("authorization", "Bearer hunter2", "Bearer •"),
            ("Authorization", "bearer  hunter2 x", "bearer  •"),
            ("Proxy-Authorization", "Basic aHVudGVyMg==", "Basic •"),
            ("authorization", "Token hunter2", "Token •"),
            ("authorization", "Digest username=\"u\", response=\"hunter2\"", "Digest •"),
            ("authorization", "ApiKey hunter2", "ApiKey •"),
            ("authorization", "Bearer {$A:hunter2}", "Bearer {$A:•}"),
            ("authorization", "Bearer {$A}hunter2", "Bearer {$A}•"),
            ("authorization", "Bearer", "•"),
            ("authorization", "hunter2 Bearer x", "•"),
            ("authorization", "Bearerhunter2", "•"),
            ("authorization", "{$SCHEME} hunter2", "{$SCHEME}•"),
            ("password", "Basic instinct", "•"),
            ("token", "token hunter2", "•"),
            ("", "Bearer hunter2", "•"),
        ] {
            assert_eq!(shown(name, value), expected, "{name}: {value}");
        }
    }

    #[test]
    fn hostile_values_cost_one_pass() {
        for unit in ["{$", "token", "a=", "://", "://u:p@h\n", "{$A:x}", "bearer ", "{$A}: "] {
            let value = unit.repeat(1_000_000 / unit.len());
            let length: usize =
                parts(&SecretNames::default(), &value, "", false).iter().map(|part| part.span.len()).sum();
            assert_eq!(length, value.len());
        }
    }
}
