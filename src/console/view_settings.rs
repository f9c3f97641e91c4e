//! How the lists and panes of a context are shown, as the user set it; and its file in the state folder,
//! which the thread of the drafts reads and writes.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::request::Pending;
use crate::console::screens::browse::{Column, ColumnChoice, ColumnList};
use crate::console::shell::layout::PaneSizes;
use crate::private_file::{check_owner, io_reason, make_folder, open, replace};

/// What a user can set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewSettings {
    pub panes: PaneSizes,
    pub columns: ColumnChoice,
}

/// The settings in effect, and how far their file is behind them.
#[derive(Debug, Default)]
pub struct ViewState {
    pub settings: ViewSettings,
    /// Whether the file was asked for.
    pub asked: bool,
    /// Whether something was set since the last save.
    pub changed: bool,
    pub loading: Pending<()>,
    pub saving: Pending<()>,
}

/// The folder in the state folder; one file a context, so that consoles on two of them do not meet.
const FOLDER: &str = "views";

/// The largest file that is read; ours are far smaller.
const LARGEST: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct ViewFile {
    context: String,
    #[serde(default)]
    panes: PaneSizes,
    /// Names of columns by list. A name that this version does not know is left out.
    #[serde(default)]
    columns: BTreeMap<String, Vec<String>>,
}

impl ViewSettings {
    /// Reads what was kept of a context; `None` if nothing was.
    ///
    /// # Errors
    /// Why the file cannot be used, with its path.
    pub(crate) fn load(state: &Path, context: &str) -> Result<Option<Self>, String> {
        let path = path(state, context);
        let mut text = String::new();
        let read = check_owner(&state.join(FOLDER))
            .and_then(|()| open(&path))
            .and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {}", path.display(), io_reason(&error))),
            Ok(_) => {}
        }
        let file: ViewFile = serde_json::from_str(&text)
            .map_err(|_| format!("{} is damaged; the next change of the view replaces it", path.display()))?;
        let mut settings = Self { panes: file.panes, ..Self::default() };
        for list in ColumnList::ALL {
            if let Some(names) = file.columns.get(list.name()) {
                settings.columns.set(list, names.iter().filter_map(|name| Column::named(name)));
            }
        }
        Ok(Some(settings))
    }

    /// Writes them for a context.
    ///
    /// # Errors
    /// Why that was not possible, with the path.
    pub(crate) fn save(&self, state: &Path, context: &str) -> Result<(), String> {
        let names = |list| self.columns.of(list).iter().map(|column| column.name().to_owned()).collect();
        // What was not chosen stays that of the version that reads it.
        let chosen = ColumnList::ALL.into_iter().filter(|list| self.columns.of(*list) != list.all());
        let columns = chosen.map(|list| (list.name().to_owned(), names(list))).collect();
        let file = ViewFile { context: context.to_owned(), panes: self.panes, columns };
        let path = path(state, context);
        let text = serde_json::to_vec_pretty(&file).map_err(|error| error.to_string())?;
        make_folder(&state.join(FOLDER))
            .and_then(|()| replace(&path, &text, false))
            .map_err(|error| format!("{}: {}", path.display(), io_reason(&error)))
    }
}

/// A context's name may hold what a file's may not.
fn path(state: &Path, context: &str) -> PathBuf {
    let digest = Sha256::digest(context.as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    state.join(FOLDER).join(name).with_extension("json")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings() -> ViewSettings {
        let mut settings = ViewSettings::default();
        settings.panes.documents = Some(70);
        settings.columns.set(ColumnList::Webhooks, [Column::Id, Column::Token]);
        settings
    }

    #[test]
    fn each_context_has_its_own_view() {
        let state = tempfile::tempdir().unwrap();
        let load = |context| ViewSettings::load(state.path(), context);
        assert_eq!(load("prod"), Ok(None));
        settings().save(state.path(), "prod").unwrap();
        ViewSettings::default().save(state.path(), "etcd 10.0.0.1:2379 /cwm/").unwrap();
        assert_eq!(load("prod"), Ok(Some(settings())));
        assert_eq!(load("etcd 10.0.0.1:2379 /cwm/"), Ok(Some(ViewSettings::default())));
        let mode = path(state.path(), "prod").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_says_so_and_is_replaced_by_the_next_save() {
        let state = tempfile::tempdir().unwrap();
        settings().save(state.path(), "prod").unwrap();
        for damage in ["", "{", "[]", "{\"context\":\"prod\",\"panes\":{\"documents\":-1}}", "\u{0}"] {
            fs::write(path(state.path(), "prod"), damage).unwrap();
            let told = ViewSettings::load(state.path(), "prod").unwrap_err();
            assert!(told.contains("is damaged"), "{told}");
        }
        settings().save(state.path(), "prod").unwrap();
        assert_eq!(ViewSettings::load(state.path(), "prod"), Ok(Some(settings())));
    }

    #[test]
    fn what_a_newer_version_wrote_is_read_as_far_as_it_is_known() {
        let state = tempfile::tempdir().unwrap();
        settings().save(state.path(), "prod").unwrap();
        let newer = r#"{"context":"prod","theme":"x","panes":{"documents":70,"fourth":3},
            "columns":{"webhooks":["id","colour","token"],"flags":["id"]}}"#;
        fs::write(path(state.path(), "prod"), newer).unwrap();
        assert_eq!(ViewSettings::load(state.path(), "prod"), Ok(Some(settings())));
    }
}
