//! What layers of an application file are read to, and which of them wins.

use std::path::PathBuf;

use super::super::file::tests::{mistakes, parse, parse_with};
use super::super::{ApplicationFileError, ApplicationSpec};
use super::*;

fn names(spec: &ApplicationSpec) -> Vec<(&str, u32)> {
    spec.layers.iter().map(|layer| (&*layer.name, layer.rank)).collect()
}

fn layer(members: &str, variables: &[(&str, &str)]) -> LayerKind {
    let spec = parse_with(&format!("name = \"a\"\n[[layers]]\n{members}\n"), variables);
    let mut layers = spec.unwrap_or_else(|error| panic!("{error}")).layers;
    layers.retain(|layer| layer.place.line > 1);
    layers.pop().unwrap().kind
}

/// The mistake in a layer whose members begin in line 3.
fn mistake(members: &str) -> String {
    let told = mistakes(&format!("name = \"a\"\n[[layers]]\n{members}\n"));
    assert_eq!(told.len(), 1, "{told:?}");
    told[0].clone()
}

#[test]
fn the_higher_number_wins_and_each_kind_has_its_rank() {
    let spec = parse(
        "name = \"a\"\n[[layers]]\nkind = \"runtime\"\npath = \"r.json\"\n[[layers]]\nkind = \"arguments\"\n\
         [[layers]]\nkind = \"http\"\nurl = \"https://config.example/app.json\"\n[[layers]]\nkind = \"etcd\"\nroot = \"/a\"\n\
         [[layers]]\nkind = \"environment\"\n[[layers]]\nkind = \"file\"\npath = \"a.json\"\n",
    );
    assert_eq!(
        names(&spec),
        [
            ("defaults", 0),
            ("a.json", 10),
            ("environment", 20),
            ("etcd", 30),
            ("http", 40),
            ("arguments", 50),
            ("runtime", 60)
        ]
    );
}

#[test]
fn of_files_the_later_wins_and_a_priority_stands_instead_of_a_rank() {
    let spec = parse(
        "name = \"a\"\n[[layers]]\nkind = \"file\"\npath = \"z.json\"\n[[layers]]\nkind = \"file\"\npath = \"a.yaml\"\n\
         [[layers]]\nkind = \"file\"\npath = \"first.toml\"\npriority = 5\n\
         [[layers]]\nkind = \"http\"\nurl = \"http://h/\"\npriority = 55\nname = \"remote\"\n\
         [[layers]]\nkind = \"defaults\"\npriority = 7\n",
    );
    assert_eq!(
        names(&spec),
        [("first.toml", 5), ("defaults", 7), ("z.json", 10), ("a.yaml", 10), ("remote", 55)]
    );
}

#[test]
fn ties_are_an_error_that_names_both() {
    let told = mistakes(
        "name = \"a\"\n[[layers]]\nkind = \"file\"\npath = \"a.json\"\npriority = 20\n[[layers]]\nkind = \"environment\"\n\
         [[layers]]\nkind = \"file\"\npath = \"b.json\"\npriority = 20\n[[layers]]\nkind = \"environment\"\npriority = 21\n",
    );
    assert_eq!(
        told,
        [
            "6:1: the layers \"a.json\" and \"environment\" both have rank 20, so neither wins: give one of them another priority",
            "8:1: the layers \"a.json\" and \"b.json\" both have rank 20, so neither wins: give one of them another priority",
            "12:1: the layer of 6:1 is called \"environment\" too: give one of them another name",
        ]
    );
    let told = mistakes("name = \"a\"\n[[layers]]\nkind = \"runtime\"\npath = \"r.json\"\npriority = 0\n");
    assert!(
        told[0].contains("\"defaults\" and \"runtime\"") || told[0].contains("\"runtime\" and \"defaults\""),
        "{told:?}"
    );
}

#[test]
fn a_file_is_relative_to_the_application_file_and_remembers_the_variables_of_its_path() {
    let kind = layer("kind = \"file\"\npath = \"config/${ENVIRONMENT:development}.yaml\"", &[]);
    let LayerKind::File { path, format, variables, watch, debounce } = kind else { panic!("a file") };
    assert_eq!(path, PathBuf::from("app/config/development.yaml"));
    assert_eq!(variables.iter().map(|it| &**it).collect::<Vec<_>>(), ["ENVIRONMENT"]);
    assert_eq!((format, watch, debounce), (FileFormat::Yaml, true, Duration::from_secs(1)));
    let kind = layer(
        "kind = \"file\"\npath = \"/etc/a\"\nformat = \"toml\"\nwatch = false\ndebounce = \"250ms\"",
        &[],
    );
    let LayerKind::File { path, format, watch, debounce, .. } = kind else { panic!("a file") };
    assert_eq!(path, PathBuf::from("/etc/a"));
    assert_eq!((format, watch, debounce), (FileFormat::Toml, false, Duration::from_millis(250)));
}

#[test]
fn a_file_s_name_says_what_it_holds() {
    for (path, format) in [
        ("a.json", Some(FileFormat::Json)),
        ("a.YML", Some(FileFormat::Yaml)),
        ("a.yaml", Some(FileFormat::Yaml)),
        ("a.toml", Some(FileFormat::Toml)),
        ("a.env", Some(FileFormat::Env)),
        (".env", Some(FileFormat::Env)),
        ("b/.env.production", Some(FileFormat::Env)),
        ("a.ini", None),
        ("json", None),
        ("", None),
    ] {
        assert_eq!(format_of(path), format, "{path}");
    }
    assert!(
        mistake("kind = \"file\"\npath = \"a.ini\"").starts_with("4:8: the name of this file does not say")
    );
}

#[test]
fn the_variables_of_system_b_open_its_etcd() {
    const LAYER: &str = "kind = \"etcd\"\nhost = \"${EtcdSettings__HostName:}\"\n\
        root = \"${EtcdSettings__RootKey:/APPS/ControlUnit}\"\ndev = \"${EtcdSettings__Dev:false}\"\n\
        username = \"${EtcdSettings__UserName:}\"\npassword = \"${EtcdSettings__Password:}\"\n\
        ca_cert = \"${EtcdSettings__CaCertPath:}\"\ndisabled = \"${USE_LOCAL_CONFIG:false}\"";
    let LayerKind::Etcd { host, root, shape, username, password, ca_cert } = layer(LAYER, &[]) else {
        panic!("etcd")
    };
    assert_eq!((host, root.as_str(), shape, username), (None, "/APPS/ControlUnit", EtcdShape::KeyMap, None));
    assert!(password.is_none() && ca_cert.is_none());
    let variables = [
        ("EtcdSettings__HostName", "https://etcd.example"),
        ("EtcdSettings__RootKey", "APPS/Other//"),
        ("EtcdSettings__Dev", "true"),
        ("EtcdSettings__UserName", "reader"),
        ("EtcdSettings__Password", "planted-password"),
        ("EtcdSettings__CaCertPath", "ca.pem"),
    ];
    let LayerKind::Etcd { host, root, username, password, ca_cert, .. } = layer(LAYER, &variables) else {
        panic!("etcd")
    };
    assert_eq!((host.as_deref(), root.as_str()), (Some("https://etcd.example"), "/dev/APPS/Other"));
    assert_eq!(username.as_deref(), Some("reader"));
    assert!(password.is_some_and(|it| it.len() == "planted-password".len()));
    assert_eq!(ca_cert, Some(PathBuf::from("app/ca.pem")));
}

#[test]
fn the_root_has_a_leading_slash_and_none_at_the_end() {
    for (options, expected) in [
        ("root = \"APPS/A//\"", "/APPS/A"),
        ("root = \" /APPS/A// \"\ndev = true", "/dev/APPS/A"),
        ("root = \"APPS/a.json\"\nshape = \"document\"\ndev = true", "/dev/APPS/a.json"),
        ("root = \"/\"\nshape = \"tree\"", "/"),
    ] {
        let LayerKind::Etcd { root, .. } = layer(&format!("kind = \"etcd\"\n{options}"), &[]) else {
            panic!("etcd")
        };
        assert_eq!(root, expected, "{options}");
    }
}

#[test]
fn the_root_is_that_of_system_b_s_variables_where_the_file_says_nothing() {
    let root = |options: &str, variables: &[(&str, &str)]| match layer(
        &format!("kind = \"etcd\"\n{options}"),
        variables,
    ) {
        LayerKind::Etcd { root, .. } => root,
        _ => panic!("etcd"),
    };
    assert_eq!(root("", &[]), "/APPS/ControlUnit");
    assert_eq!(root("", &[(ROOT_KEY, ""), (DEV, " ")]), "/APPS/ControlUnit");
    assert_eq!(root("", &[(ROOT_KEY, "APPS/Other/"), (DEV, "Yes")]), "/dev/APPS/Other");
    assert_eq!(root("root = \"/a\"", &[(ROOT_KEY, "/b"), (DEV, "true")]), "/dev/a");
    assert_eq!(root("root = \"/a\"\ndev = false", &[(DEV, "true")]), "/a");
    assert_eq!(root("dev = true", &[(ROOT_KEY, "/b")]), "/dev/b");
    let text = "name = \"a\"\n[[layers]]\nkind = \"etcd\"\n";
    let told = parse_with(text, &[(DEV, "planted-maybe")]).err().unwrap().to_string();
    assert!(told.contains("the variable EtcdSettings__Dev must be true or false"), "{told}");
    assert!(!told.contains("planted"));
}

#[test]
fn use_local_config_leaves_etcd_out_and_asks_for_none_of_its_variables() {
    let text = "name = \"a\"\n[[layers]]\nkind = \"etcd\"\nroot = \"/a\"\nhost = \"${EtcdSettings__HostName}\"\n\
                disabled = \"${USE_LOCAL_CONFIG:false}\"\n[[layers]]\nkind = \"environment\"\n";
    let spec = parse_with(text, &[("USE_LOCAL_CONFIG", "true")]).ok().unwrap();
    assert_eq!(names(&spec), [("defaults", 0), ("environment", 20)]);
    assert_eq!(
        mistakes(text),
        [
            "5:9: the variable EtcdSettings__HostName is not set, and has no default here; set it, or write ${NAME:default}"
        ]
    );
}

#[test]
fn app_config_sources_of_system_c_chooses_layers_by_kind_or_name() {
    let text = "name = \"a\"\nsources = \"${APP_CONFIG_SOURCES:}\"\n[[layers]]\nkind = \"file\"\npath = \"a.json\"\n\
                [[layers]]\nkind = \"environment\"\nname = \"vars\"\n[[layers]]\nkind = \"http\"\nurl = \"${URL}\"\n";
    let with = |value: &str| parse_with(text, &[("APP_CONFIG_SOURCES", value)]);
    assert_eq!(names(&with("file, vars").ok().unwrap()), [("defaults", 0), ("a.json", 10), ("vars", 20)]);
    assert_eq!(names(&with("environment").ok().unwrap()), [("defaults", 0), ("vars", 20)]);
    let Err(ApplicationFileError::Mistakes(told)) = with("file,planted-x") else { panic!("no such layer") };
    assert_eq!(
        told[0].to_string(),
        "app/billing.toml:2:11: item 2 of sources is neither the name nor the kind of a layer; there are file, vars, environment, http"
    );
}

#[test]
fn an_http_layer_has_a_url_headers_and_times() {
    let members = "kind = \"http\"\nurl = \"https://config.example/app.json\"\nrefresh = \"1m\"\ntimeout = 5\n\
                   headers = { Authorization = \"Bearer ${CONFIG_TOKEN}\" }\nca_cert = \"ca.pem\"";
    let LayerKind::Http { url, headers, timeout, refresh, ca_cert } =
        layer(members, &[("CONFIG_TOKEN", "planted-token")])
    else {
        panic!("http")
    };
    assert_eq!(url, "https://config.example/app.json");
    assert_eq!((timeout, refresh), (Duration::from_secs(5), Duration::from_secs(60)));
    assert_eq!((headers.len(), headers[0].0.as_str()), (1, "Authorization"));
    assert!(*headers[0].1 == "Bearer planted-token");
    assert_eq!(ca_cert, Some(PathBuf::from("app/ca.pem")));
    let LayerKind::Http { timeout, refresh, .. } = layer("kind = \"http\"\nurl = \"http://h\"", &[]) else {
        panic!("http")
    };
    assert_eq!((timeout, refresh), (Duration::from_secs(10), Duration::from_secs(30)));
}

#[test]
fn a_mistake_in_a_layer_names_its_place_and_quotes_no_value() {
    for (members, told) in [
        (
            "kind = \"http\"\nurl = \"ftp://planted-x\"",
            "4:7: url must be a URL that begins with http:// or https://",
        ),
        (
            "kind = \"http\"\nurl = \"http://h\"\ntimeout = \"0s\"",
            "5:11: timeout must be longer than nothing, as \"10s\" or \"1m30s\"",
        ),
        (
            "kind = \"http\"\nurl = \"http://h\"\nheaders = [1]",
            "5:11: headers must be a table of texts, and is a TOML array",
        ),
        (
            "kind = \"http\"\nurl = \"http://h\"\nheaders = { A = 1 }",
            "5:17: headers.A must be a text in quotes, and is a TOML integer",
        ),
        ("kind = \"file\"\npath = \"\"", "4:8: path is empty"),
        (
            "kind = \"file\"\npath = \"a.json\"\nwatch = \"perhaps\"",
            "5:9: watch must be true or false; as a text one of 1 true yes y on, or 0 false no n off",
        ),
        (
            "kind = \"file\"\npath = \"${A}.json\"",
            "4:9: the variable A is not set, and has no default here; set it, or write ${NAME:default}",
        ),
        (
            "kind = \"file\"\npath = \"\\u0061${A}.json\"",
            "4:8: at character 2: the variable A is not set, and has no default here; set it, or write ${NAME:default}",
        ),
        ("kind = \"etcd\"\nroot = \"/a\"\nshape = \"map\"", "5:9: shape must be one of keys, document, tree"),
        ("kind = \"environment\"\npriority = -1", "4:12: priority must be a whole number from 0 to 1000000"),
        ("kind = \"environment\"\nname = \" \"", "4:8: a layer's name is a text in one line"),
        ("kind = 5", "3:8: kind must be a text in quotes, and is a TOML integer"),
    ] {
        assert_eq!(mistake(members), told);
    }
    assert!(mistake("name = \"b\"").starts_with("2:1: a layer needs kind = \"…\", one of defaults, file, "));
    let told = mistakes("name = \"a\"\nlayers = [1]\n");
    assert_eq!(told, ["2:10: these must be tables, each written [[layers]]"]);
}
