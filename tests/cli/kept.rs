//! What the project keeps of itself holds no secret of its tests: snapshots, pictures, documents.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::planted::{self, Revealed};

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["snap", "png", "md", "json"].iter().any(|it| end == *it))
        {
            found.push(path);
        }
    }
}

#[test]
fn no_snapshot_picture_or_document_holds_a_planted_value() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut kept = vec![root.join("README.md"), root.join("ARCHITECTURE.md")];
    for folder in ["docs", "src", "tests", "screenshots", "examples"] {
        collect(&root.join(folder), &mut kept);
    }
    assert!(kept.len() > 100, "{} files", kept.len());
    for file in kept {
        let bytes = fs::read(&file).unwrap();
        planted::search(&file.display().to_string(), &bytes, &Revealed::default());
    }
}
