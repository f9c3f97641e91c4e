//! The variables of a process as a layer.

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::application::SourceValue;

fn source(variables: &[(&str, &str)]) -> EnvironmentSource {
    let variables = Arc::new(EnvVariables::of(variables.iter().copied()));
    EnvironmentSource::new(variables, Arc::new(VariableNames::new(&BTreeMap::new(), Some("APP_".into()))))
}

async fn loaded(source: &EnvironmentSource) -> LayerContents {
    match source.load(None).await.unwrap_or_else(|error| panic!("{error}")) {
        Load::Contents(contents) => contents,
        Load::Unchanged => panic!("nothing was known"),
    }
}

#[tokio::test]
async fn variables_are_texts_whose_place_is_their_name() {
    let contents = loaded(&source(&[("APP_FEATURE_FLAGS", "{\"new_ui\": true}"), ("HOME", "h")])).await;
    let (path, value) = contents.values.into_iter().next().unwrap();
    assert_eq!(
        (path.to_string(), value.place.to_string()),
        ("feature_flags".into(), "APP_FEATURE_FLAGS".into())
    );
    assert!(matches!(value.value, SourceValue::Text(text) if *text == "{\"new_ui\": true}"));
}

#[tokio::test]
async fn variables_alone_never_change() {
    let source = source(&[("APP_A", "1")]);
    let known = loaded(&source).await.revision;
    assert!(matches!(source.load(Some(&known)).await, Ok(Load::Unchanged)));
    assert!(timeout(Duration::from_millis(700), source.changed()).await.is_err());
}

#[tokio::test]
async fn a_secret_that_is_rotated_in_the_file_of_its_variable_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "planted-1\n").unwrap();
    let source = source(&[("APP_KEY_FILE", secret.to_str().unwrap())]);
    let known = loaded(&source).await.revision;
    std::fs::write(&secret, "planted-2\n").unwrap();
    timeout(Duration::from_secs(5), source.changed()).await.expect("the change is noticed");
    let Ok(Load::Contents(contents)) = source.load(Some(&known)).await else { panic!("contents") };
    let value = contents.values.into_values().next().unwrap();
    assert!(matches!(value.value, SourceValue::Text(text) if *text == "planted-2"));
    assert_eq!(value.place.to_string(), "APP_KEY_FILE");
}

#[tokio::test]
async fn a_revision_tells_nothing_of_a_value_to_who_tries_all_of_them() {
    let [one, other] = [source(&[("APP_PIN", "1234")]), source(&[("APP_PIN", "1234")])];
    assert_ne!(loaded(&one).await.revision, loaded(&other).await.revision);
}
