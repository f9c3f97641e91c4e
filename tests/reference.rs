//! The documentation is current: the generated tables are those of the code, links and images lead
//! somewhere, and each page can be reached. `UPDATE_DOCS=1` writes the tables.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page with what stands between the marks `<!-- NAME -->` and `<!-- /NAME -->` replaced.
fn with_section(page: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin).expect("the page marks where the section begins");
    let (_, after) = rest.split_once(&end).expect("the page marks where the section ends");
    format!("{before}{begin}\n{content}\n{end}{after}")
}

fn assert_current(page: &str, name: &str, content: &str) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let current = with_section(&text, name, content);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, current).unwrap();
    } else {
        assert!(text == current, "{page} is out of date: run UPDATE_DOCS=1 cargo test --test reference");
    }
}

#[test]
fn the_table_of_settings_is_current() {
    assert_current("docs/configuration.md", "configuration", &confdeck::config::reference_table());
}

#[test]
fn the_table_of_rules_is_current() {
    use confdeck::check::rules;

    assert_current("docs/checks.md", "rules", &rules::reference_table());
    let row = |rule: &confdeck::check::Rule| {
        format!("| {} | {} | {} |\n", rule.id, rules::severity_word(rule.severity), rule.summary)
    };
    let rows: String = rules::all().map(row).collect();
    assert_current(
        "README.md",
        "rules",
        &format!("| rule | severity | what it finds |\n| --- | --- | --- |\n{rows}"),
    );
}

#[cfg(feature = "applications")]
#[test]
fn the_schema_of_application_files_is_current() {
    let path = root().join("schema/application.json");
    let current = format!("{:#}\n", confdeck::application::application_schema());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, current).unwrap();
    } else {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text == current, "the schema is out of date: run UPDATE_DOCS=1 cargo test --test reference");
    }
}

#[cfg(feature = "applications")]
#[test]
fn the_tables_of_application_files_are_current() {
    use confdeck::application::{member_tables, rank_table, type_table};

    let page = "docs/application-file.md";
    assert_current(page, "ranks", &rank_table());
    assert_current(page, "types", &type_table());
    assert_current(page, "members", &member_tables());
}

#[cfg(feature = "console")]
#[test]
fn the_table_of_keys_is_current() {
    assert_current("docs/keys.md", "keys", &confdeck::console::keymap::reference_table());
}

/// The pages under docs/.
fn docs() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    assert!(!pages.is_empty());
    pages
}

/// A page without its fenced blocks, where brackets are no links.
fn prose(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let mut fenced = false;
    let shown = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// The targets of the links and images of a page that lead to a file or a heading.
fn targets(path: &Path) -> Vec<String> {
    let text = prose(path);
    let found = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    found.map(|(target, _)| target.to_owned()).filter(|target| !target.contains("://")).collect()
}

/// The names by which links know the headings of a page, as GitHub makes them.
fn anchors(path: &Path) -> Vec<String> {
    let mut known = BTreeMap::<String, usize>::new();
    let text = prose(path);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = known.entry(name.clone()).or_default();
        *before += 1;
        if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
    };
    headings.map(anchor).collect()
}

#[test]
fn links_and_images_lead_somewhere() {
    let pages = [root().join("README.md"), root().join("ARCHITECTURE.md")].into_iter().chain(docs());
    let mut broken = Vec::new();
    for page in pages {
        for target in targets(&page) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let found =
                path.exists() && (heading.is_empty() || anchors(&path).iter().any(|it| it == heading));
            if !found {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn each_page_is_linked_from_the_readme_and_links_back() {
    let linked: Vec<_> = targets(&root().join("README.md"));
    for page in docs() {
        let name = format!("docs/{}", page.file_name().unwrap().to_str().unwrap());
        assert!(linked.contains(&name), "README.md does not link to {name}");
        assert!(targets(&page).iter().any(|target| target == "../README.md"), "{name} does not link back");
    }
}

/// Both ways: no page shows a picture that nobody can draw, and no picture is drawn that no page shows.
#[test]
fn each_picture_is_drawn_by_a_scene_and_shown_on_a_page() {
    let scenes = fs::read_to_string(root().join("tests/e2e/scenes.rs")).unwrap();
    let drawn = scenes.split("draw(&terminal, \"").skip(1).filter_map(|rest| rest.split_once('"'));
    let drawn: BTreeSet<_> = drawn.map(|(name, _)| name.to_owned()).collect();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let is_picture = |path: &Path| path.extension().is_some_and(|end| end == "png");
    let pages = docs().into_iter().chain([root().join("README.md")]);
    let shown = pages.flat_map(|page| targets(&page)).map(PathBuf::from);
    let shown: BTreeSet<_> = shown.filter(|path| is_picture(path)).map(|path| name(&path)).collect();
    assert_eq!(shown, drawn, "shown on a page, and drawn by a scene");
    let kept = fs::read_dir(root().join("screenshots")).unwrap().map(|entry| entry.unwrap().path());
    let kept: BTreeSet<_> = kept.filter(|path| is_picture(path)).map(|path| name(&path)).collect();
    assert_eq!(kept, drawn, "in screenshots/, and drawn by a scene");
}

/// What the page of the library calls `OWNER::NAME` outside of its programs, which are compiled.
#[test]
fn the_names_on_the_page_of_the_library_are_those_of_the_code() {
    let mut sources = sources(&root().join("src"));
    sources.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    let page = prose(&root().join("docs/library.md"));
    let is_of_others = |path: &str| ["std", "futures"].contains(&path.split(':').next().unwrap());
    let code = page.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))));
    let mut unknown = Vec::new();
    for path in words.filter(|word| word.contains("::") && !is_of_others(word)) {
        let names: Vec<_> = path.split("::").collect();
        let [.., owner, name] = *names else { continue };
        let is_owner = |path: &Path, text: &str| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let declares = |word: &str| text.split(&format!("{word} {owner}")).skip(1).any(ends);
            let is_module =
                path.iter().any(|part| Path::new(part).file_stem().is_some_and(|stem| stem == owner));
            is_module || ["enum", "struct", "trait", "impl"].into_iter().any(declares)
        };
        let knows = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            // A derived `default` is written with a capital.
            is_owner(path, &text) && text.to_lowercase().contains(&name.to_lowercase())
        };
        if !sources.iter().any(knows) {
            unknown.push(path);
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The source files of a folder, without tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let product = paths.filter(|path| {
        !["tests", "sample", "tests.rs", "fixture.rs"].iter().any(|name| path.ends_with(name))
    });
    product.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The first sentence of a file's own description.
fn purpose(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let sentence = paragraph.split_once(". ").map_or(&*paragraph, |(first, _)| first);
    sentence.trim_end_matches(['.', ':']).replace('|', "\\|")
}

/// Without what only tests read.
#[test]
fn the_table_of_source_files_is_current() {
    let src = root().join("src");
    let mut files = sources(&src);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let (mut table, mut room) = (String::new(), None);
    for path in files {
        let name = path.strip_prefix(&src).unwrap();
        let first = name.parent().unwrap().components().next();
        let first = first.map_or("src".to_owned(), |first| first.as_os_str().to_str().unwrap().to_owned());
        if room.as_ref() != Some(&first) {
            let gap = if table.is_empty() { "" } else { "\n" };
            table += &format!("{gap}## {first}\n\n| file | what it is for |\n| --- | --- |\n");
            room = Some(first);
        }
        let purpose = purpose(&path);
        assert!(!purpose.is_empty(), "{} does not say what it is for", path.display());
        table += &format!("| `{}` | {purpose} |\n", name.display());
    }
    assert_current("docs/source.md", "source", &table);
}

/// What follows `crate::` in a file, without its tests: `console::model::{Model, Tone}`.
fn imports(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<String>();
    code.split("crate::").skip(1).map(|rest| rest.split(';').next().unwrap().to_owned()).collect()
}

#[test]
fn rooms_import_what_the_map_says() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let map = map.split("## The map").nth(1).unwrap().split("Within `console`").next().unwrap();
    let mut above: Vec<&str> = Vec::new();
    let mut wrong = Vec::new();
    for row in map.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim()).collect();
        let (room, may) = (cells[0].trim_matches('`'), cells[2]);
        let named: Vec<_> = may.split('`').skip(1).step_by(2).collect();
        let allowed = |other: &str| {
            if may.starts_with("all above") { above.contains(&other) } else { named.contains(&other) }
        };
        let files = sources(&root().join("src").join(room));
        assert!(!files.is_empty(), "the map names {room}, which is not there");
        for (file, import) in
            files.iter().flat_map(|file| imports(file).into_iter().map(move |it| (file, it)))
        {
            let other = import.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if other != room && !allowed(other) {
                wrong.push(format!("{}: {other}", file.display()));
            }
        }
        above.push(room);
    }
    assert!(
        wrong.is_empty(),
        "imports that the map of ARCHITECTURE.md does not allow:\n{}",
        wrong.join("\n")
    );
}

/// Within the console: states, then the model, then effects, then screens, then what lists them and the
/// dispatch.
#[test]
fn within_the_console_files_import_downward() {
    let never = [
        (
            "state.rs",
            &["console::model::Model", "console::effect", "console::component", "console::update"][..],
        ),
        ("model/", &["console::effect", "console::compute", "console::component", "console::update"]),
        ("screens/", &["console::update", "console::runtime", "screens::front", "screens::component"]),
        ("overlays/", &["console::update", "console::runtime", "screens::front", "screens::component"]),
    ];
    let console = root().join("src/console");
    let mut wrong = Vec::new();
    for file in sources(&console) {
        let name = file.strip_prefix(&console).unwrap().to_str().unwrap().to_owned();
        let rules = never.iter().filter(|(of, _)| name.starts_with(of) || name.ends_with(&format!("/{of}")));
        for (import, not) in imports(&file).iter().flat_map(|it| rules.clone().map(move |(_, not)| (it, not)))
        {
            wrong.extend(not.iter().filter(|not| import.contains(*not)).map(|not| format!("{name}: {not}")));
        }
    }
    assert!(wrong.is_empty(), "imports that lead upward:\n{}", wrong.join("\n"));
}

/// What a log line says is for a person: fields and messages are words, never the `Debug` form of a type, in
/// which `retry_in=Some(1.016s)` is a duration.
#[test]
fn no_log_line_holds_the_debug_form_of_a_value() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for file in sources(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        for call in product.split("tracing::").skip(1) {
            let level = call.split('(').next().unwrap();
            if !["error!", "warn!", "info!", "debug!", "trace!"].contains(&level) {
                continue;
            }
            lines += 1;
            let call: String = call.split(';').next().unwrap().split_whitespace().collect();
            if ["=?", "(?", ",?", ":?}", ",reason,"].iter().any(|debug| call.contains(debug)) {
                wrong.push(format!("{}: {call}", file.display()));
            }
        }
    }
    assert!(lines > 15, "{lines}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
