//! `secrets`: what exists, told without reading it; values, shown and written on purpose only.

mod args;
mod get;
pub(super) mod hush;
mod input;
mod list;
mod merged;
mod needs;
mod place;
mod presence;
mod set;
mod versions;

use std::sync::Arc;

pub(super) use self::args::{Reveal, Secrets};
pub(super) use self::merged::print as print_merged;
use self::place::Named;
use super::Session;
use super::failure::{Exit, Failure};
use super::output::Out;
use crate::check::Eyes;
use crate::domain::SecretPath;
use crate::provider::env::{EnvSecrets, EnvVariables};
use crate::provider::{Error, SecretReader, SecretWriter};

pub(super) async fn run(session: &Session, secrets: Secrets, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let shop = Shop { session, eyes: session.settings.eyes()? };
    match secrets {
        Secrets::List { folder, output } => list::run(&shop, folder.as_deref(), output.format, out).await,
        Secrets::Presence(presence) => presence::run(&shop, presence, out).await,
        Secrets::Get(get) => get::run(&shop, get, out).await,
        Secrets::Set(set) => set::set(&shop, set, out).await,
        Secrets::Generate(generate) => set::generate(&shop, generate, out).await,
        Secrets::Delete(delete) => versions::delete(&shop, delete, out).await,
        Secrets::Undelete(undelete) => versions::undelete(&shop, undelete, out).await,
        Secrets::Destroy(destroy) => versions::destroy(&shop, destroy, out).await,
    }
}

/// What these commands work with.
struct Shop<'s> {
    session: &'s Session,
    eyes: Eyes,
}

impl Shop<'_> {
    fn named(&self, text: &str) -> Result<Named, Failure> {
        Named::read(text, &self.eyes)
    }

    fn secret(&self, text: &str) -> Result<SecretPath, Failure> {
        self.named(text)?.secret(&self.eyes)
    }

    fn reader(&self) -> Result<Arc<dyn SecretReader>, Failure> {
        Ok(self.session.manager.secrets().reader)
    }

    /// What writes this secret; a refusal says what to do instead.
    fn writer(&self, path: &SecretPath) -> Result<Arc<dyn SecretWriter>, Failure> {
        match (self.session.manager.secret_writer(), path) {
            (Err(Error::Unsupported { .. }), SecretPath::Variables(id)) => {
                let nothing = EnvVariables::of::<String, String>([]);
                Err(EnvSecrets::new(Arc::new(nothing)).refusal(id).into())
            }
            (writer, _) => Ok(writer?),
        }
    }
}
