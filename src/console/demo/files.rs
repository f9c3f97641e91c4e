//! The demo on real files: one namespace in a temporary folder that is removed at the end.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;

use super::seed_data;
use crate::provider::file::FileSettings;

/// The interval between two simulated edits.
const PACE: Duration = Duration::from_secs(9);

/// The two files in their temporary folder, which is removed on drop.
pub struct FilesDemo {
    _folder: TempDir,
    pub settings: FileSettings,
}

impl FilesDemo {
    /// Writes the files.
    ///
    /// # Errors
    /// If the temporary folder cannot be created.
    pub fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("confdeck-demo.").tempdir()?;
        let [webhooks, connections] =
            ["webhooks.json", "connections.json"].map(|name| folder.path().join(name));
        std::fs::write(&webhooks, file_text(seed_data::members(false)))?;
        std::fs::write(&connections, file_text(seed_data::members(true)))?;
        Ok(Self { _folder: folder, settings: FileSettings { webhooks, connections } })
    }
}

fn file_text(members: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let members: Vec<_> = members
        .map(|(name, text)| format!("  \"{name}\": {}", text.trim_end().replace('\n', "\n  ")))
        .collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// Edits the webhooks file regularly, as another program would.
pub async fn simulate_file_edits(webhooks: PathBuf) {
    for limit in (100..).step_by(10) {
        sleep(PACE).await;
        let Ok(text) = std::fs::read_to_string(&webhooks) else { continue };
        let Some((head, tail)) = text.split_once("\"max_requests\": ") else { continue };
        let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        // If the folder is no longer writable, the demo continues without changes.
        let _ = std::fs::write(&webhooks, format!("{head}\"max_requests\": {limit}{rest}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::check_object;

    #[test]
    fn the_files_are_what_the_receiver_reads_and_go_away() {
        let demo = FilesDemo::new().unwrap();
        let folder = demo.settings.webhooks.parent().unwrap().to_owned();
        for path in [&demo.settings.webhooks, &demo.settings.connections] {
            check_object(&std::fs::read_to_string(path).unwrap()).unwrap();
        }
        drop(demo);
        assert!(!folder.exists());
    }
}
