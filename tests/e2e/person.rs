//! What a person does in the console, in steps larger than keys.

use std::thread;
use std::time::{Duration, Instant};

use crate::terminal::{Exit, Terminal};

/// Longer than the 300 ms in which the console takes no key for an answer to a question.
const READING: Duration = Duration::from_millis(350);

impl Terminal {
    /// Types `:` and a command or an address.
    #[track_caller]
    pub(crate) fn command(&mut self, line: &str) {
        self.keys(":");
        self.wait_for("enter take");
        self.type_text(line);
        self.keys("enter");
    }

    /// Selects a document by its address.
    #[track_caller]
    pub(crate) fn go_to(&mut self, address: &str) {
        self.command(address);
        self.wait_gone("enter take");
    }

    /// Allows writing to the context `lab`.
    #[track_caller]
    pub(crate) fn unlock(&mut self) {
        self.command("unlock");
        self.wait_for("unlock lab");
        self.type_text("lab\n");
        self.wait_for("UNLOCKED");
    }

    /// Opens the editor on a document.
    #[track_caller]
    pub(crate) fn edit(&mut self, address: &str) {
        self.go_to(address);
        self.keys("e");
        self.wait_for(&format!("EDIT {address}"));
    }

    /// Puts `new` in the place of `old`, which stands in sight and once in the draft.
    #[track_caller]
    pub(crate) fn replace(&mut self, old: &str, new: &str) {
        let (column, row) = self.wait_for(old).find(old).unwrap();
        let steps = |from: u16, to: u16, back: &str, on: &str| {
            let key = if to < from { back } else { on };
            vec![key; usize::from(from.abs_diff(to))].join(" ")
        };
        let (_, from) = self.cursor_when(|_| true);
        self.keys(&steps(from, row, "up", "down"));
        // Shorter lines on the way may have moved it to the left.
        let (from, _) = self.cursor_when(|(_, at)| at == row);
        self.keys(&steps(from, column, "left", "right"));
        self.cursor_when(|at| at == (column, row));
        self.keys(&vec!["delete"; old.chars().count()].join(" "));
        self.type_text(new);
        self.wait_for(new);
    }

    /// The cursor's column and row, once they are as wanted.
    #[track_caller]
    fn cursor_when(&mut self, wanted: impl Fn((u16, u16)) -> bool) -> (u16, u16) {
        self.wait_until(|screen| screen.cursor().is_some_and(&wanted)).cursor().unwrap()
    }

    /// Looks at the draft before it is written.
    #[track_caller]
    pub(crate) fn review(&mut self) {
        self.keys("ctrl-s");
        self.wait_for("REVIEW");
    }

    /// Lets a value of this field be made, where it is asked for, and takes it.
    #[track_caller]
    pub(crate) fn generate(&mut self, field: &str) {
        self.wait_for(&format!("new value of {field}"));
        self.keys("ctrl-g");
        self.wait_for("make a value at random");
        self.keys("enter");
        self.wait_for("enter takes it");
        self.keys("enter");
    }

    /// Answers a review or a question with this key, after having read it.
    #[track_caller]
    pub(crate) fn answer(&mut self, key: &str) {
        thread::sleep(READING);
        self.keys(key);
    }

    /// Answers the review of several deletions: the number is asked for, and typed.
    #[track_caller]
    pub(crate) fn delete_several(&mut self, count: usize) {
        self.answer("enter");
        self.wait_for(&format!("type delete {count} to write this"));
        self.type_text(&format!("delete {count}\n"));
    }

    /// Quits; that takes less than `bound`, and the terminal is as it was.
    #[track_caller]
    pub(crate) fn leaves_within(&mut self, bound: Duration) {
        let pressed = Instant::now();
        self.keys("q");
        assert_eq!(self.wait_exit(), Exit::Code(0));
        assert!(pressed.elapsed() < bound, "leaving took {:?}", pressed.elapsed());
        self.assert_restored();
    }
}
