//! Why a file could not be read or written, in words of our own where the standard library's are a
//! programmer's.

use std::io::{self, ErrorKind};

/// The reason alone; the caller names the file and says what to do.
pub(crate) fn io_reason(error: &io::Error) -> String {
    // Our own words, where an operation of ours failed.
    if let Some(words) = error.get_ref() {
        return words.to_string();
    }
    let kind = error.kind();
    match kind {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::AlreadyExists => "it exists already".into(),
        ErrorKind::UnexpectedEof => "it ends too early".into(),
        // Only the system knows what happened.
        _ if is_vague(kind) => match error.raw_os_error() {
            Some(number) => {
                let words = io::Error::from_raw_os_error(number).to_string();
                let end = words.find(" (os error").unwrap_or(words.len());
                words.chars().take(end).collect::<String>().to_lowercase()
            }
            None => kind.to_string(),
        },
        _ => kind.to_string(),
    }
}

/// Whether a kind says nothing about the file; that of errors without a kind of their own has no name.
fn is_vague(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Other | ErrorKind::InvalidInput | ErrorKind::InvalidData)
        || kind.to_string().starts_with("uncategorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_told_as_one_and_no_reason_speaks_of_entities() {
        let missing = std::fs::read("/no/such/file").unwrap_err();
        assert_eq!(io_reason(&missing), "there is no such file or folder");
        for number in 1..=133 {
            let reason = io_reason(&io::Error::from_raw_os_error(number));
            for foreign in ["entity", "uncategorized", "os error", "parameter", "other error"] {
                assert!(!reason.contains(foreign), "{number}: {reason}");
            }
        }
        assert_eq!(io_reason(&io::Error::from_raw_os_error(13)), "permission denied");
    }
}
