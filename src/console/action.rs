//! The actions of the console: each has a name, a line of help, and states whether it writes.

/// Something that a key or a typed command triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    FocusNext,
    FocusPrevious,
    Open,
    Back,
    Webhooks,
    Connections,
    Secrets,
    Health,
    Log,
    Filter,
    Command,
    Help,
    /// Cycles the sort order of the list.
    Sort,
    /// Shows the focused pane alone.
    Zoom,
    /// Holds incoming changes back.
    Pause,
    Copy,
    Edit,
    New,
    Clone,
    Rename,
    Delete,
    Mark,
    MarkAll,
    /// Reverts the last write of this session.
    UndoWrite,
    Unlock,
    Lock,
    /// Retries the backends without waiting for the back-off.
    Retry,
    Redraw,
    Suspend,
    Quit,
    /// Closes the innermost prompt, or quits.
    Interrupt,
    Review,
    Undo,
    Redo,
    Find,
    FindNext,
    FindPrevious,
    NextProblem,
    /// Fixes the problem at the cursor.
    Fix,
    Indent,
    Outdent,
    /// Toggles wrapping of long lines.
    Wrap,
    /// Shows the stored secret values in the draft.
    Reveal,
    Discard,
    /// Edits in the program of `$VISUAL` or `$EDITOR`.
    EditExternally,
    Drafts,
    ResumeDraft,
    DeleteDraft,
    Write,
    /// Toggles between the full text and changes by path.
    FullDiff,
    /// Merges the draft with what is stored now.
    Merge,
    TakeMine,
    TakeTheirs,
    /// Mine, for every unresolved conflict.
    TakeAllMine,
    /// Theirs, for every unresolved conflict.
    TakeAllTheirs,
    /// Another value for this conflict.
    TakeValue,
    /// Builds the plan again from what is stored now.
    RebuildPlan,
    RevealSecret,
    CopySecret,
    SetSecret,
    SetFields,
    /// Reverts the last write of a secret.
    UndoSecret,
    /// Deletes the newest version of a secret.
    DeleteSecret,
    /// Undeletes the newest version of a secret.
    UndeleteSecret,
    /// Destroys one version of a secret for ever.
    DestroySecret,
    /// Destroys a secret with all its versions for ever.
    DestroyAll,
    /// Lists the documents that the receiver must load again after secrets changed.
    StaleDependents,
    /// Plans to rewrite those documents with the same content.
    Rewrite,
    EnterValue,
    AddField,
    RemoveField,
    Generate,
    /// Bases the typed values on the version that is stored now.
    Rebase,
    Confirm,
    Cancel,
    Accept,
    Complete,
}

impl Action {
    /// Every action, in the order in which help lists them.
    pub const ALL: [Self; 85] = [
        Self::Up,
        Self::Down,
        Self::PageUp,
        Self::PageDown,
        Self::First,
        Self::Last,
        Self::Left,
        Self::Right,
        Self::FocusNext,
        Self::FocusPrevious,
        Self::Open,
        Self::Back,
        Self::Webhooks,
        Self::Connections,
        Self::Secrets,
        Self::Health,
        Self::Log,
        Self::Filter,
        Self::Command,
        Self::Help,
        Self::Sort,
        Self::Zoom,
        Self::Pause,
        Self::Copy,
        Self::Edit,
        Self::New,
        Self::Clone,
        Self::Rename,
        Self::Delete,
        Self::Mark,
        Self::MarkAll,
        Self::UndoWrite,
        Self::Unlock,
        Self::Lock,
        Self::Retry,
        Self::Redraw,
        Self::Suspend,
        Self::Quit,
        Self::Interrupt,
        Self::Review,
        Self::Undo,
        Self::Redo,
        Self::Find,
        Self::FindNext,
        Self::FindPrevious,
        Self::NextProblem,
        Self::Fix,
        Self::Indent,
        Self::Outdent,
        Self::Wrap,
        Self::Reveal,
        Self::Discard,
        Self::EditExternally,
        Self::Drafts,
        Self::ResumeDraft,
        Self::DeleteDraft,
        Self::Write,
        Self::FullDiff,
        Self::Merge,
        Self::TakeMine,
        Self::TakeTheirs,
        Self::TakeAllMine,
        Self::TakeAllTheirs,
        Self::TakeValue,
        Self::RebuildPlan,
        Self::RevealSecret,
        Self::CopySecret,
        Self::SetSecret,
        Self::SetFields,
        Self::UndoSecret,
        Self::DeleteSecret,
        Self::UndeleteSecret,
        Self::DestroySecret,
        Self::DestroyAll,
        Self::StaleDependents,
        Self::Rewrite,
        Self::EnterValue,
        Self::AddField,
        Self::RemoveField,
        Self::Generate,
        Self::Rebase,
        Self::Confirm,
        Self::Cancel,
        Self::Accept,
        Self::Complete,
    ];

    /// The name as typed after `:`.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    pub fn help(self) -> &'static str {
        self.words().1
    }

    /// Whether it leads to a write: a read-only console does not have it, a locked one refuses it.
    pub fn writes(self) -> bool {
        use Action as A;
        matches!(
            self,
            A::Edit
                | A::New
                | A::Clone
                | A::Rename
                | A::Delete
                | A::UndoWrite
                | A::Review
                | A::Write
                | A::EditExternally
                | A::ResumeDraft
                | A::SetSecret
                | A::SetFields
                | A::UndoSecret
                | A::DeleteSecret
                | A::UndeleteSecret
                | A::DestroySecret
                | A::DestroyAll
                | A::Rewrite
        )
    }

    /// Whether a console without a writer leaves it out.
    pub fn needs_writer(self) -> bool {
        self.writes() || matches!(self, Self::Unlock | Self::Lock | Self::StaleDependents)
    }

    /// Whether it can be typed as a command.
    pub fn is_command(self) -> bool {
        use Action as A;
        matches!(
            self,
            A::Webhooks
                | A::Connections
                | A::Secrets
                | A::Health
                | A::Log
                | A::Help
                | A::Sort
                | A::Zoom
                | A::Pause
                | A::Copy
                | A::Edit
                | A::New
                | A::Clone
                | A::Rename
                | A::Delete
                | A::MarkAll
                | A::UndoWrite
                | A::Unlock
                | A::Lock
                | A::Retry
                | A::Redraw
                | A::Suspend
                | A::Quit
                | A::Filter
                | A::Drafts
                | A::RevealSecret
                | A::CopySecret
                | A::SetSecret
                | A::SetFields
                | A::UndoSecret
                | A::DeleteSecret
                | A::UndeleteSecret
                | A::DestroySecret
                | A::DestroyAll
                | A::StaleDependents
                | A::Rewrite
        )
    }

    /// The command of this exact name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.is_command() && action.name() == name)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Up => ("up", "selection up"),
            Self::Down => ("down", "selection down"),
            Self::PageUp => ("page-up", "one page up"),
            Self::PageDown => ("page-down", "one page down"),
            Self::First => ("first", "first row"),
            Self::Last => ("last", "last row"),
            Self::Left => ("left", "pane to the left"),
            Self::Right => ("right", "pane to the right"),
            Self::FocusNext => ("focus-next", "next pane"),
            Self::FocusPrevious => ("focus-previous", "previous pane"),
            Self::Open => ("open", "open what is selected"),
            Self::Back => ("back", "one step out; a draft is kept"),
            Self::Webhooks => ("webhooks", "webhooks by namespace"),
            Self::Connections => ("connections", "connections and who uses them"),
            Self::Secrets => ("secrets", "secrets: which exist, and who depends on them"),
            Self::Health => ("health", "backends and their members"),
            Self::Log => ("log", "confdeck's own log"),
            Self::Filter => ("filter", "filter by id, namespace, module, connection"),
            Self::Command => ("command", "type a command or an address"),
            Self::Help => ("help", "the keys that work here"),
            Self::Sort => ("sort", "next order: id, module, connection, newest"),
            Self::Zoom => ("zoom", "focused pane alone"),
            Self::Pause => ("pause", "hold the picture still; changes wait"),
            Self::Copy => ("copy", "copy the selected address or path"),
            Self::Edit => ("edit", "edit the selected document"),
            Self::New => ("new", "new document"),
            Self::Clone => ("clone", "copy the selected or the marked documents"),
            Self::Rename => ("rename", "give the selected document another name"),
            Self::Delete => ("delete", "delete the selected or the marked documents"),
            Self::Mark => ("mark", "mark, or unmark, and go on to the next row"),
            Self::MarkAll => ("mark-all", "mark all that are shown, or unmark them"),
            Self::UndoWrite => ("undo-write", "take back the last write, then the ones before"),
            Self::Unlock => ("unlock", "allow writing for ten minutes without a key"),
            Self::Lock => ("lock", "refuse writing again"),
            Self::Retry => ("retry", "try the backends again at once"),
            Self::Redraw => ("redraw", "draw everything anew"),
            Self::Suspend => ("suspend", "back to the shell; fg returns"),
            Self::Quit => ("quit", "leave confdeck"),
            Self::Interrupt => ("interrupt", "close what is open, or leave"),
            Self::Review => ("review", "look at the draft before it is written"),
            Self::Undo => ("undo", "take back the last change of the draft"),
            Self::Redo => ("redo", "make it again"),
            Self::Find => ("find", "look for a text in the draft"),
            Self::FindNext => ("find-next", "next place of what is looked for"),
            Self::FindPrevious => ("find-previous", "place before"),
            Self::NextProblem => ("next-problem", "next problem of the draft"),
            Self::Fix => ("fix", "mend the problem at the cursor"),
            Self::Indent => ("indent", "line, or selected lines, one level in"),
            Self::Outdent => ("outdent", "line, or selected lines, one level back"),
            Self::Wrap => ("wrap", "wrap long lines, or not"),
            Self::Reveal => ("reveal-draft", "reveal the stored values in this draft"),
            Self::Discard => ("discard", "throw the draft away, after a question"),
            Self::EditExternally => ("edit-outside", "edit in the program of $EDITOR"),
            Self::Drafts => ("drafts", "drafts that were kept, on disk too"),
            Self::ResumeDraft => ("take-up", "go on with the selected draft"),
            Self::DeleteDraft => ("throw-away", "throw the selected draft away, after a question"),
            Self::Write => ("write", "write what is shown"),
            Self::FullDiff => ("full-diff", "full text, or changes by path"),
            Self::Merge => ("merge", "merge the draft with what is stored now"),
            Self::TakeMine => ("mine", "this clash as in your draft"),
            Self::TakeTheirs => ("theirs", "this clash as it is stored now"),
            Self::TakeAllMine => ("all-mine", "your draft for every clash without a choice"),
            Self::TakeAllTheirs => ("all-theirs", "what is stored for every clash without a choice"),
            Self::TakeValue => ("value", "type another value for this clash"),
            Self::RebuildPlan => ("renew", "make the plan anew from what is stored now"),
            Self::RevealSecret => ("reveal", "show one secret value for 15 s, with a reason"),
            Self::CopySecret => {
                ("copy-secret", "copy one secret value, with a reason, if the settings let you")
            }
            Self::SetSecret => ("set", "set or rotate one field of a secret"),
            Self::SetFields => ("set-fields", "set several fields of a secret at once"),
            Self::UndoSecret => ("undo-secret", "take back the last write of the secret"),
            Self::DeleteSecret => ("delete-secret", "delete the newest version of the secret"),
            Self::UndeleteSecret => ("undelete-secret", "undelete the newest version of the secret"),
            Self::DestroySecret => ("destroy", "destroy a version of the secret for ever"),
            Self::DestroyAll => ("destroy-all", "destroy the secret with all its versions for ever"),
            Self::StaleDependents => ("reread", "what the receiver must read again after secrets changed"),
            Self::Rewrite => ("reput", "plan to write that again, with the same content"),
            Self::EnterValue => ("value-of", "new value for the selected field"),
            Self::AddField => ("add-field", "add a field by its name"),
            Self::RemoveField => ("remove-field", "remove the field, or let it stay"),
            Self::Generate => ("generate", "make the value at random"),
            Self::Rebase => ("rebase", "base it on what is there now"),
            Self::Confirm => ("confirm", "yes, do it"),
            Self::Cancel => ("cancel", "no"),
            Self::Accept => ("accept", "take what was typed"),
            Self::Complete => ("complete", "complete what was typed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_exact_and_unique() {
        let names: HashSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        assert_eq!(Action::named("unlock"), Some(Action::Unlock));
        assert_eq!(Action::named("unl"), None);
        assert_eq!(Action::named("write"), None, "a write starts from its review alone");
    }
}
