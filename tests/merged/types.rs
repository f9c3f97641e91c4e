//! What the types forbid. Each line compiles only while the type lacks the trait: with it, two
//! implementations would fit.

use std::fmt::Debug;

use confdeck::config::Environment;
use confdeck::domain::reference::Variable;
use confdeck::domain::{Document, SecretText, SecretValue};
use confdeck::manager::MergedDocument;
use confdeck::provider::env::{EnvSecrets, EnvVariables};
use confdeck::provider::{SecretData, SecretFields};
use serde::Serialize;

macro_rules! lacks {
    ($bound:path: $($holder:ty),+) => {{
        trait Lacks<Proof> {
            fn holds() -> bool {
                true
            }
        }
        impl<T: ?Sized> Lacks<()> for T {}
        impl<T: ?Sized + $bound> Lacks<u8> for T {}
        $(assert!(<$holder as Lacks<_>>::holds());)+
    }};
}

#[test]
fn what_holds_a_secret_cannot_be_shown_copied_or_stored() {
    lacks!(Debug: MergedDocument, SecretText, SecretValue, SecretFields, SecretData, Variable, EnvVariables, EnvSecrets, Environment);
    lacks!(Clone: MergedDocument, SecretText, SecretValue, SecretFields, SecretData, Variable, EnvVariables);
    lacks!(Serialize: MergedDocument, SecretText, SecretValue, SecretFields, SecretData, Variable, EnvVariables, EnvSecrets);
    lacks!(ToString: MergedDocument, SecretText, SecretValue, SecretFields, SecretData, Variable);
    lacks!(Into<Document>: MergedDocument, SecretText, SecretFields, Variable);
}
