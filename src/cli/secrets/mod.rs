//! `secrets`: lists secrets and checks their presence without reading values. Values are read or written only
//! by the commands made for that.

mod args;
mod create;
mod delete;
mod get;
mod hidden_prompt;
mod input;
mod judge;
mod list;
mod merged;
mod needs;
mod presence;
mod set;
mod target;

use std::sync::Arc;

pub(super) use self::args::{RevealArgs, SecretsCommand};
pub(super) use self::create::{NewSecrets, write_new};
pub(super) use self::get::consent;
pub(super) use self::hidden_prompt::read_twice;
pub(super) use self::merged::{masked_json, print as print_merged};
use self::target::DocumentOrSecret;
use super::error::{Exit, Result};
use super::output::Printer;
use super::session::{CliSession, note_faults};
use super::write::NUMBER;
use crate::check::{ReceiverEnv, SecretLookup};
use crate::config::{ReceiverView, Settings, SettingsError};
use crate::domain::SecretPath;
use crate::provider::env::{EnvSecrets, EnvVariables};
use crate::provider::{Error, SecretAccess, SecretReader, SecretWriter};
use crate::write::SecretRequest;

pub(super) async fn run(
    session: &CliSession,
    secrets: SecretsCommand,
    out: &mut Printer<'_>,
) -> Result<Exit> {
    let context = match &secrets {
        // It is a gate: what the receiver's loader refuses, the receiver does not have.
        SecretsCommand::Presence(_) => SecretsContext::of(session, Settings::receiver_view_as_loaded)?,
        _ => SecretsContext::new(session)?,
    };
    match secrets {
        SecretsCommand::List { folder, output } => {
            list::run(&context, folder.as_deref(), output.format, out).await?;
        }
        SecretsCommand::Presence(presence) => return presence::run(&context, presence, out).await,
        SecretsCommand::Get(get) => get::run(&context, get, out).await?,
        SecretsCommand::Set(set) => set::set(&context, set, out).await?,
        SecretsCommand::Generate(generate) => set::generate(&context, generate, out).await?,
        SecretsCommand::Delete(delete) => delete::delete(&context, delete, out).await?,
        SecretsCommand::Undelete(undelete) => delete::undelete(&context, undelete, out).await?,
        SecretsCommand::Destroy(destroy) => delete::destroy(&context, destroy, out).await?,
    }
    Ok(Exit::DONE)
}

/// The secret store as the receiver has it.
pub(super) fn secret_reader(session: &CliSession, view: &ReceiverView) -> Arc<dyn SecretReader> {
    session.manager.secrets_as(view).reader
}

struct SecretsContext<'s> {
    session: &'s CliSession,
    lookup: SecretLookup,
    /// The secret store; where variables hold the secrets, they are those of the receiver.
    access: SecretAccess,
}

impl<'s> SecretsContext<'s> {
    fn new(session: &'s CliSession) -> Result<Self> {
        Self::of(session, Settings::receiver_view)
    }

    fn of(
        session: &'s CliSession,
        view: fn(&Settings) -> std::result::Result<ReceiverView, SettingsError>,
    ) -> Result<Self> {
        let settings = &session.settings;
        if let Some(problem) = settings.secrets.problem() {
            return Err(problem.into());
        }
        session.note_findings();
        let view = view(settings)?;
        note_faults(&view.findings);
        let access = session.manager.secrets_as(&view);
        Ok(Self { session, lookup: view.lookup, access })
    }

    fn target(&self, text: &str) -> Result<DocumentOrSecret> {
        DocumentOrSecret::parse(text, &self.lookup)
    }

    fn looked_at(&self, text: &str) -> Result<DocumentOrSecret> {
        DocumentOrSecret::parse_in(text, &self.lookup, &self.session.settings.target.namespace())
    }

    fn secret(&self, text: &str) -> Result<SecretPath> {
        self.target(text)?.secret(&self.lookup)
    }

    /// Refuses to read variables of another process, which are not those of confdeck.
    fn check_visible(&self, path: &SecretPath) -> Result<()> {
        match (path, &self.lookup.env) {
            (SecretPath::Variables(_), ReceiverEnv::NotVisible) => Err(Exit::USAGE.because(format!(
                "{path} are not visible from here: receiver.env says where the receiver's variables are, as \
                 CONFDECK_RECEIVER_ENV=file:PATH"
            ))),
            _ => Ok(()),
        }
    }

    /// A request to the secret store.
    fn request(&self, reason: Option<&str>) -> SecretRequest<'_> {
        let reason = reason.map(str::to_owned);
        SecretRequest { service: &self.session.writes, access: &self.access, number: NUMBER, reason }
    }

    fn reader(&self) -> Arc<dyn SecretReader> {
        Arc::clone(&self.access.reader)
    }

    /// The writer for this secret; if it is refused, the error says what to do instead.
    fn writer(&self, path: &SecretPath) -> Result<Arc<dyn SecretWriter>> {
        match (self.session.manager.secret_writer(), path) {
            (Err(Error::Unsupported { .. }), SecretPath::Variables(id)) => {
                let nothing = EnvVariables::of::<String, String>([]);
                Err(EnvSecrets::new(Arc::new(nothing)).refusal(id).into())
            }
            (writer, _) => Ok(writer?),
        }
    }
}
