//! Hands the terminal to the user's own editor and reclaims it.

use std::time::Instant;

use super::Program;
use super::event_loop::EventLoop;
use super::task_reply::TaskReply;
use crate::console::external_editor::{EditorEvent, ExternalDraft};
use crate::console::request::RequestId;
use crate::console::terminal::{Device, LEAVE_WITHIN};
use crate::private_file::io_reason;

impl<P: Program, D: Device> EventLoop<P, D> {
    /// Releases the terminal and starts the user's own editor.
    pub(super) async fn start_external_editor(&mut self, request: RequestId, draft: ExternalDraft) {
        self.editor_has_terminal = true;
        self.release_terminal(Instant::now() + LEAVE_WITHIN).await;
        match self.runner.start_external_editor(request, draft) {
            Ok(running) => self.external_editor = Some((request, running)),
            Err(error) => {
                let why = format!("no thread for the editor: {}", io_reason(&error));
                self.reply(request, TaskReply::ExternalEditor(EditorEvent::Failed(why)));
            }
        }
    }

    /// Reclaims the terminal once the editor has exited.
    pub(super) fn on_editor_event(&mut self, request: RequestId, news: &EditorEvent) {
        if let EditorEvent::Failed(_) | EditorEvent::Ended { .. } = news {
            if std::mem::take(&mut self.editor_has_terminal) {
                self.reclaim_terminal();
            }
            if !matches!(news, EditorEvent::Ended { detached: true, .. }) {
                self.external_editor.take_if(|(running, _)| *running == request);
            }
        }
    }

    /// Stops watching the file of a detached editor.
    pub(super) fn stop_external_editor(&mut self, request: RequestId) {
        if let Some((_, running)) = self.external_editor.as_ref().filter(|(running, _)| *running == request) {
            running.stop();
        }
    }
}
