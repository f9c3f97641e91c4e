//! The library as another crate has it: the crate is made from docs/library.md alone, its programs are the
//! page's, which are those of rustdoc, and they run on files, on a real etcd, and with a real OpenBao.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use support::bao::Bao;
use support::etcd::EtcdServer;

/// Planted in a variable, and never to be seen in what a program prints.
const SECRET: &str = "planted-plain";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let found = page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    found.collect()
}

fn page() -> String {
    fs::read_to_string(root().join("docs/library.md")).unwrap()
}

/// The programs of the page, in its order.
const PROGRAMS: [&str; 3] = ["first", "live", "secrets"];

/// A crate that names confdeck with these features.
struct Dependent {
    folder: tempfile::TempDir,
    target: PathBuf,
}

impl Dependent {
    /// As the page says: its dependencies, its programs. Only where confdeck is differs.
    fn of_the_page() -> Self {
        let page = page();
        let dependencies = &blocks(&page, "toml")[0];
        let dependent = Self::new(dependencies);
        let programs = blocks(&page, "rust");
        assert_eq!(programs.len(), PROGRAMS.len());
        for (name, program) in PROGRAMS.iter().zip(programs) {
            fs::write(dependent.folder.path().join(format!("src/bin/{name}.rs")), program).unwrap();
        }
        dependent
    }

    fn new(dependencies: &str) -> Self {
        // Outside of this checkout, whose .cargo/config.toml sets PROTOC for builds in it.
        let folder = tempfile::tempdir().unwrap();
        let checkout = format!("path = {:?}", root().display().to_string());
        let dependencies = dependencies.replace("path = \"../confdeck\"", &checkout);
        assert!(dependencies.contains(&checkout), "{dependencies}");
        let package = "[package]\nname = \"dependent\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";
        fs::write(folder.path().join("Cargo.toml"), format!("{package}{dependencies}")).unwrap();
        // The versions that are tested here, so that nothing is fetched.
        fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        fs::create_dir_all(folder.path().join("src/bin")).unwrap();
        // What is built already is not built again, where its features are the same.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap().to_owned();
        Self { folder, target }
    }

    fn build(&self, protoc: &Path) -> Output {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--offline", "--quiet"]).current_dir(self.folder.path());
        build.env("CARGO_TARGET_DIR", &self.target).env("PROTOC", protoc);
        // The profile of this checkout: another one would build every dependency anew.
        if std::env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
            build.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
        }
        build.output().unwrap()
    }

    /// Runs a program in a folder of its own with no other variables; what it prints, and whether it ended well.
    fn run(&self, program: &str, variables: &[(&str, &str)]) -> (String, bool) {
        let folder = tempfile::tempdir().unwrap();
        let mut run = Command::new(self.target.join("debug").join(program));
        run.env_clear().envs(variables.iter().copied()).current_dir(folder.path());
        let output = run.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert!(!printed.contains(SECRET), "a secret is printed");
        (printed, output.status.success())
    }

    #[track_caller]
    fn prints(&self, program: &str, variables: &[(&str, &str)]) -> String {
        let (printed, ended_well) = self.run(program, variables);
        assert!(ended_well, "{program}: {printed}");
        printed
    }
}

/// Built once for all tests of this program.
fn dependent() -> &'static Dependent {
    static BUILT: OnceLock<Dependent> = OnceLock::new();
    BUILT.get_or_init(|| {
        let dependent = Dependent::of_the_page();
        let built = dependent.build(&root().join("tools/protoc"));
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        dependent
    })
}

#[test]
fn a_build_without_etcd_needs_no_protoc_and_says_what_it_cannot_open() {
    let page = page();
    let dependencies = blocks(&page, "toml")[0].replace(", features = [\"etcd\", \"vault\"]", "");
    assert!(!dependencies.contains("vault"), "{dependencies}");
    let small = Dependent::new(&dependencies);
    fs::write(small.folder.path().join("src/bin/small.rs"), &blocks(&page, "rust")[1]).unwrap();
    let built = small.build(Path::new("/nonexistent/protoc"));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert!(small.prints("small", &[]).contains("its topic is \"orders\""));
    for (variable, store) in [("CONFIG_BACKEND", "etcd"), ("SECRETS_BACKEND", "vault")] {
        let (printed, ended_well) = small.run("small", &[(variable, store)]);
        assert!(!ended_well && printed.contains(variable), "{printed}");
        assert!(printed.contains(&format!("{store} is not built into this program")), "{printed}");
    }
}

/// The doc comments of a source file, as rustdoc reads them.
fn rustdoc(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"))?;
        Some(line.strip_prefix(' ').unwrap_or(line))
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_programs_of_the_page_are_the_examples_of_rustdoc() {
    let sources = ["src/lib.rs", "src/manager/mod.rs", "src/manager/create.rs"];
    let programs = blocks(&page(), "rust");
    assert_eq!(programs.len(), sources.len());
    for (program, source) in programs.iter().zip(sources) {
        let documented = rustdoc(&root().join(source));
        assert!(
            documented.contains(&format!("\n{program}```\n")),
            "{source} has another example than:\n{program}"
        );
    }
}

#[test]
fn it_runs_in_memory_and_on_files() {
    assert_eq!(dependent().prints("first", &[]), "");
    let live = dependent().prints("live", &[("TOPIC", "invoices")]);
    assert_eq!(live, "default/orders is there\nits topic is \"invoices\"\n");
}

#[test]
fn it_runs_on_etcd() {
    let etcd = EtcdServer::shared();
    let address = etcd.address();
    let variables = [("CONFIG_BACKEND", "etcd"), ("ETCD_HOST", &*address), ("ETCD_PREFIX", "/dependent/")];
    let live = dependent().prints("live", &variables);
    assert_eq!(live, "default/orders is there\nits topic is \"orders\"\n");
    let stored = etcd.etcdctl(&["get", "/dependent/default/webhooks/orders", "--print-value-only"]);
    assert!(String::from_utf8(stored.stdout).unwrap().contains("\"module\": \"log\""));
}

#[test]
fn it_runs_with_a_vault() {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    let (address, token) = (bao.address(), bao.root_token());
    let variables = [
        ("SECRETS_BACKEND", "vault"),
        ("VAULT_ADDR", &*address),
        ("VAULT_TOKEN", &*token),
        ("NEW_TOKEN", SECRET),
    ];
    // Twice: what is deleted with its secrets can be created again.
    for _ in 0..2 {
        let printed = dependent().prints("secrets", &variables);
        let expected = "default/payments was created, its secrets are at webhooks/payments/secrets\n\
                        default/payments and webhooks/payments/secrets were deleted\n";
        assert_eq!(printed, expected);
    }
    assert_eq!(bao.root("GET", "webhooks/metadata/payments/secrets", &Value::Null).0, 404);
}
