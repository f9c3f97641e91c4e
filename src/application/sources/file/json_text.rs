//! A member of a JSON text set or removed.

use serde_json::Value;
use zeroize::Zeroizing;

use super::writer::WriteRefusal;
use crate::application::SettingPath;
use crate::compare::set_member;
use crate::domain::json::indent;

/// The text of a new file.
pub(super) const EMPTY: &str = "{}\n";

/// The texts that may be written, the best one first.
pub(super) fn edited(
    text: &str,
    path: &SettingPath,
    value: Option<&Value>,
) -> Result<Vec<Zeroizing<String>>, WriteRefusal> {
    let names: Vec<&str> = path.names().collect();
    let value = value.map(|value| Zeroizing::new(value.to_string()));
    let edited = set_member(text, &names, value.as_ref().map(|value| value.as_str()));
    let edited =
        Zeroizing::new(edited.map_err(|error| WriteRefusal::new(error.to_string(), "repair it first"))?);
    // There is no layout yet to follow.
    let laid_out = (text.trim() == EMPTY.trim()).then(|| indent(edited.trim())).flatten();
    Ok(vec![laid_out.map_or(edited, |laid_out| Zeroizing::new(laid_out + "\n"))])
}
