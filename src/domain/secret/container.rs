//! What the names that lead to an object or an array say of what is in it.

use super::{Masking, Secrecy, is_pair_value};
use crate::domain::json::JsonEvent;

/// An object or array that has opened and not closed.
pub(crate) struct SecrecyContainer {
    pub(crate) object: bool,
    /// How many items of an array have begun.
    pub(crate) items: u32,
    /// Where it opens in the text.
    start: usize,
    /// What is known of its contents from the names that lead to it.
    secrecy: Secrecy,
    /// What an object that is a pair says of its value, once that was asked for; what the first item of an array
    /// within an array, such as `["X-Api-Key", …]`, says of the second.
    named: Option<Secrecy>,
}

impl SecrecyContainer {
    /// `secrecy` is that of the value which opens.
    pub(crate) fn open(event: JsonEvent, secrecy: Secrecy) -> Self {
        let object = matches!(event, JsonEvent::OpenObject(_));
        let start = match event {
            JsonEvent::OpenObject(start) | JsonEvent::OpenArray(start) => start,
            _ => 0,
        };
        Self { object, items: 0, start, secrecy: secrecy.within(object), named: None }
    }

    /// What is known of the value that `names` lead to, which is in this container of `text`.
    pub(crate) fn member<S: AsRef<str>>(&mut self, masking: &Masking, names: &[S], text: &str) -> Secrecy {
        if self.secrecy == Secrecy::All {
            return Secrecy::All;
        }
        if !self.object {
            return self.secrecy.max(self.named.filter(|_| self.items == 2).unwrap_or_default());
        }
        // Names further up were asked when their containers opened.
        let own = self.secrecy.max(masking.member_secrecy(names));
        if own == Secrecy::All || !names.last().is_some_and(|name| is_pair_value(name.as_ref())) {
            return own;
        }
        let text = text.get(self.start..).unwrap_or_default();
        own.max(*self.named.get_or_insert_with(|| masking.names().pair_secrecy(text, false)))
    }

    /// A text is read in this container, which `outer` contains: the first of two in an array names the second.
    pub(crate) fn read(&mut self, masking: &Masking, outer: &Self, value: &str) {
        if !outer.object && !self.object && self.items == 1 {
            self.named = Some(masking.names().pair_name_secrecy(value));
        }
    }
}
