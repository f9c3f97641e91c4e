//! Every action of the console, one row each: its name, help, properties, keys, and place in the footer. Key
//! map, footer, help, palette and key reference are derived from this table.

mod group;
mod hints;
mod place_groups;
#[cfg(test)]
mod tests;

pub use group::Group;
use place_groups::{EVERYWHERE, LISTS, SCREENS, SCROLLING, TABS};

use super::place::Place::{self, *};

/// A row of the table.
struct ActionInfo {
    name: &'static str,
    help: &'static str,
    group: Group,
    command: bool,
    writes: bool,
    writer: bool,
    look: bool,
    keys: &'static [(&'static str, &'static [Place])],
    hints: &'static [(Place, u8, &'static str)],
}

/// `Variant "name" "help" [flags] keys { "key key" in places } hints { Place rank "word" };` within its
/// group.
///
/// - `command`: can be typed after `:`; `writes`: leads to a write, so a read-only console lacks it and a
///   locked one refuses it; `writer`: meaningless without a writer; `look`: changes only what is seen, so that
///   the results of the act before stay.
/// - The first key in a place is the one that hints show.
/// - The footer of a place shows its hints by rank; a hint without a word of its own shows the name.
macro_rules! actions {
    ($($group:ident { $(
        $id:ident $name:literal $help:literal $([$($flag:ident)*])?
        $(keys { $($keys:literal in $places:tt),* })?
        $(hints { $($place:ident $rank:literal $($word:literal)?),* })?;
    )* })*) => {
        /// An action that the user can request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[doc = $help] $id,)*)* }

        impl Action {
            /// Every action, in the order used in help.
            pub const ALL: &[Self] = &[$($(Self::$id),*),*];

            fn info(self) -> &'static ActionInfo {
                match self { $($(Self::$id => const {
                    #[allow(unused_mut)]
                    let mut info = ActionInfo {
                        name: $name,
                        help: $help,
                        group: Group::$group,
                        command: false,
                        writes: false,
                        writer: false,
                        look: false,
                        keys: &[$($(($keys, &$places)),*)?],
                        hints: &[$($(($place, $rank, word!($name $($word)?))),*)?],
                    };
                    $($(info.$flag = true;)*)?
                    &{ info }
                },)*)* }
            }
        }
    };
}

macro_rules! word {
    ($name:literal) => {
        $name
    };
    ($name:literal $word:literal) => {
        $word
    };
}

actions! {
    Here {
        Open "open" "open what is selected" [look] keys { "enter" in LISTS }
            hints { Browse 1, Detail 0 "follow", Secrets 1, Problems 1 "edit there", Settings 1 "layers" };
        ResumeDraft "take-up" "go on with the selected draft" [writes]
            keys { "enter" in [Drafts] }
            hints { Drafts 1 "go on with it" };
        DeleteDraft "throw-away" "throw the selected draft away, after a question"
            keys { "d" in [Drafts] }
            hints { Drafts 3 "throw away" };
        Write "write" "write what is shown" [writes]
            keys { "enter" in [Review, Plan, SecretReview] }
            hints { Review 1, Plan 1, SecretReview 1 };
        EnterValue "value-of" "new value for the selected field"
            keys { "enter" in [SecretForm] }
            hints { SecretForm 1 "new value" };
        AddField "add-field" "add a field by its name"
            keys { "a" in [SecretForm] }
            hints { SecretForm 3 "add a field" };
        RemoveField "remove-field" "remove the field, or let it stay"
            keys { "x" in [SecretForm] }
            hints { SecretForm 5 "remove" };
        Rebase "rebase" "base it on what is there now"
            keys { "b" in [SecretReview] }
            hints { SecretReview 2 "base it on what is there now" };
        Confirm "confirm" "yes, do it" keys { "y" in [Confirm] } hints { Confirm 1 "yes" };
        Accept "accept" "take what was typed"
            keys {
                "enter" in [
                    Filter, MessageFilter, Prompt, Choose, Columns, PickSecret, Value, Generate, Completion,
                    EffectiveFind
                ]
            }
            hints {
                Filter 1 "keep", EffectiveFind 1 "keep", MessageFilter 1 "keep", Prompt 1 "take", Choose 1 "take", Columns 1 "take",
                PickSecret 1 "take", Value 1 "take", Generate 1 "make it"
            };
        Generate "generate" "make the value at random" keys { "ctrl-g" in [Value] } hints { Value 2 };
        Review "review" "look at the draft before it is written" [writes]
            keys { "ctrl-s" in [Editor, SecretForm, Value], "enter" in [Merge] }
            hints { Editor 1, Merge 1, SecretForm 2, Value 3 };
        Undo "undo" "take back the last change of the draft" keys { "ctrl-u" in [Editor] } hints { Editor 6 };
        Redo "redo" "make it again" keys { "ctrl-r" in [Editor] } hints { Editor 7 };
        TakeMine "mine" "this clash as in your draft" keys { "m" in [Merge] } hints { Merge 2 };
        TakeTheirs "theirs" "this clash as it is stored now" keys { "t" in [Merge] } hints { Merge 3 };
        TakeAllMine "all-mine" "your draft for every clash without a choice"
            keys { "M" in [Merge] }
            hints { Merge 7 "all mine" };
        TakeAllTheirs "all-theirs" "what is stored for every clash without a choice"
            keys { "T" in [Merge] }
            hints { Merge 8 "all theirs" };
        TakeValue "value" "type another value for this clash" keys { "e" in [Merge] } hints { Merge 5 "other value" };
        FullDiff "full-diff" "full text, or changes by path" [look]
            keys { "f" in [Review, Merge, Plan] }
            hints { Review 2 "full diff", Merge 6 "full diff", Plan 4 "full text" };
        Merge "merge" "merge the draft with what is stored now" keys { "ctrl-g" in [Editor, Review] };
        Find "find" "look for a text in what is shown" [look]
            keys { "ctrl-f" in [Editor], "/" in [Detail, Effective] }
            hints { Editor 8, Detail 1, Effective 2 };
        FindNext "find-next" "next place of what is looked for" [look]
            keys {
                "enter down" in [Find], "n" in [Detail, Effective], "F3" in [Detail, Editor, Find, Effective]
            }
            hints { Find 1 "next", Detail 2 "next", Effective 3 "next" };
        FindPrevious "find-previous" "place before" [look]
            keys {
                "up" in [Find], "N" in [Detail, Effective], "shift-F3" in [Detail, Editor, Find, Effective]
            }
            hints { Find 2 "previous" };
        NextProblem "next-problem" "next problem of the draft"
            keys { "F8" in [Editor] }
            hints { Editor 2 "next problem" };
        PreviousProblem "previous-problem" "problem before" keys { "shift-F8 F7" in [Editor] };
        Fix "fix" "mend the problem at the cursor" keys { "F2" in [Editor] } hints { Editor 5 };
        Indent "indent" "line, or selected lines, one level in" keys { "tab" in [Editor] };
        Outdent "outdent" "line, or selected lines, one level back" keys { "backtab" in [Editor] };
        Wrap "wrap" "wrap long lines, or not" [look]
            keys { "F5" in [Editor], "w" in [Browse] }
            hints { Editor 10, Detail 4 };
        Layout "layout" "text laid out for the eye, or as it is stored" [look]
            keys { "f" in [Browse] }
            hints { Detail 5 };
        ToggleColumn "toggle-column" "show the column, or leave it out" [look]
            keys { "space" in [Columns] }
            hints { Columns 2 "show, or not" };
        ColumnEarlier "column-earlier" "column further to the left" [look]
            keys { "K" in [Columns] }
            hints { Columns 3 "to the left" };
        ColumnLater "column-later" "column further to the right" [look]
            keys { "J" in [Columns] }
            hints { Columns 4 "to the right" };
        RevealDraft "reveal-draft" "reveal the stored values in this draft"
            keys { "ctrl-t" in [Editor] }
            hints { Editor 9 "reveal" };
        Discard "discard" "throw the draft away, after a question" keys { "ctrl-x" in [Editor] } hints { Editor 11 };
        LeaveOut "leave-out" "leave this one out, or take it in again"
            keys { "space" in [Plan] }
            hints { Plan 3 "leave out" };
        CopyOwnSecrets "copy-own" "copy own secrets to the new names first, or leave them behind"
            keys { "s" in [Plan] }
            hints { Plan 2 "copy own secrets" };
        RebuildPlan "renew" "make the plan anew from what is stored now"
            keys { "b" in [Plan] }
            hints { Plan 6 "make it anew" };
        Back "back" "one step out; a draft is kept"
            keys {
                "esc" in [
                    Browse, Secrets, Problems, Settings, Page, Help, Editor, Find, Review, Merge, Plan, SecretForm, SecretReview,
                    StaleDependents, Effective
                ],
                "q" in [Help, StaleDependents, Effective], "?" in [Help]
            }
            hints {
                Secrets 2, Problems 3, Settings 3, Page 1, Help 1, Editor 3 "leave (draft kept)", Find 3 "close",
                Review 3 "back to the draft", Merge 4, Plan 5 "leave", SecretForm 4 "leave", SecretReview 3,
                StaleDependents 2 "leave", Effective 1 "leave"
            };
        Cancel "cancel" "no"
            keys {
                "n" in [Confirm],
                "esc" in [
                    Filter, MessageFilter, Prompt, Confirm, Choose, Value, Generate, Completion, EffectiveFind
                ],
                "esc q" in [Columns, Drafts, Messages, PickSecret, RevealedValue]
            }
            hints {
                Filter 2, EffectiveFind 2, MessageFilter 2, Messages 1 "close", Prompt 3, Confirm 2 "no",
                Choose 2, Columns 6, Drafts 2 "later", PickSecret 2, RevealedValue 1 "hide", Value 4, Generate 3,
                Completion 3 "close"
            };
        Complete "complete" "complete what was typed"
            keys { "tab" in [Prompt, Filter, Completion], "ctrl-n alt-/ ctrl-space" in [Editor] }
            hints { Prompt 2, Filter 5, Completion 1 "take", Editor 5 };
    }
    Write {
        Edit "edit" "edit the selected document" [command writes]
            keys { "e" in [Browse, Problems] }
            hints { Browse 2 };
        Unlock "unlock" "allow writing for ten minutes without a key" [command writer];
        Lock "lock" "refuse writing again" [command writer];
        EditExternally "edit-outside" "edit in the program of $EDITOR" [writes]
            keys { "E" in [Browse, Problems], "ctrl-e" in [Editor] }
            hints { Editor 12 "your editor" };
        New "new" "new document" [command writes] keys { "n" in [Browse] } hints { Browse 6 };
        Clone "clone" "copy the selected or the marked documents" [command writes]
            keys { "c" in [Browse] }
            hints { Browse 7 };
        Rename "rename" "give the selected document another name" [command writes]
            keys { "R" in [Browse] }
            hints { Browse 11 };
        Delete "delete" "delete the selected or the marked documents" [command writes]
            keys { "d" in [Browse] }
            hints { Browse 8 };
        Mark "mark" "mark, or unmark, and go on to the next row" keys { "space" in [Browse, Problems] }
            hints { Browse 10, Problems 7 };
        MarkAll "mark-all" "mark all that are shown, or unmark them" [command] keys { "*" in [Browse] };
        DropUnseen "drop-unseen" "drop what is marked, but not on the screen" [command]
            keys { "x" in [Browse, Plan] }
            hints { Browse 0 "drop unseen marks", Plan 2 "leave out the unseen" };
        SetSecret "set" "set or rotate one field of a secret" [command writes]
            keys { "s" in [Browse, Secrets] }
            hints { Browse 15, Secrets 5 };
        UndoWrite "undo-write" "take back the last write, then the ones before" [command writes]
            keys { "u" in [Browse, Problems, Page, Plan] }
            hints { Browse 9 "undo write", Problems 6 "undo write", Plan 7 "the one before" };
        SetFields "set-fields" "set several fields of a secret at once" [command writes]
            keys { "a" in [Secrets] }
            hints { Secrets 10 "set fields" };
        UndoSecret "undo-secret" "take back the last write of the secret" [command writes]
            keys { "u" in [Secrets] }
            hints { Secrets 8 "undo" };
        DeleteSecret "delete-secret" "delete the newest version of the secret" [command writes]
            keys { "d" in [Secrets] }
            hints { Secrets 11 "delete version" };
        UndeleteSecret "undelete-secret" "undelete the newest version of the secret" [command writes]
            keys { "U" in [Secrets] }
            hints { Secrets 6 "undelete" };
        DestroySecret "destroy" "destroy a version of the secret for ever" [command writes];
        DestroyAll "destroy-all" "destroy the secret with all its versions for ever" [command writes];
        Rewrite "reput" "plan to write that again, with the same content" [command writes]
            keys { "p" in [StaleDependents] }
            hints { StaleDependents 1 "plan the re-put" };
    }
    View {
        Filter "filter" "filter by words, uses: is: auth: sec: problem: severity: layer: secret:" [command]
            keys { "/" in [Browse, Secrets, Problems, Settings, Messages] }
            hints { Browse 3, Secrets 7, Problems 2, Settings 2, Messages 2 };
        Copy "copy" "copy the selected address or path" [command]
            keys { "y" in LISTS }
            hints { Browse 13, Secrets 12, Problems 8, Settings 6 "copy path" };
        Drafts "drafts" "drafts that were kept, on disk too" [command];
        RevealSecret "reveal" "show one secret value for 15 s, with a reason" [command]
            keys { "r" in [Browse, Secrets] }
            hints { Browse 14, Secrets 4 };
        Sort "sort" "next order: id, module, connection, newest" [command look]
            keys { "o" in LISTS }
            hints { Browse 16, Secrets 14, Problems 10, Settings 8 };
        CopySecret "copy-secret" "copy one secret value, with a reason, if the settings let you" [command]
            keys { "Y" in [Secrets] }
            hints { Secrets 13 "copy value" };
        Effective "effective" "what the receiver makes of the selected webhook" [command look]
            keys { "v" in [Browse, Problems, Effective] }
            hints { Browse 19, Problems 13 };
        Columns "columns" "choose the columns of this list and their order" [command look];
        Narrower "narrower" "focused pane narrower" [command look] keys { "<" in LISTS };
        Wider "wider" "focused pane wider" [command look] keys { ">" in LISTS };
        ResetView "reset-view" "panes as wide, and columns chosen, as at first" [command look]
            keys { "=" in LISTS, "=" in [Columns] }
            hints { Columns 5 "as at first" };
        Zoom "zoom" "focused pane alone" [command look] keys { "z" in LISTS }
            hints { Browse 17, Secrets 16, Problems 11, Settings 9 };
        Times "times" "dates and times instead of ages, or ages again" [command look]
            keys { "T" in TABS, "T" in [Drafts, Messages, Review, Plan, SecretReview, StaleDependents] };
        Pause "pause" "hold the picture still; changes wait" [command]
            keys { "p" in LISTS }
            hints { Browse 18, Secrets 17, Problems 12, Settings 10 };
        Webhooks "webhooks" "webhooks by namespace" [command look] keys { "1" in TABS };
        Connections "connections" "connections and who uses them" [command look] keys { "2" in TABS };
        Secrets "secrets" "secrets: which exist, and who depends on them" [command look] keys { "3" in TABS };
        Problems "problems" "what is wrong with all documents, worst first" [command look]
            keys { "4" in TABS };
        Health "health" "backends and their members" [command look] keys { "6" in TABS };
        Log "log" "confdeck's own log" [command look] keys { "7" in TABS };
        Settings "settings" "settings of the application, and where each value comes from" [command look]
            keys { "8" in TABS };
        Messages "messages" "what came of your acts, and news: the last 200, whole" [command look]
            keys { "F4" in SCREENS, "F4" in [Editor] };
        StaleDependents "reread" "what the receiver must read again after secrets changed" [command writer];
    }
    Move {
        Left "left" "pane to the left" keys { "left h" in LISTS };
        Right "right" "pane to the right" keys { "right l" in LISTS };
        FocusNext "focus-next" "next pane" keys { "tab" in LISTS };
        FocusPrevious "focus-previous" "previous pane" keys { "backtab" in LISTS };
        Up "up" "selection up"
            keys {
                "up k" in SCROLLING, "up" in [Filter, Choose, Generate], "backtab" in [Choose],
                "up ctrl-p" in [Completion]
            }
            hints { Filter 4 "row above", Choose 4 "row above", PickSecret 4 "row above" };
        Down "down" "selection down"
            keys {
                "down j" in SCROLLING, "down" in [Filter, Choose, Generate], "tab" in [Choose],
                "down ctrl-n" in [Completion]
            }
            hints {
                Completion 2 "next", Page 2 "scroll", Help 2 "scroll", Messages 3 "scroll", Filter 3 "row below",
                Choose 3 "row below", Review 5 "scroll",
                Merge 10 "next clash", Plan 9 "scroll", Drafts 4 "scroll", PickSecret 3 "row below",
                RevealedValue 2 "scroll", Generate 2 "alphabet", SecretReview 5 "scroll",
                StaleDependents 3 "scroll", Effective 5 "scroll"
            };
        PageUp "page-up" "one page up" keys { "pageup ctrl-b" in SCROLLING, "pageup" in [Choose] };
        PageDown "page-down" "one page down" keys { "pagedown ctrl-f" in SCROLLING, "pagedown" in [Choose] };
        First "first" "first row" keys { "home g" in SCROLLING };
        Last "last" "last row" keys { "end G" in SCROLLING };
    }
    Program {
        Command "command" "type a command or an address" [look]
            keys { ":" in SCREENS, ":" in [Drafts] }
            hints { Browse 5 "commands", Secrets 9 "commands", Problems 5 "commands", Settings 5 "commands", Page 5 "commands" };
        Help "help" "the keys that work here" [command look]
            keys { "?" in SCREENS, "F1" in [Editor] }
            hints {
                Browse 4, Detail 3, Secrets 3, Problems 4, Settings 4, Page 3, Editor 4, Review 4, Merge 9, Plan 8, SecretForm 6,
                SecretReview 4,
                StaleDependents 4, Effective 4
            };
        Retry "retry" "try the backends again at once" [command] keys { "ctrl-r" in TABS } hints { Page 4 };
        Context "context" "go to another context of the config file" [command];
        Quit "quit" "leave confdeck" [command] keys { "q" in TABS }
            hints { Browse 12, Secrets 15, Problems 9, Settings 7, Page 6 };
        Interrupt "interrupt" "close what is open, or leave" keys { "ctrl-c" in EVERYWHERE };
        Redraw "redraw" "draw everything anew" [command look] keys { "ctrl-l" in EVERYWHERE };
        Suspend "suspend" "back to the shell; fg returns" [command look] keys { "ctrl-z" in EVERYWHERE };
    }
}

impl Action {
    /// The exact name, as typed after `:`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// One line of help.
    pub fn help(self) -> &'static str {
        self.info().help
    }

    pub fn group(self) -> Group {
        self.info().group
    }

    /// Whether it leads to a write, so that a read-only console does not have it and a locked one refuses it.
    pub fn writes(self) -> bool {
        self.info().writes
    }

    /// Whether it is meaningless without a writer, so that a console without one does not offer it.
    pub fn needs_writer(self) -> bool {
        self.info().writes || self.info().writer
    }

    /// Whether it ends the act before it, whose results then leave the status line; looking around does not.
    pub fn is_act(self) -> bool {
        !self.info().look && self.group() != Group::Move
    }

    /// Whether it can be typed as a command, anywhere.
    pub fn is_command(self) -> bool {
        self.info().command
    }

    /// The action with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.is_command() && action.name() == name)
    }

    /// Its default keys in a place; the first is the one that hints show.
    pub fn default_keys(self, place: Place) -> impl Iterator<Item = &'static str> {
        let rows = self.info().keys.iter().filter(move |(_, places)| places.contains(&place));
        rows.flat_map(|(keys, _)| keys.split(' '))
    }
}
