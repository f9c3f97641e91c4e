//! What can be said of the files without running them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compose::{Compose, Service};
use crate::{ENVIRONMENTS, deploy};

fn environments() -> impl Iterator<Item = (PathBuf, Compose)> {
    ENVIRONMENTS.into_iter().map(|name| {
        let folder = deploy().join(name);
        let user = BTreeMap::from([("DEPLOY_USER".to_owned(), "1000:1000".to_owned())]);
        let compose = Compose::read(&folder, &user);
        assert_eq!(compose.name, format!("confdeck-{name}"));
        (folder, compose)
    })
}

fn services() -> Vec<(String, PathBuf, Service)> {
    let each = |(folder, compose): (PathBuf, Compose)| {
        let named = move |(name, service)| (format!("{}/{name}", compose.name), folder.clone(), service);
        compose.services.into_iter().map(named)
    };
    environments().flat_map(each).collect()
}

/// Every committed file below the folder, without what environments have made there.
fn committed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept = entries.filter(|path| !path.ends_with("made") && !path.ends_with(".env"));
    kept.flat_map(|path| if path.is_dir() { committed(&path) } else { vec![path] }).collect()
}

#[test]
fn every_file_that_a_service_names_is_there() {
    for (name, folder, service) in services() {
        let files = service.env_file.iter().map(String::as_str);
        let named = files.chain(service.mounts().map(|mount| mount.ours));
        for path in named.filter(|path| !path.trim_start_matches("./").starts_with("made/")) {
            assert!(folder.join(path).exists(), "{name}: {path}");
        }
        if let Some(build) = &service.build {
            let context = folder.join(&build.context);
            assert!(context.join("Cargo.toml").is_file(), "{name}: {}", build.context);
            assert!(context.join(&build.dockerfile).is_file(), "{name}: {}", build.dockerfile);
        }
    }
}

#[test]
fn our_image_holds_every_program_that_is_run_in_it() {
    let dockerfile = fs::read_to_string(deploy().join("Dockerfile")).unwrap();
    for (name, _, service) in services().iter().filter(|(_, _, service)| service.build.is_some()) {
        let checked = service.healthcheck.iter().map(|check| check.test[1].as_str());
        for program in checked.chain([service.words()[0]]).filter(|program| *program != "sh") {
            assert!(dockerfile.contains(program), "{name} runs {program}");
        }
    }
}

#[test]
fn ports_are_on_loopback_and_all_environments_fit_on_one_machine() {
    let mut seen = BTreeSet::new();
    for (_, compose) in environments() {
        for (name, port) in compose.published() {
            assert_eq!(port.address, "127.0.0.1", "{}/{name}", compose.name);
            assert!(seen.insert(port.ours), "{}/{name}: port {} twice", compose.name, port.ours);
        }
    }
    assert_eq!(seen.len(), 8);
}

#[test]
fn containers_have_no_more_rights_than_they_need() {
    for (name, _, service) in services() {
        assert_eq!(service.user, "1000:1000", "{name}");
        assert!(service.read_only, "{name}");
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
        for mount in service.mounts() {
            let own = mount.theirs.starts_with("/data") || mount.theirs == "/keys";
            let edited = mount.theirs == "/config" && service.profiles == ["tools"];
            assert_eq!(!mount.read_only, own || edited, "{name}: {}", mount.theirs);
        }
        assert!(service.tmpfs.iter().all(|path| path == "/tmp"), "{name}");
    }
}

#[test]
fn what_keeps_running_is_watched_and_comes_back_and_what_does_not_is_a_tool() {
    for (name, _, service) in services() {
        let runs = service.profiles.is_empty();
        assert_eq!(service.healthcheck.is_some(), runs, "{name}");
        assert_eq!(service.restart.as_deref(), runs.then_some("unless-stopped"), "{name}");
        assert!(runs || service.profiles == ["tools"], "{name}");
        let typed_at = name.ends_with("/console");
        assert_eq!((service.stdin_open, service.tty), (typed_at, typed_at), "{name}");
        if let Some(check) = &service.healthcheck {
            assert!(check.retries > 0 && check.interval == "5s" && check.timeout == "3s", "{name}");
        }
        assert!(service.depends_on.values().all(|on| on.condition == "service_healthy"), "{name}");
    }
}

#[test]
fn images_are_pinned_by_version() {
    let dockerfile = fs::read_to_string(deploy().join("Dockerfile")).unwrap();
    let bases = dockerfile.lines().filter_map(|line| {
        let image = line.strip_prefix("FROM ").or_else(|| line.strip_prefix("COPY --from="))?;
        image.split(' ').next().filter(|image| *image != "build").map(str::to_owned)
    });
    let images: Vec<String> =
        services().into_iter().map(|(_, _, service)| service.image).chain(bases).collect();
    for image in &images {
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no version"));
        let pinned = tag.contains(|c: char| c.is_ascii_digit()) || tag == "bookworm-slim";
        assert!(pinned && tag != "latest", "{image}");
    }
    let etcds: BTreeSet<_> = images.iter().filter(|image| image.contains("/etcd:")).collect();
    assert_eq!(etcds.len(), 1, "{etcds:?}");
}

#[test]
fn scripts_are_sound_for_any_shell() {
    let scripts: Vec<PathBuf> = committed(&deploy())
        .into_iter()
        .filter(|path| fs::read(path).unwrap().starts_with(b"#!/bin/sh\n"))
        .collect();
    assert_eq!(scripts.len(), 8, "{scripts:?}");
    for script in &scripts {
        let checked = Command::new("sh").arg("-n").arg(script).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        assert_ne!(fs::metadata(script).unwrap().permissions().mode() & 0o111, 0, "{}", script.display());
        assert!(fs::read_to_string(script).unwrap().contains("\nset -eu\n"), "{}", script.display());
    }
    // Not installed everywhere, and not worth more than this where it is not.
    if let Ok(output) = Command::new("shellcheck").args(&scripts).output() {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn no_secret_is_committed_but_those_of_dev() {
    for path in committed(&deploy()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("-----BEGIN"), "{}", path.display());
        if path.extension().is_some_and(|e| e == "env") && !path.starts_with(deploy().join("dev")) {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let name = line.split('=').next().unwrap();
                let secret =
                    ["PASSWORD", "TOKEN", "SECRET_ID", "_SECRET"].iter().any(|word| name.ends_with(word));
                assert!(!secret, "{}: {name}", path.display());
            }
        }
    }
    let ignored = fs::read_to_string(deploy().join(".gitignore")).unwrap();
    assert!(["made/", ".env"].iter().all(|made| ignored.lines().any(|line| line == *made)), "{ignored}");
}

#[test]
fn the_readme_tells_how_to_start_each() {
    let readme = fs::read_to_string(deploy().join("README.md")).unwrap();
    for name in ENVIRONMENTS {
        assert!(readme.contains(&format!("examples/deploy/{name}/up")), "{name}");
    }
    for (_, compose) in environments() {
        for (service, port) in compose.published() {
            assert!(readme.contains(&port.ours.to_string()), "{service}: {}", port.ours);
        }
    }
}
