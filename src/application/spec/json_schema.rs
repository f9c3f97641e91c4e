//! The JSON Schema of application files, for editors, made of the tables of members.

use serde_json::{Map, Value, json};

use super::members::{LAYER, LAYERS, LayerMembers, MemberKind, RULE, SETTING, SpecMember, TOP};

/// The JSON Schema of application files, as `schema/application.json` has it.
pub fn application_schema() -> Value {
    let mut schema = table(&[TOP], None);
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        members.insert("title".into(), "An application, its layers and its settings".into());
    }
    schema
}

/// A table with these members and no others; of a layer those of its kind.
fn table(members: &[&[SpecMember]], layer: Option<&LayerMembers>) -> Value {
    let members = || members.iter().flat_map(|members| members.iter());
    let of_member = |member: &SpecMember| {
        let mut schema = match (member.name, layer) {
            ("kind", Some(layer)) => json!({"const": layer.kind}),
            _ => of_kind(member.kind),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".into(), member.meaning.into());
        }
        (member.name.to_owned(), schema)
    };
    let properties: Map<_, _> = members().map(of_member).collect();
    let required: Vec<_> = members().filter(|member| member.required).map(|member| member.name).collect();
    let mut table = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if let (Some(table), false) = (table.as_object_mut(), required.is_empty()) {
        table.insert("required".into(), required.into());
    }
    if let (Some(table), Some(layer)) = (table.as_object_mut(), layer) {
        table.insert("title".into(), layer.meaning.into());
    }
    table
}

fn of_kind(kind: MemberKind) -> Value {
    let text = || json!({"type": "string"});
    match kind {
        MemberKind::Text | MemberKind::Plain => text(),
        MemberKind::Switch => json!({"type": ["boolean", "string"]}),
        MemberKind::Flag => json!({"type": "boolean"}),
        MemberKind::Count(from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        MemberKind::Duration | MemberKind::Limit => json!({"type": ["number", "string"]}),
        MemberKind::Word(words) => json!({"enum": words}),
        MemberKind::List => json!({"type": ["array", "string"], "items": text()}),
        MemberKind::Texts => json!({"type": "object", "additionalProperties": text()}),
        MemberKind::Value => json!({}),
        MemberKind::Values => json!({"type": "array", "minItems": 1}),
        // One after the other, so that an editor names what is wrong with a layer of its kind, and not of all.
        MemberKind::Layers => {
            let one = |layer: &LayerMembers| {
                let kind = json!({"kind": {"const": layer.kind}});
                let members = table(&[LAYER, layer.members], Some(layer));
                json!({"if": {"required": ["kind"], "properties": kind}, "then": members})
            };
            let all: Vec<_> = LAYERS.iter().map(one).collect();
            let kinds = LAYERS.each_ref().map(|layer| layer.kind);
            let kind = json!({"enum": kinds});
            json!({"type": "array", "items": {
                "type": "object", "required": ["kind"], "properties": {"kind": kind}, "allOf": all,
            }})
        }
        MemberKind::Settings => json!({"type": "object", "additionalProperties": table(&[SETTING], None)}),
        MemberKind::Rules => json!({"type": "array", "items": table(&[RULE], None)}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::parse_with;
    use super::*;

    /// The text of a file with a member of a table, and nothing else that is wrong.
    fn file_with(table: &str, known: &[&SpecMember], name: &str, value: &str) -> String {
        let others = known.iter().filter(|member| member.required && member.name != name);
        let mut members: String = others
            .map(|member| match member.name {
                "url" => "url = \"http://h\"\n".to_owned(),
                "path" => "path = \"a.json\"\n".to_owned(),
                "when" => "when = \"true\"\n".to_owned(),
                name => format!("{name} = \"a\"\n"),
            })
            .collect();
        members += &format!("{name} = {value}\n");
        match table {
            "" => members,
            table => format!("name = \"a\"\n{table}\n{members}"),
        }
    }

    /// Values of TOML of each type.
    const VALUES: [&str; 12] = [
        "true",
        "\"a\"",
        "\"10s\"",
        "5",
        "-1",
        "0",
        "9999999",
        "1.5",
        "[]",
        "[\"a\"]",
        "{}",
        "{ a = \"b\" }",
    ];

    #[test]
    fn the_schema_refuses_no_file_that_is_accepted_and_no_type_that_is_refused() {
        let validator = jsonschema::validator_for(&application_schema()).unwrap();
        let mut tables: Vec<(String, Vec<&SpecMember>)> = vec![(String::new(), TOP.iter().collect())];
        for layer in &LAYERS {
            let table = format!("[[layers]]\nkind = \"{}\"", layer.kind);
            tables.push((table, LAYER.iter().chain(layer.members).filter(|it| it.name != "kind").collect()));
        }
        tables.push(("[settings.a]".into(), SETTING.iter().collect()));
        tables.push(("[[rules]]".into(), RULE.iter().collect()));
        let mut tried = 0;
        for (table, members) in &tables {
            for member in members {
                for value in VALUES {
                    let text = file_with(table, members, member.name, value);
                    let Ok(toml) = toml::from_str::<toml::Value>(&text) else { panic!("{text}") };
                    let fits = validator.is_valid(&serde_json::to_value(toml).unwrap());
                    let accepted = parse_with(&text, &[]);
                    tried += 1;
                    assert!(fits || accepted.is_err(), "the schema refuses what is accepted:\n{text}");
                    if let Err(error) = accepted
                        && error.to_string().contains("is a TOML ")
                    {
                        assert!(!fits, "the schema takes what is refused: {error}\n{text}");
                    }
                }
            }
        }
        assert!(tried > 400, "{tried}");
    }

    #[test]
    fn the_schema_knows_what_is_missing_or_misspelt_in_a_layer_of_a_kind() {
        let validator = jsonschema::validator_for(&application_schema()).unwrap();
        for (file, fits) in [
            (json!({"name": "a", "layers": [{"kind": "file", "path": "a.json"}]}), true),
            (json!({"name": "a", "layers": [{"kind": "file"}]}), false),
            (json!({"name": "a", "layers": [{"kind": "file", "path": "a.json", "url": "x"}]}), false),
            (json!({"name": "a", "layers": [{"kind": "http", "url": "http://h"}]}), true),
            (json!({"name": "a", "layers": [{"kind": "ftp"}]}), false),
            (json!({"name": "a", "settings": {"a.b": {"type": "number"}}}), false),
            (json!({"layers": []}), false),
        ] {
            assert_eq!(validator.is_valid(&file), fits, "{file}");
        }
    }
}
