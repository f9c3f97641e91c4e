//! `resolve`: tells which document serves a request's path, or why none does.

use futures::TryStreamExt;
use serde::Serialize;

use super::args::ResolveArgs;
use super::error::{Exit, Result};
use super::explain::{AnswerReport, explained};
use super::output::{Printer, cell, pairs, whole};
use super::session::{CliSession, note_faults};
use crate::check::receiver::{AnonymousAnswer, CATCH_ALL, RequestedRoute, route};
use crate::config::Target;
use crate::domain::{Entry, KeyPrefix, Namespace, ResourceKey, WebhookId};
use crate::inventory::Facts;
use crate::text::Safe;

pub(super) async fn run(session: &CliSession, arguments: ResolveArgs, out: &mut Printer<'_>) -> Result<Exit> {
    let default = session.settings.target.namespace();
    let report = match route(&arguments.path, &default) {
        Ok(requested) => serving(session, &arguments.path, requested).await?,
        Err(error) => RouteReport {
            path: arguments.path.clone(),
            namespace: None,
            id: None,
            served_by: None,
            catch_all: false,
            anonymous: AnswerReport::of(AnonymousAnswer { status: error.status(), by: Some(error.by()) }),
            reason: error.to_string(),
        },
    };
    out.result(arguments.output.format, &report, RouteReport::lines)?;
    Ok(match (&report.served_by, report.anonymous.status()) {
        (Some(_), _) | (None, 200) => Exit::DONE,
        (None, 400) => Exit::INVALID,
        (None, _) => Exit::NOT_FOUND,
    })
}

/// The output of `resolve`.
#[derive(Serialize)]
struct RouteReport {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The document that serves the path; null if none does.
    served_by: Option<String>,
    /// Whether that is the catch-all of the namespace.
    catch_all: bool,
    anonymous: AnswerReport,
    reason: String,
}

impl RouteReport {
    fn lines(&self) -> Vec<Safe<'static>> {
        let mut facts = vec![("path", whole(&self.path))];
        facts.extend(self.namespace.as_ref().map(|namespace| ("namespace", whole(namespace))));
        facts.extend(self.id.as_ref().map(|id| ("id", whole(id))));
        let catch_all = if self.catch_all { " (the catch-all)" } else { "" };
        let served = self.served_by.as_ref().map(|key| format!("{key}{catch_all}"));
        let none = if self.catch_all { "the receiver's built-in catch-all" } else { "nothing" };
        facts.push(("served by", whole(&served.unwrap_or_else(|| none.into()))));
        facts.push(("anonymous", cell(&self.anonymous.words())));
        facts.push(("because", cell(&self.reason)));
        pairs(facts)
    }
}

async fn serving(session: &CliSession, path: &str, requested: RequestedRoute) -> Result<RouteReport> {
    let RequestedRoute { namespace, id } = requested;
    // Files hold one namespace, and a route's is ignored.
    let stored_in = match session.settings.target {
        Target::Files(_) => Namespace::default(),
        #[cfg(feature = "etcd")]
        Target::Etcd(_) => namespace.clone(),
    };
    let report = |served_by: Option<&ResourceKey>, catch_all, answer, reason| RouteReport {
        path: path.to_owned(),
        namespace: Some(namespace.to_string()),
        id: Some(id.to_string()),
        served_by: served_by.map(ToString::to_string),
        catch_all,
        anonymous: AnswerReport::of(answer),
        reason,
    };
    let (entry, catch_all) = match usable(session, &stored_in, id.as_str()).await? {
        Ok(entry) => (entry, false),
        Err(why) => match usable(session, &stored_in, CATCH_ALL).await? {
            Ok(entry) => (entry, true),
            Err(_) if is_built_in(session, &stored_in).await => {
                let reason =
                    "there is no file of webhooks: the receiver's built-in catch-all answers every id";
                return Ok(report(None, true, AnonymousAnswer { status: 200, by: None }, reason.into()));
            }
            Err(_) => {
                let (by, reason) = why_none(session, &stored_in, why).await?;
                return Ok(report(None, false, AnonymousAnswer { status: 404, by: Some(by) }, reason));
            }
        },
    };
    let view = session.settings.receiver_view()?;
    note_faults(&view.findings);
    let view = explained(Some(session), &view, Some(&entry.key), &entry.document, session).await;
    let judgement = view.judgement;
    Ok(report(Some(&entry.key), catch_all, judgement.anonymous, judgement.reason))
}

/// A document that the receiver can use, or why it cannot.
async fn usable(
    session: &CliSession,
    namespace: &Namespace,
    id: &str,
) -> Result<std::result::Result<Entry, Option<String>>> {
    let id = WebhookId::new(id).map_err(|error| Exit::USAGE.because(error.to_string()))?;
    let key = ResourceKey::webhook(namespace.clone(), id);
    let Some(entry) = session.manager.reader().get(&key).await? else { return Ok(Err(None)) };
    let facts = Facts::scan(&session.masking(&key), &entry.document);
    Ok(match facts.error {
        None => Ok(entry),
        Some(error) => Err(Some(format!("the receiver skips {key}: {error}"))),
    })
}

/// Whether the receiver has no file of webhooks, and so serves every id by itself.
async fn is_built_in(session: &CliSession, namespace: &Namespace) -> bool {
    let has_files = matches!(session.settings.target, Target::Files(_));
    let of_webhooks = KeyPrefix::Namespace(namespace.clone());
    has_files && session.manager.reader().absence(&of_webhooks).await.is_some()
}

/// Why nothing serves an id, and what gives the answer.
async fn why_none(
    session: &CliSession,
    namespace: &Namespace,
    skipped: Option<String>,
) -> Result<(&'static str, String)> {
    if let Some(reason) = skipped {
        return Ok(("document", reason));
    }
    let reader = session.manager.reader();
    let mut pages = reader.list_keys(KeyPrefix::Namespace(namespace.clone()));
    while let Some(page) = pages.try_next().await? {
        if !page.keys.is_empty() {
            let reason = format!("no webhook in {namespace} has this id, and none is called {CATCH_ALL}");
            return Ok(("id", reason));
        }
    }
    Ok(("namespace", format!("there is no webhook in the namespace {namespace}")))
}
