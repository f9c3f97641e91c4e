//! Going on with another context on the same terminal: the program, its store and all that belongs to them are
//! replaced; the terminal, its input, the log and the counters stay.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::event_loop::EventLoop;
use super::frames::FrameSchedule;
use super::runner::EffectRunner;
use super::task_reply::TaskReply;
use super::watch_feed::WatchFeed;
use super::{ConsoleConfig, FILES_WITHIN, Program};
use crate::config::Settings;
use crate::console::model::ConsoleContext;
use crate::console::request::RequestId;
use crate::console::shell::layout::Size;
use crate::console::terminal::Device;

/// Reads the settings of a context, by its name. Blocks on I/O.
pub type ResolveContext = Arc<dyn Fn(&str) -> Result<Settings, String> + Send + Sync>;

/// Builds the console of settings that were read. Does no I/O.
pub type OpenContext<P> = Box<dyn Fn(&Settings) -> Result<NextConsole<P>, String> + Send>;

/// How long the stores of a context that was left may take to end.
const ENDED_WITHIN: Duration = Duration::from_secs(3);

/// How long reading the settings may take.
const RESOLVED_WITHIN: Duration = Duration::from_secs(5);

/// How other contexts are opened.
pub struct ContextSwitch<P> {
    pub resolve: ResolveContext,
    pub open: OpenContext<P>,
}

/// The console of another context, not yet running.
pub struct NextConsole<P> {
    pub config: ConsoleConfig,
    pub program: Box<dyn FnOnce(ConsoleContext, Size) -> P + Send>,
}

impl EffectRunner {
    /// Reads the settings of a context.
    pub(super) fn resolve_context(&mut self, request: RequestId, name: String) {
        let resolve = self.resolve_context.clone();
        self.spawn(request, async move {
            let Some(resolve) = resolve else {
                return TaskReply::Context(Err("this console has no other contexts".into()));
            };
            let read = timeout(RESOLVED_WITHIN, spawn_blocking(move || resolve(&name).map(Box::new)));
            TaskReply::Context(match read.await {
                Ok(Ok(read)) => read,
                Ok(Err(_)) => Err("reading its settings ended early".into()),
                Err(_) => Err("the disk with its settings does not answer".into()),
            })
        });
    }
}

impl<P: Program, D: Device> EventLoop<P, D> {
    /// Replaces the program by that of the settings read last. Nothing is dropped before drafts are saved, unless
    /// that loss is accepted.
    ///
    /// # Errors
    /// Why everything stays as it is.
    pub(super) async fn enter_context(&mut self, accepts_loss: bool) -> Result<(), String> {
        let (Some(contexts), Some(settings)) = (&self.contexts, self.next_settings.take()) else {
            return Err("this console has no other contexts".into());
        };
        let NextConsole { config, program } = (contexts.open)(&settings)?;
        let resolve = Arc::clone(&contexts.resolve);
        let unsaved = self.runner.drafts.flush().unsaved_by(Instant::now() + FILES_WITHIN).await;
        if let Some(why) = unsaved.filter(|_| !accepts_loss) {
            return Err(format!("a draft is not saved: {why}"));
        }
        let context = config.context;
        let (mut runner, answers) = EffectRunner::new(
            (config.reader, context.secret_names.clone()),
            (config.writer, config.secrets, context.locked),
            context.backend.name,
            config.clipboard,
            config.audit,
            config.state,
            config.editor,
        )
        .map_err(|_| "a thread cannot be started; leave other programs first".to_owned())?;
        runner.resolve_context = Some(resolve);
        if let Some(open) = config.application {
            runner.follow_settings(open);
        }
        // No event and no answer of the old context comes after this.
        self.sources.feeder = None;
        self.sources.answers = answers;
        end(std::mem::replace(&mut self.runner, runner));
        (self.clock, self.started_wall, self.last_wake) = (config.clock, SystemTime::now(), Duration::ZERO);
        self.schedule = FrameSchedule::new(context.frames_per_second);
        self.program = program(context, self.device.size().drawn());
        self.draw_if_due();
        self.sources.feeder = Some(WatchFeed::open(&*self.runner.reader, &self.runner.secret_names));
        Ok(())
    }
}

/// Ends the stores of a context; what still runs for it is aborted.
fn end(runner: EffectRunner) {
    let (reader, secrets) = (Arc::clone(&runner.reader), runner.secret_reader());
    drop(runner);
    tokio::spawn(async move {
        let stores = async {
            if let Some(secrets) = secrets {
                secrets.shutdown().await;
            }
            reader.shutdown().await;
        };
        // A store that hangs is abandoned; its connections end with the process.
        let _ = timeout(ENDED_WITHIN, stores).await;
    });
}
