//! Opens the console from settings: store, audit, theme, clipboard and editor.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use futures::FutureExt;
use futures::future::BoxFuture;
use ratatui::Frame;
use thiserror::Error;
use tokio::sync::mpsc;

use super::demo::{
    DemoStore, FilesDemo, demo_application, demo_secret_lookup, demo_secrets, simulate_activity,
    simulate_file_edits,
};
use super::effect::Effect;
use super::external_editor::ExternalEditor;
use super::message::Message;
use super::model::{ConsoleContext, Model, Redraw, Tone};
use super::runtime::{
    Clock, ConsoleConfig, ConsoleExit, ContextSwitch, NextConsole, OpenApplication, Program, run_contexts,
};
use super::terminal::{Clipboard, TerminalEnv};
use super::theme::{ColorDepth, Glyphs, Theme, ThemeError};
use super::update;
use crate::application::{Application, OpenOptions};
use crate::audit::Audit;
use crate::check::{ReceiverEnv, ReceiverProfile, SecretLookup};
use crate::cli::{Demo, open_audit};
use crate::config::Settings;
#[cfg(feature = "etcd")]
use crate::config::Target;
use crate::console::shell;
use crate::console::shell::layout::Size;
use crate::domain::Health;
use crate::manager::UnifiedConfigManager;
use crate::private_file::io_reason;
use crate::provider::file::FileProvider;
use crate::provider::{Backend, ConfigReader, ConfigWriter, SecretAccess, SecretBackend, env, file, memory};
use crate::text::Safe;

/// Why the console could not be opened, or failed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The theme is invalid.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The terminal could not be claimed, or the temporary folder could not be created.
    #[error("{}", if .0.get_ref().is_some() { .0.to_string() } else { io_reason(.0) })]
    System(#[from] io::Error),
}

/// Opens the console and runs it until the user quits, in one context after the other.
///
/// Without `demo` the data comes from the settings' target. `vars` is the process environment; `log` receives
/// the lines for the Log tab.
///
/// # Errors
/// [`OpenError`], before anything was drawn.
pub async fn open(
    settings: &Settings,
    demo: Option<Demo>,
    vars: &BTreeMap<String, String>,
    log: Option<mpsc::Receiver<String>>,
) -> Result<ConsoleExit, OpenError> {
    let store = match demo {
        None => ConsoleStore::of_settings(settings),
        Some(Demo::Memory) => ConsoleStore::of_demo(),
        Some(Demo::Files) => ConsoleStore::of_demo_files(settings)?,
    };
    let files = store.files;
    let store = ConsoleStore { files: None, ..store };
    let theme = theme(settings, vars)?;
    let config = ConsoleConfig { log, ..console_config(settings, store, vars) };
    let contexts = if demo.is_none() { settings.contexts.clone() } else { Vec::new() };
    let others = (demo.is_none()).then(|| context_switch(settings.clone(), vars.clone()));
    let program = |context, size| App::new(context, size, theme).among(contexts);
    let left = run_contexts(config, program, others).await?;
    drop(files);
    Ok(left)
}

/// How other contexts of these settings' config file are opened.
fn context_switch(settings: Settings, vars: BTreeMap<String, String>) -> ContextSwitch<App> {
    let resolve = move |name: &str| settings.of_context(name).map_err(|error| error.to_string());
    let open = move |settings: &Settings| {
        let theme = theme(settings, &vars).map_err(|error| error.to_string())?;
        let config = console_config(settings, ConsoleStore::of_settings(settings), &vars);
        let contexts = settings.contexts.clone();
        let program = |context, size| App::new(context, size, theme).among(contexts).arrived();
        Ok(NextConsole { config, program: Box::new(program) })
    };
    ContextSwitch { resolve: Arc::new(resolve), open: Box::new(open) }
}

fn theme(settings: &Settings, vars: &BTreeMap<String, String>) -> Result<Theme, ThemeError> {
    let terminal = TerminalEnv::of(vars);
    let depth = if settings.console.no_color { ColorDepth::None } else { terminal.colors };
    let theme = Theme::named(settings.console.theme.unwrap_or("default"), depth, Glyphs::of(terminal.utf8))?;
    Ok(match settings.console.accent {
        Some(color) => theme.with_accent(color, depth),
        None => theme,
    })
}

/// What the console of a store works with.
fn console_config(
    settings: &Settings,
    store: ConsoleStore,
    vars: &BTreeMap<String, String>,
) -> ConsoleConfig {
    let writer = if settings.context.read_only.is_none() { store.writer } else { None };
    let (lookup, mut secrets) = store.secrets.unzip();
    if let Some(access) = secrets.as_mut().filter(|_| writer.is_none()) {
        access.writer = None;
    }
    let context = ConsoleContext {
        name: Safe::name(&store.name).into_string(),
        backend: store.backend,
        secret_backend: store.secret_backend,
        target: Safe::new(&store.target).into_owned().into_string(),
        warnings: store.marks,
        settings: store.settings,
        capabilities: store.reader.capabilities(),
        secrets: lookup,
        receiver: Arc::new(store.receiver),
        secret_names: settings.secret_names.clone(),
        may_copy_secrets: settings.console.copy_secrets,
        application: store.application.as_ref().map(|(file, _)| Safe::new(file).into_owned().into_string()),
        read_only: writer.is_none(),
        protected: settings.context.protected,
        locked: store.locked,
        frames_per_second: TerminalEnv::of(vars).frames_per_second(),
    };
    ConsoleConfig {
        context,
        reader: store.reader,
        writer,
        secrets,
        application: store.application.map(|(_, open)| open),
        clipboard: Clipboard::detect(vars),
        log: None,
        editor: ExternalEditor::of(vars, settings.console.state_dir.as_deref()),
        state: settings.console.state_dir.clone(),
        audit: Arc::new(store.audit),
        stats: settings.console.stats.clone(),
        clock: Clock::system(),
        startup: store.startup,
    }
}

/// A store, and how the header describes it.
struct ConsoleStore {
    name: String,
    backend: &'static Backend,
    secret_backend: &'static SecretBackend,
    target: String,
    marks: Vec<String>,
    /// What is wrong with the settings.
    settings: Health,
    locked: bool,
    reader: Arc<dyn ConfigReader>,
    writer: Option<Arc<dyn ConfigWriter>>,
    /// How documents map to secrets, and access to the secret store.
    secrets: Option<(SecretLookup, SecretAccess)>,
    receiver: ReceiverProfile,
    /// The file of the application whose settings are shown, and what opens it.
    application: Option<(String, OpenApplication)>,
    audit: Audit,
    startup: Vec<Box<dyn FnOnce() + Send>>,
    /// Dropping this removes the demo's files.
    files: Option<FilesDemo>,
}

impl ConsoleStore {
    fn of_settings(settings: &Settings) -> Self {
        let manager = UnifiedConfigManager::from_settings(settings);
        // Without the receiver's variables, everything else can be looked at all the same.
        let view = settings.receiver_view();
        let receiver = settings.receiver_profile(view.as_ref().ok());
        let secrets = match view {
            Ok(view) => (view.lookup.clone(), manager.secrets_as(&view)),
            Err(problem) => {
                let env = ReceiverEnv::Unreadable(problem.to_string());
                let lookup = settings.receiver.secret_lookup(&settings.secrets);
                (SecretLookup { env, ..lookup }, manager.secrets())
            }
        };
        Self {
            name: settings.context.name.clone(),
            backend: settings.target.backend(),
            secret_backend: settings.secrets.backend(),
            target: settings.target.place(),
            marks: settings.warnings.iter().map(ToString::to_string).collect(),
            settings: settings.health(),
            locked: settings.target.backend().remote || settings.secrets.backend().remote,
            reader: manager.reader(),
            writer: manager.writer().ok(),
            secrets: Some(secrets),
            receiver,
            application: settings.application.as_ref().map(|file| application(settings, file)),
            audit: open_audit(settings),
            startup: Vec::new(),
            files: None,
        }
    }

    /// A demo: nothing is audited, and its data changes by itself.
    fn demo<P: ConfigWriter + 'static>(
        provider: Arc<P>,
        (backend, secret_backend): (&'static Backend, &'static SecretBackend),
        target: String,
        activity: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self {
            name: "demo".into(),
            backend,
            secret_backend,
            target,
            marks: Vec::new(),
            settings: Health::default(),
            locked: false,
            reader: Arc::clone(&provider) as Arc<dyn ConfigReader>,
            writer: Some(provider),
            secrets: None,
            receiver: ReceiverProfile::default(),
            application: Some(demo_application()),
            audit: Audit::off(),
            startup: vec![Box::new(move || drop(tokio::spawn(activity)))],
            files: None,
        }
    }

    fn of_demo() -> Self {
        let demo = Arc::new(DemoStore::default());
        let driven = Arc::clone(&demo);
        let activity = async move { simulate_activity(&driven).await };
        let backends = (&memory::BACKEND, &memory::SECRET_BACKEND);
        let secrets = demo_secret_lookup().map(|lookup| (lookup, demo_secrets().access(true)));
        Self { secrets, ..Self::demo(demo, backends, "in this process".into(), activity) }
    }

    fn of_demo_files(settings: &Settings) -> io::Result<Self> {
        let files = FilesDemo::new()?;
        let webhooks = files.settings.webhooks.clone();
        let target = webhooks.display().to_string();
        let provider = FileProvider::new(files.settings.clone());
        let provider = Arc::new(provider.with_secret_names(settings.secret_names.clone()));
        let backends = (&file::BACKEND, &env::BACKEND);
        Ok(Self {
            files: Some(files),
            ..Self::demo(provider, backends, target, simulate_file_edits(webhooks))
        })
    }
}

/// The application that settings name, with what opens it.
fn application(settings: &Settings, file: &Path) -> (String, OpenApplication) {
    let options = OpenOptions::new().variables(settings.secrets.variables()).observing();
    #[cfg(feature = "etcd")]
    let options = match &settings.target {
        Target::Etcd(etcd) => options.etcd((**etcd).clone()),
        _ => options,
    };
    let options = if settings.context.read_only.is_some() { options.read_only() } else { options };
    let path = file.to_path_buf();
    let open = move || -> BoxFuture<'static, Result<Application, String>> {
        let (options, path) = (options.clone(), path.clone());
        async move { options.open(&path).await.map_err(|error| error.to_string()) }.boxed()
    };
    (file.display().to_string(), Arc::new(open))
}

/// The model with its update and view, in the form that the runtime drives.
pub struct App {
    model: Model,
    theme: Theme,
}

impl App {
    /// A console before its first message.
    pub fn new(context: ConsoleContext, size: Size, theme: Theme) -> Self {
        let mut model = Model::new(context, size);
        model.glyphs = theme.glyphs();
        Self { model, theme }
    }

    /// With the names of the contexts that can be gone to.
    #[must_use]
    pub fn among(mut self, contexts: Vec<String>) -> Self {
        self.model.contexts = contexts;
        self
    }

    /// Says where the user has come to.
    fn arrived(mut self) -> Self {
        let words = match self.model.lock.refusal() {
            Some(refusal) => format!("this is {}; {refusal}", self.model.context.name),
            None => format!("this is {}; writing is allowed", self.model.context.name),
        };
        self.model.notify(Tone::Plain, words);
        self
    }
}

impl Program for App {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        update::update(&mut self.model, message)
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        shell::draw(&self.model, &self.theme, frame);
    }

    fn is_text(&self, key: KeyEvent) -> bool {
        self.model.is_text(key)
    }

    fn takes_back(&self, key: KeyEvent) -> bool {
        update::keys::takes_back(&self.model, key)
    }

    fn take_redraw(&mut self) -> Redraw {
        std::mem::take(&mut self.model.redraw)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.model.next_wake().into_iter().chain(shell::next_change_at(&self.model)).min()
    }
}
