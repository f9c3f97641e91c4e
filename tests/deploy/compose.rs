//! `docker-compose.yml` as far as the environments use it. What is not named here is refused, so that
//! nothing stands in a file that the tests do not look at.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compose {
    pub(crate) name: String,
    pub(crate) services: BTreeMap<String, Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    pub(crate) image: String,
    pub(crate) build: Option<Build>,
    pub(crate) user: String,
    pub(crate) read_only: bool,
    pub(crate) cap_drop: Vec<String>,
    pub(crate) security_opt: Vec<String>,
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) env_file: Vec<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) volumes: Vec<String>,
    #[serde(default)]
    pub(crate) tmpfs: Vec<String>,
    #[serde(default)]
    pub(crate) ports: Vec<String>,
    pub(crate) healthcheck: Option<Healthcheck>,
    #[serde(default)]
    pub(crate) depends_on: BTreeMap<String, Dependency>,
    #[serde(default)]
    pub(crate) profiles: Vec<String>,
    pub(crate) restart: Option<String>,
    #[serde(default)]
    pub(crate) stdin_open: bool,
    #[serde(default)]
    pub(crate) tty: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    pub(crate) context: String,
    pub(crate) dockerfile: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Healthcheck {
    pub(crate) test: Vec<String>,
    pub(crate) interval: String,
    pub(crate) timeout: String,
    pub(crate) retries: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    pub(crate) condition: String,
}

/// A volume: a path of ours, and where the container has it.
pub(crate) struct Mount<'a> {
    pub(crate) ours: &'a str,
    pub(crate) theirs: &'a str,
    pub(crate) read_only: bool,
}

/// A port on our side, and the container's.
pub(crate) struct Published<'a> {
    pub(crate) address: &'a str,
    pub(crate) ours: u16,
    pub(crate) theirs: u16,
}

impl Compose {
    /// Reads the file of an environment's folder, with `variables` in the place of `${NAME}`.
    pub(crate) fn read(folder: &Path, variables: &BTreeMap<String, String>) -> Self {
        let path = folder.join("docker-compose.yml");
        let text = fs::read_to_string(&path).unwrap();
        let mut value: Value =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // Extensions hold what services share; the anchors in them are resolved by now.
        value.as_object_mut().unwrap().retain(|name, _| !name.starts_with("x-"));
        interpolate(&mut value, variables);
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every published port and whose it is.
    pub(crate) fn published(&self) -> impl Iterator<Item = (&str, Published<'_>)> {
        self.services
            .iter()
            .flat_map(|(name, service)| service.published().map(move |port| (name.as_str(), port)))
    }
}

impl Service {
    /// What is run: program and arguments.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.entrypoint.iter().chain(&self.command).map(String::as_str).collect()
    }

    pub(crate) fn mounts(&self) -> impl Iterator<Item = Mount<'_>> {
        self.volumes.iter().map(|volume| match volume.split(':').collect::<Vec<_>>()[..] {
            [ours, theirs] => Mount { ours, theirs, read_only: false },
            [ours, theirs, "ro"] => Mount { ours, theirs, read_only: true },
            _ => panic!("not OURS:THEIRS or OURS:THEIRS:ro: {volume}"),
        })
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = Published<'_>> {
        self.ports.iter().map(|port| match port.split(':').collect::<Vec<_>>()[..] {
            [address, ours, theirs] => {
                Published { address, ours: ours.parse().unwrap(), theirs: theirs.parse().unwrap() }
            }
            _ => panic!("not ADDRESS:OURS:THEIRS: {port}"),
        })
    }
}

/// `${NAME}` is a variable and `$$` a dollar; anything else with a dollar is refused.
fn interpolate(value: &mut Value, variables: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => *text = interpolated(text, variables),
        Value::Array(items) => items.iter_mut().for_each(|item| interpolate(item, variables)),
        Value::Object(members) => members.values_mut().for_each(|member| interpolate(member, variables)),
        _ => {}
    }
}

fn interpolated(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap().to_owned();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            out.push('$');
            out.push_str(parts.next().unwrap_or_default());
            continue;
        }
        let named = part.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, rest) = named.unwrap_or_else(|| panic!("a lone dollar in {text}"));
        out.push_str(variables.get(name).unwrap_or_else(|| panic!("${{{name}}} is not set")));
        out.push_str(rest);
    }
    out
}

/// The lines `NAME=VALUE` of a variables file.
pub(crate) fn variables(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{}: {line}", path.display()));
        (name.to_owned(), value.to_owned())
    };
    lines.map(pair).collect()
}
