//! The types of settings.

/// The type of a setting. A table says of each what it is called, what fits it, and which limits it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A finite number.
    Float,
    /// `true` or `false`; as a text also `1 yes y on`, `0 no n off`, in any case.
    Boolean,
    /// Of texts; a text is split at commas, its parts without blanks around them, empty ones dropped.
    List,
    /// As a value it is a number of seconds; as a text also `1h30m`.
    Duration,
    /// As a value it is a number of bytes; as a text also `64KiB`.
    Bytes,
    /// With a scheme and `://`, as it is written.
    Url,
    Json,
}

/// What is to be said of a type.
pub(super) struct TypeWords {
    pub(super) value_type: ValueType,
    /// In an application file.
    pub(super) name: &'static str,
    /// What a value must be.
    pub(super) wanted: &'static str,
    /// Whether it has `min` and `max`.
    pub(super) is_number: bool,
    /// What `min_length` counts; nothing where there is no length.
    pub(super) counted: Option<&'static str>,
}

const fn row(value_type: ValueType, name: &'static str, wanted: &'static str) -> TypeWords {
    TypeWords { value_type, name, wanted, is_number: false, counted: None }
}

const fn number(value_type: ValueType, name: &'static str, wanted: &'static str) -> TypeWords {
    TypeWords { is_number: true, ..row(value_type, name, wanted) }
}

const fn counted(
    value_type: ValueType,
    name: &'static str,
    wanted: &'static str,
    of: &'static str,
) -> TypeWords {
    TypeWords { counted: Some(of), ..row(value_type, name, wanted) }
}

pub(super) const TYPES: [TypeWords; 9] = [
    counted(ValueType::Text, "text", "text", "characters"),
    number(ValueType::Integer, "integer", "a whole number of 64 bits, as 5"),
    number(ValueType::Float, "float", "a number, as 0.5"),
    row(ValueType::Boolean, "boolean", "true or false; as a text also 1 yes y on, 0 no n off"),
    counted(ValueType::List, "list", "a list of texts; as a text its parts are separated by commas", "items"),
    number(ValueType::Duration, "duration", "a duration: a number of seconds, or a text as 1h30m or 500ms"),
    number(
        ValueType::Bytes,
        "bytes",
        "a number of bytes, or a text as 64KiB (of 1024) or 10MB (of 1000 times 1000)",
    ),
    counted(ValueType::Url, "url", "a URL with a scheme and ://, as https://host/path", "characters"),
    row(ValueType::Json, "json", "JSON"),
];

impl ValueType {
    pub(super) fn words(self) -> &'static TypeWords {
        const TEXT: &TypeWords = &TYPES[0];
        TYPES.iter().find(|words| words.value_type == self).unwrap_or(TEXT)
    }

    /// As it is called in an application file.
    pub fn name(self) -> &'static str {
        self.words().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_row() {
        use ValueType::{Boolean, Bytes, Duration, Float, Integer, Json, List, Text, Url};
        for value_type in [Text, Integer, Float, Boolean, List, Duration, Bytes, Url, Json] {
            assert_eq!(TYPES.iter().filter(|words| words.value_type == value_type).count(), 1);
        }
    }
}
