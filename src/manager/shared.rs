//! The manager that a process shares.

use std::sync::{Arc, Mutex, PoisonError};

use super::UnifiedConfigManager;
use crate::settings::SettingsError;

static SHARED: Mutex<Option<Arc<UnifiedConfigManager>>> = Mutex::new(None);

impl UnifiedConfigManager {
    /// The process's shared manager, made by [`UnifiedConfigManager::from_env`] when it is first
    /// asked for. Does not connect. A mistake in the settings is answered and not remembered: the next
    /// caller tries again, and one that was shut down is not handed out again.
    ///
    /// # Errors
    /// Those of [`UnifiedConfigManager::from_env`].
    pub fn global() -> Result<Arc<Self>, SettingsError> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manager) = shared.as_ref().filter(|manager| !manager.has_ended()) {
            return Ok(Arc::clone(manager));
        }
        let manager = Arc::new(Self::from_env()?);
        *shared = Some(Arc::clone(&manager));
        Ok(manager)
    }
}
