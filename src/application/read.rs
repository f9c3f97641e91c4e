//! Values of settings as the types of a program. serde's own errors quote values, which may be secrets: these
//! tell what was expected, and where.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};
use serde_json::{Map, Value};

/// What does not fit the type of a program, without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The members that lead to it, innermost first.
    trail: Vec<String>,
    pub(super) expected: String,
    /// `None` if nothing is there.
    pub(super) found: Option<String>,
}

impl Misfit {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { trail: Vec::new(), expected: expected.into(), found: Some(found.into()) }
    }

    fn missing() -> Self {
        Self { trail: Vec::new(), expected: "a value".into(), found: None }
    }

    /// The members that lead to it, outermost first.
    pub(super) fn trail(&self) -> impl Iterator<Item = &str> {
        self.trail.iter().rev().map(String::as_str)
    }

    fn within(mut self, name: &str) -> Self {
        self.trail.push(name.to_owned());
        self
    }
}

/// # Errors
/// The first part of the value that does not fit.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    T::deserialize(ValueReader(value))
}

impl std::error::Error for Misfit {}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found.as_deref().unwrap_or("none"))
    }
}

impl de::Error for Misfit {
    /// The words of a type's own error may quote the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("a value that its type accepts", "another")
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), kind(&found))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), format!("{} out of its range", kind(&found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), format!("{length} items"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("one of {}", expected.join(", ")), "another text")
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("one of the members {}", expected.join(", ")), "another member").within(name)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::missing().within(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new("one value", "two").within(name)
    }
}

fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq | Unexpected::TupleVariant => "a list",
        Unexpected::Map | Unexpected::StructVariant => "a section",
        _ => "something else",
    }
}

#[derive(Clone, Copy)]
struct ValueReader<'a>(&'a Value);

impl<'de> IntoDeserializer<'de, Misfit> for ValueReader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for ValueReader<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(ValueReader));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(members) => visitor.visit_map(MemberReader::of(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &str, _: &[&str], visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Object(members) => {
                visitor.visit_enum(MapAccessDeserializer::new(MemberReader::of(members)))
            }
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A duration is a number of seconds, as settings of that type are; serde asks for its parts.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &str,
        fields: &[&str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let seconds = self.0.as_f64().filter(|_| name == "Duration" && fields == ["secs", "nanos"]);
        match seconds.map(std::time::Duration::try_from_secs_f64) {
            Some(Ok(duration)) => {
                let parts = [duration.as_secs(), u64::from(duration.subsec_nanos())];
                visitor.visit_seq(SeqDeserializer::new(parts.into_iter()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

struct MemberReader<'a> {
    rest: serde_json::map::Iter<'a>,
    current: Option<(&'a String, &'a Value)>,
}

impl<'a> MemberReader<'a> {
    fn of(members: &'a Map<String, Value>) -> Self {
        Self { rest: members.iter(), current: None }
    }
}

impl<'de> de::MapAccess<'de> for MemberReader<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.current = self.rest.next();
        let name = self.current.map(|(name, _)| name.as_str().into_deserializer());
        name.map(|name: de::value::StrDeserializer<'_, Misfit>| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((name, value)) = self.current.take() else {
            return Err(Misfit::missing());
        };
        seed.deserialize(ValueReader(value)).map_err(|misfit| misfit.within(name))
    }
}
