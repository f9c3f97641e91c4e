//! The gate: the only owner of writers in the console, with a lock in front of them.

use std::fmt;
use std::sync::Arc;

use crate::provider::Error;

/// Hands out its writer only while unlocked. Without a writer it never opens, so the console is read-only.
pub struct Gate<W: ?Sized> {
    writer: Option<Arc<W>>,
    open: bool,
}

impl<W: ?Sized> Gate<W> {
    /// A gate in front of `writer`; `None` means permanently read-only.
    pub fn new(writer: Option<Arc<W>>, locked: bool) -> Self {
        Self { writer, open: !locked }
    }

    /// The writer, for one call.
    ///
    /// # Errors
    /// [`Error::Denied`] while locked, [`Error::Unsupported`] if there is no writer.
    pub fn pass(&self) -> Result<Arc<W>, Error> {
        match &self.writer {
            None => Err(Error::unsupported("writing", "this console was started read-only")),
            Some(_) if !self.open => {
                Err(Error::Denied { permission: "writing is locked".into(), remedy: "type :unlock first" })
            }
            Some(writer) => Ok(Arc::clone(writer)),
        }
    }

    /// Lets writes pass; called only by the runtime for `Effect::Unlock`.
    pub(super) fn unlock(&mut self) {
        self.open = true;
    }

    pub(super) fn lock(&mut self) {
        self.open = false;
    }
}

impl<W: ?Sized> fmt::Debug for Gate<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("read_only", &self.writer.is_none()).field("open", &self.open).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_gate_says_how_to_open_it() {
        let mut gate = Gate::new(Some(Arc::new("writer")), true);
        let refused = gate.pass().unwrap_err();
        assert!(matches!(refused, Error::Denied { .. }));
        assert!(refused.to_string().contains("writing is locked; type :unlock first"));
        gate.unlock();
        assert_eq!(gate.pass().as_deref(), Ok(&"writer"));
        gate.lock();
        assert!(matches!(gate.pass(), Err(Error::Denied { .. })));
    }

    #[test]
    fn without_a_writer_nothing_opens_it() {
        let mut gate = Gate::<str>::new(None, false);
        assert!(matches!(gate.pass(), Err(Error::Unsupported { .. })));
        gate.unlock();
        assert!(gate.pass().unwrap_err().to_string().contains("read-only"));
    }
}
