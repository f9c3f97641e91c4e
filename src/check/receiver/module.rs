//! The receiver's modules (docs/receiver.md, Modules): what each needs, and what becomes of a request.

/// A module of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module {
    /// As documents name it.
    pub name: &'static str,
    /// The type of connection that it uses, if it uses one.
    pub connection: Option<&'static str>,
    /// The settings that it requires, in `module-config` or beside it, each under any one of these names.
    pub required: &'static [&'static [&'static str]],
    /// Why it never works.
    pub fault: Option<ModuleFault>,
    /// Which of its errors are retried.
    pub retries: Retries,
    /// Settings that are written for it elsewhere and that it does not read.
    pub ignored: &'static [&'static str],
}

/// Why a module never works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleFault {
    /// It cannot be constructed.
    NotConstructed,
    /// Its statement is not SQL.
    InvalidSql,
}

/// Which errors of a module are retried, where `retry` is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// Those of the connection.
    Connection,
    /// None by default: it wraps them into a bare `Exception`.
    Wrapped,
    /// None: it reports no errors.
    Swallowed,
}

const PLAIN: Module = Module {
    name: "",
    connection: None,
    required: &[],
    fault: None,
    retries: Retries::Wrapped,
    ignored: &[],
};

const POSTGRESQL: Module = Module {
    name: "postgresql",
    connection: Some("postgresql"),
    fault: Some(ModuleFault::InvalidSql),
    ignored: &["include_timestamp"],
    ..PLAIN
};

const MYSQL: Module =
    Module { name: "mysql", connection: Some("mysql"), ignored: &["include_timestamp"], ..PLAIN };

/// All modules.
pub const MODULES: &[Module] = &[
    Module { name: "log", ..PLAIN },
    Module {
        name: "save_to_disk",
        ignored: &[
            "append",
            "file_extension",
            "filename_pattern",
            "filename_template",
            "format",
            "include_headers",
        ],
        ..PLAIN
    },
    Module { name: "rabbitmq", connection: Some("rabbitmq"), required: &[&["queue_name"]], ..PLAIN },
    Module { name: "redis_rq", connection: Some("redis-rq"), required: &[&["function"]], ..PLAIN },
    Module { name: "redis_publish", required: &[&["redis"]], retries: Retries::Connection, ..PLAIN },
    Module { name: "http_webhook", required: &[&["url"]], fault: Some(ModuleFault::NotConstructed), ..PLAIN },
    Module {
        name: "kafka",
        connection: Some("kafka"),
        required: &[&["topic"]],
        retries: Retries::Connection,
        ..PLAIN
    },
    Module {
        name: "s3",
        connection: Some("s3"),
        required: &[&["bucket"]],
        ignored: &["storage_class"],
        ..PLAIN
    },
    Module { name: "websocket", required: &[&["url"]], fault: Some(ModuleFault::NotConstructed), ..PLAIN },
    Module {
        name: "clickhouse",
        connection: Some("clickhouse"),
        retries: Retries::Swallowed,
        ignored: &["engine", "include_timestamp"],
        ..PLAIN
    },
    Module { name: "mqtt", connection: Some("mqtt"), required: &[&["topic"]], ..PLAIN },
    Module {
        name: "zeromq",
        required: &[&["endpoint"]],
        fault: Some(ModuleFault::NotConstructed),
        ignored: &["bind"],
        ..PLAIN
    },
    Module {
        name: "activemq",
        connection: Some("activemq"),
        required: &[&["destination"]],
        ignored: &["persistent"],
        ..PLAIN
    },
    Module {
        name: "aws_sqs",
        connection: Some("aws_sqs"),
        required: &[&["queue_name", "queue_url"]],
        ignored: &["delay_seconds", "message_group_id"],
        ..PLAIN
    },
    Module {
        name: "gcp_pubsub",
        connection: Some("gcp_pubsub"),
        required: &[&["topic"]],
        ignored: &["project_id"],
        ..PLAIN
    },
    POSTGRESQL,
    Module { name: "postgres", connection: Some("postgres"), ..POSTGRESQL },
    MYSQL,
    Module { name: "mariadb", connection: Some("mariadb"), ..MYSQL },
    Module { name: "webhook_connect", required: &[&["channel"], &["channel_token"]], ..PLAIN },
];

/// The module of this name, without blanks around it.
pub fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

/// Whether a connection of a type serves a module that uses another: two types have a second name each.
pub fn is_same_type(one: &str, other: &str) -> bool {
    let plain = |name| match name {
        "postgres" => "postgresql",
        "mariadb" => "mysql",
        name => name,
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::check::schema::texts;

    #[test]
    fn the_table_agrees_with_the_schema() {
        let [(_, webhook), _] = texts();
        let schema: Value = serde_json::from_str(webhook).unwrap();
        let names = schema.pointer("/properties/module/anyOf/0/enum").unwrap().as_array().unwrap();
        assert_eq!(names.len(), MODULES.len());
        let validator = jsonschema::validator_for(&schema).unwrap();
        for module in names.iter().map(|name| module(name.as_str().unwrap()).unwrap()) {
            let empty = serde_json::json!({"module": module.name, "module-config": {}});
            assert_eq!(validator.is_valid(&empty), module.required.is_empty(), "{}", module.name);
            let known = schema.pointer(&format!("/$defs/module_config/{}/properties", module.name));
            for name in module.ignored.iter().filter(|name| **name != "include_timestamp") {
                assert!(known.is_none_or(|known| known.get(name).is_none()), "{} {name}", module.name);
            }
        }
    }
}
