//! The process-wide manager.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::UnifiedConfigManager;
use crate::config::SettingsError;

static SHARED: Mutex<Option<Arc<UnifiedConfigManager>>> = Mutex::new(None);

impl UnifiedConfigManager {
    /// The process-wide manager, created by [`UnifiedConfigManager::from_env`] on first use. Does not
    /// connect. An error in the settings is not cached: the next call tries again. After a shutdown the
    /// next call creates a new manager.
    ///
    /// # Errors
    /// Those of [`UnifiedConfigManager::from_env`].
    pub fn global() -> Result<Arc<Self>, SettingsError> {
        let mut shared = SHARED.lock();
        if let Some(manager) = shared.as_ref().filter(|manager| !manager.ended.load(Ordering::Acquire)) {
            return Ok(Arc::clone(manager));
        }
        let manager = Arc::new(Self::from_env()?);
        *shared = Some(Arc::clone(&manager));
        Ok(manager)
    }
}
