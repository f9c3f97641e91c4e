//! Reads secret values: typed without echo, from a pipe, or from files; never from arguments, which other
//! users of the machine can see.

use std::io::{self, IsTerminal};
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use super::args::SecretSetArgs;
use super::hidden_prompt::read_twice;
use crate::cli::error::{Exit, Result};
use crate::cli::input::read_into;
use crate::domain::json::{Grammar, check_object_as, parse};
use crate::domain::{FieldName, SecretField, SecretText, SecretValue};
use crate::provider::SecretFields;
use crate::text::Safe;

/// The longest value, in bytes; servers accept about that much in one request.
const LONGEST: usize = 1 << 20;

/// Reads the values of all fields that the arguments name.
pub(super) fn fields(set: &SecretSetArgs) -> Result<SecretFields> {
    let mut fields = SecretFields::default();
    for (number, (name, path)) in (1..).zip(&set.file) {
        // Neither name nor path is repeated: either may be a value, or a part of one.
        let named = format!("file {number} of those that --file names, as FIELD=FILE");
        let bytes = read(Some((Path::new(path), &named)))?;
        put(&mut fields, name, bytes, set)?;
    }
    if let Some(name) = &set.field {
        let bytes = if io::stdin().is_terminal() { read_twice(name)? } else { read(None)? };
        put(&mut fields, name, bytes, set)?;
    }
    Ok(fields)
}

/// Reads a webhook's own secrets: a JSON object of texts, from a file or, for `-`, from standard input.
pub(super) fn own_fields(from: &Path) -> Result<SecretFields> {
    let file = (from != Path::new("-")).then_some((from, "the file that --secrets-from names"));
    let bytes = read(file)?;
    own_fields_of(&bytes)
        .map_err(|why| Exit::INVALID.because(format!("what --secrets-from names {why}; nothing was written")))
}

fn own_fields_of(bytes: &[u8]) -> std::result::Result<SecretFields, String> {
    if bytes.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("is not UTF-8 at byte {}", error.valid_up_to()))?;
    check_object_as(Grammar::Strict, text)
        .map_err(|error| format!("is not a JSON object of texts: {error}"))?;
    let object = parse(text).map_err(|error| format!("is not a JSON object of texts: {error}"))?;
    let mut fields = SecretFields::default();
    for member in object.members() {
        let known = SecretField::ALL.into_iter().find(|field| field.as_str() == member.name);
        // The name is not repeated: it may be a value.
        let field = known.ok_or_else(|| {
            let known = SecretField::ALL.map(SecretField::as_str).join(", ");
            format!("has a member that is no secret of a webhook's own; known are {known}")
        })?;
        let value = member.value.string(text).map(|value| SecretText::new(value.into_owned()));
        let value = value.filter(|value| !value.expose().trim().is_empty());
        let value = value.ok_or_else(|| format!("has no text as {}, or an empty one", field.as_str()))?;
        if fields.get(field.as_str()).is_some() {
            return Err(format!("has {} twice", field.as_str()));
        }
        fields.set(field.name(), SecretValue::text(&value));
    }
    if fields.is_empty() { Err("holds no secret".into()) } else { Ok(fields) }
}

fn put(
    fields: &mut SecretFields,
    name: &FieldName,
    bytes: Zeroizing<Vec<u8>>,
    set: &SecretSetArgs,
) -> Result<()> {
    let named = Safe::display(name);
    if fields.get(name.as_str()).is_some() {
        return Err(Exit::USAGE.because(format!("the field {named} is given twice")));
    }
    let text = text(bytes, set.keep_newline)
        .map_err(|why| Exit::INVALID.because(format!("the value of {named} {why}")))?;
    if text.expose().is_empty() && !set.allow_empty {
        return Err(Exit::INVALID.because(format!(
            "the value of {named} is empty: a receiver may take that for no protection at all; \
             --allow-empty writes it"
        )));
    }
    fields.set(name.clone(), SecretValue::text(&text));
    Ok(())
}

fn text(mut bytes: Zeroizing<Vec<u8>>, keep_newline: bool) -> std::result::Result<SecretText, String> {
    if bytes.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    if !keep_newline && bytes.ends_with(b"\n") {
        let cut = if bytes.ends_with(b"\r\n") { 2 } else { 1 };
        let length = bytes.len() - cut;
        bytes.truncate(length);
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(SecretText::new(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            error.into_bytes().zeroize();
            Err(format!("is not UTF-8 at byte {at}; a secret is a text: encode it, as base64 does"))
        }
    }
}

/// Reads into a buffer that never reallocates.
fn read(file: Option<(&Path, &str)>) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let (file, name) = file.unzip();
    read_into(&mut bytes, file, name.unwrap_or_default(), LONGEST)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], keep: bool) -> std::result::Result<String, String> {
        text(Zeroizing::new(bytes.to_vec()), keep).map(|text| text.expose().to_owned())
    }

    #[test]
    fn one_line_break_at_the_end_is_cut_off_unless_it_is_wanted() {
        for (given, cut) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", ""), (" a ", " a ")]
        {
            assert_eq!(read(given.as_bytes(), false).as_deref(), Ok(cut), "{given:?}");
            assert_eq!(read(given.as_bytes(), true).as_deref(), Ok(given), "{given:?}");
        }
    }

    #[test]
    fn what_is_no_text_or_too_long_is_refused_without_being_repeated() {
        let refused = read(b"hunter2\xff", false).unwrap_err();
        assert!(refused.contains("byte 7") && !refused.contains("hunter2"), "{refused}");
        assert!(read(&vec![b'a'; LONGEST + 1], false).is_err());
        assert!(read(&vec![b'a'; LONGEST], false).is_ok());
    }

    #[test]
    fn own_secrets_are_texts_of_known_names_and_nothing_of_them_is_repeated() {
        let read = |text: &str| own_fields_of(text.as_bytes()).map(|fields| fields.len());
        assert_eq!(read(r#"{"bearer-token": "planted-a", "hmac-secret": "planted-\u0062"}"#), Ok(2));
        for (wrong, said) in [
            ("planted", "is not a JSON object"),
            ("[]", "is not a JSON object"),
            ("{}", "holds no secret"),
            (r#"{"planted": "x"}"#, "known are bearer-token, channel-token"),
            (r#"{"bearer_token": "planted"}"#, "known are bearer-token"),
            (r#"{"bearer-token": ["planted"]}"#, "has no text as bearer-token"),
            (r#"{"bearer-token": " "}"#, "or an empty one"),
            (r#"{"bearer-token": "planted", "bearer-token": "planted"}"#, "has bearer-token twice"),
        ] {
            let refused = read(wrong).unwrap_err();
            assert!(refused.contains(said) && !refused.contains("planted"), "{wrong}: {refused}");
        }
    }
}
