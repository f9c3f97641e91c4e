//! `settings list`: what is in force, each value with its layer and place.

use super::SettingsContext;
use super::args::SettingListArgs;
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Printer, cell, table, whole};

pub(super) async fn run(
    context: &SettingsContext<'_>,
    list: SettingListArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let filter = context.consented(&list.reveal)?;
    let open = context.open().await?;
    if let Some(layer) = &list.layer {
        open.check_layer(layer)?;
    }
    let version = open.application.version();
    let values: Vec<_> = version
        .iter()
        .filter(|it| list.path.as_ref().is_none_or(|path| path == it.path() || path.contains(it.path())))
        .filter(|it| list.layer.as_ref().is_none_or(|layer| *layer == *it.origin().layer))
        .collect();
    if let Some(path) = list.path.as_ref().filter(|_| values.is_empty() && list.layer.is_none()) {
        return Err(Exit::NOT_FOUND.because(format!("no layer has a value of {path}, or of anything in it")));
    }
    let rows: Vec<_> = values.iter().map(|value| filter.report(&open, value)).collect();
    context.note_revealed(&open, &filter, &list.reveal, values.iter().copied()).await;
    out.result(list.output.format, &rows, |rows| {
        let cells = rows.iter().zip(&values).map(|(row, value)| {
            let shadows = if row.shadows.is_empty() { String::new() } else { row.shadows.len().to_string() };
            let spec = open.spec.settings.get(value.path());
            [
                whole(&row.path),
                cell(&row.value.words(spec)),
                cell(&row.origin.layer),
                whole(&row.origin.place),
                cell(&shadows),
            ]
        });
        table(["SETTING", "VALUE", "LAYER", "PLACE", "SHADOWS"], cells)
    })
}
