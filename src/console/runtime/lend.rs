//! The terminal lent to the user's own editor, and taken back.

use std::time::Instant;

use super::Program;
use super::runner::Reply;
use super::turn::Loop;
use crate::console::effect::Request;
use crate::console::outside::{Outside, OutsideDraft};
use crate::console::terminal::{Device, LEAVE_WITHIN};

impl<P: Program, D: Device> Loop<P, D> {
    /// Gives the terminal to the user's own editor.
    pub(super) async fn lend(&mut self, request: Request, draft: OutsideDraft) {
        self.lent = true;
        self.hand_back(Instant::now() + LEAVE_WITHIN).await;
        match self.runner.outside(request, draft) {
            Ok(running) => self.outside = Some((request, running)),
            Err(error) => {
                let why = format!("no thread for the editor: {}", error.kind());
                self.reply(request, Reply::Outside(Outside::Failed(why)));
            }
        }
    }

    /// Takes the terminal back once the program has ended.
    pub(super) fn outside_told(&mut self, request: Request, news: &Outside) {
        if let Outside::Failed(_) | Outside::Ended { .. } = news {
            if std::mem::take(&mut self.lent) {
                self.take_back();
            }
            if !matches!(news, Outside::Ended { handed_on: true, .. }) {
                self.outside.take_if(|(running, _)| *running == request);
            }
        }
    }

    /// Ends the watch of a file that was handed on.
    pub(super) fn end_outside(&mut self, request: Request) {
        if let Some((_, running)) = self.outside.as_ref().filter(|(running, _)| *running == request) {
            running.stop();
        }
    }
}
