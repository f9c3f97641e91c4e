//! The members of an application file, one row each: what the parser accepts and what the JSON Schema says.

/// What a member holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum MemberKind {
    /// A text, in which `${NAME}` is replaced.
    Text,
    /// A text as it is written.
    Plain,
    /// True or false, or a text that says so, in which `${NAME}` is replaced.
    Switch,
    /// True or false.
    Flag,
    /// A whole number between the two, both included.
    Count(u64, u64),
    /// A text as `10s`, in which `${NAME}` is replaced, or a number of seconds.
    Duration,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts, or a text with commas, in which `${NAME}` is replaced.
    List,
    /// A table of texts, in which `${NAME}` is replaced.
    Texts,
    /// A number, or a text with a unit.
    Limit,
    /// A value of a setting.
    Value,
    /// A list of values of a setting.
    Values,
    Layers,
    Settings,
    Rules,
}

pub(super) struct SpecMember {
    pub(super) name: &'static str,
    pub(super) kind: MemberKind,
    pub(super) required: bool,
    /// One line, for editors.
    pub(super) meaning: &'static str,
}

/// The rank of arguments, also where they are given and no layer is declared for them.
pub(in crate::application) const ARGUMENTS_RANK: u32 = 50;

/// A kind of layer: its name, its rank unless it has a `priority`, and its own members.
pub(super) struct LayerMembers {
    pub(super) kind: &'static str,
    pub(super) rank: u32,
    pub(super) meaning: &'static str,
    pub(super) members: &'static [SpecMember],
}

const fn row(name: &'static str, kind: MemberKind, meaning: &'static str) -> SpecMember {
    SpecMember { name, kind, required: false, meaning }
}

const fn required(name: &'static str, kind: MemberKind, meaning: &'static str) -> SpecMember {
    SpecMember { required: true, ..row(name, kind, meaning) }
}

use MemberKind::{
    Count, Duration, Flag, Layers, Limit, List, Plain, Rules, Settings, Switch, Text, Texts, Value, Values,
    Word,
};

pub(super) const TOP: &[SpecMember] = &[
    required("name", Plain, "The name of the application"),
    row("state", Text, "The folder that versions are kept in across restarts, relative to this file"),
    row("versions", Count(1, 1_000), "How many versions are kept; 10 if this is not given"),
    row("sources", List, "Names or kinds of the layers in use, defaults aside; all if there is none"),
    row("layers", Layers, "Where values come from: of files the later wins, else the higher rank"),
    row("settings", Settings, "What is known of each setting, by its dotted path in quotes"),
    row("rules", Rules, "What must not be true of several settings together"),
];

/// Of every layer.
pub(super) const LAYER: &[SpecMember] = &[
    required(
        "kind",
        Word(&["defaults", "file", "environment", "etcd", "http", "arguments", "runtime"]),
        "What the layer reads",
    ),
    row("name", Plain, "Its name, of its own in the application; its kind or path if this is not given"),
    row("priority", Count(0, 1_000_000), "A higher one wins; instead of the rank of its kind"),
    row(
        "required",
        Flag,
        "Whether nothing starts while it has never been loaded; false if this is not given",
    ),
    row("disabled", Switch, "Whether it is left out, as in \"${USE_LOCAL_CONFIG:false}\""),
];

pub(super) const LAYERS: [LayerMembers; 7] = [
    LayerMembers { kind: "defaults", rank: 0, meaning: "The defaults of the settings below", members: &[] },
    LayerMembers {
        kind: "file",
        rank: 10,
        meaning: "A file",
        members: &[
            required("path", Text, "Its path, relative to this file"),
            row(
                "format",
                Word(&["json", "yaml", "toml", "env"]),
                "What it holds; by its name if this is not given",
            ),
            row("watch", Switch, "Whether its changes are noticed; true if this is not given"),
            row("debounce", Duration, "How long it rests before it is read again; 1s if this is not given"),
        ],
    },
    LayerMembers {
        kind: "environment",
        rank: 20,
        meaning: "Environment variables: those that settings declare, and those with a prefix",
        members: &[row("prefix", Text, "What undeclared variables begin with; none are read without one")],
    },
    LayerMembers {
        kind: "etcd",
        rank: 30,
        meaning: "Keys of etcd",
        members: &[
            row(
                "root",
                Text,
                "What its keys begin with; of the variable EtcdSettings__RootKey if this is not given",
            ),
            row("host", Text, "Its URL; the etcd of the context if this is not given"),
            row(
                "dev",
                Switch,
                "Whether /dev stands before the root; by EtcdSettings__Dev if this is not given",
            ),
            row(
                "shape",
                Word(&["keys", "document", "tree"]),
                "keys (a key for each setting that declares one), document (the root holds JSON), or tree \
                 (/ separates names); keys if this is not given",
            ),
            row("username", Text, "The user to log in as"),
            row("password", Text, "The password of that user, as a variable"),
            row("ca_cert", Text, "The certificates that its own is trusted by, relative to this file"),
        ],
    },
    LayerMembers {
        kind: "http",
        rank: 40,
        meaning: "An answer of a server, in JSON or YAML",
        members: &[
            required("url", Text, "Where it is asked for"),
            row("headers", Texts, "Headers of the request; secrets in them as variables"),
            row("timeout", Duration, "How long an answer is waited for; 10s if this is not given"),
            row("refresh", Duration, "How often it is asked for; 30s if this is not given"),
            row("ca_cert", Text, "The certificates that its own is trusted by, relative to this file"),
        ],
    },
    LayerMembers {
        kind: "arguments",
        rank: ARGUMENTS_RANK,
        meaning: "What --set path=value says",
        members: &[],
    },
    LayerMembers {
        kind: "runtime",
        rank: 60,
        meaning: "A file in JSON that overrides are written to",
        members: &[required("path", Text, "Its path, relative to this file")],
    },
];

pub(super) const SETTING: &[SpecMember] = &[
    row(
        "type",
        Word(&["text", "integer", "float", "boolean", "list", "duration", "bytes", "url", "json"]),
        "Its type; text if this is not given",
    ),
    row("default", Value, "Its value where no layer has one"),
    row("required", Flag, "Whether it must have a value"),
    row("secret", Flag, "Whether its value is hidden; by its name if this is not given"),
    row("allowed", Values, "The only values that it may have, or that the items of a list may have"),
    row("min", Limit, "The least that it may be; of a duration or a size also with a unit"),
    row("max", Limit, "The most that it may be; of a duration or a size also with a unit"),
    row("min_length", Count(0, 1_000_000), "The fewest characters of a text, or items of a list"),
    row("pattern", Plain, "A regular expression that a text, or each item of a list, matches somewhere"),
    row("description", Plain, "What it is for, in a line"),
    row("env", Plain, "The variable that holds it, whatever the prefix of a layer"),
    row("etcd", Plain, "The key that holds it, under the root of a layer"),
];

pub(super) const RULE: &[SpecMember] = &[
    required("id", Plain, "Its name"),
    required(
        "when",
        Plain,
        "The violation: an expression in CEL over settings, of which the first names are variables",
    ),
    required("message", Plain, "What is wrong when it is true"),
];

#[cfg(test)]
mod tests {
    use super::super::value_type::TYPES;
    use super::*;

    #[test]
    fn the_words_of_a_kind_are_those_of_its_table() {
        let words = |members: &[SpecMember], name: &str| match members
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .kind
        {
            Word(words) => words.to_vec(),
            kind => panic!("{kind:?}"),
        };
        assert_eq!(words(LAYER, "kind"), LAYERS.each_ref().map(|layer| layer.kind));
        assert_eq!(words(SETTING, "type"), TYPES.each_ref().map(|words| words.name));
    }
}
