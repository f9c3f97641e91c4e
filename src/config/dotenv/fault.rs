//! What is wrong with a file of variables, in words for the receiver's `.env` and for others.

use crate::domain::Finding;

/// Something in a file that the receiver does not get, or not as it looks. Never quotes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DotenvFault {
    pub(crate) kind: DotenvFaultKind,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DotenvFaultKind {
    NotUtf8,
    Nul,
    NotAssignment,
    OpenQuote,
    AfterQuote,
    NoValue,
    QuotedName,
    ByteOrderMark,
    CommentAsValue,
    OtherVariable,
}

impl DotenvFaultKind {
    /// What is wrong, and what the receiver gets.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotUtf8 => (
                "this byte is not UTF-8",
                "python-dotenv refuses the whole file, and the receiver gets none of it",
            ),
            Self::Nul => {
                ("a NUL byte", "python-dotenv stops there, and the receiver gets no variable from here on")
            }
            Self::NotAssignment => ("this is not NAME=VALUE", "the receiver gets nothing from this line"),
            Self::OpenQuote => {
                ("a quote is opened and never closed", "the receiver gets nothing from this line")
            }
            Self::AfterQuote => {
                ("something follows the closing quote", "the receiver gets nothing from this assignment")
            }
            Self::NoValue => ("this is not NAME=VALUE", "from a name alone the receiver sets no variable"),
            Self::QuotedName => (
                "this name is called so with all its characters, quotes too",
                "the receiver has no variable without them",
            ),
            Self::ByteOrderMark => (
                "the file begins with a byte order mark",
                "python-dotenv before 1.2.4 takes it for a part of the first name, so that the receiver lacks \
                 that variable",
            ),
            Self::CommentAsValue => (
                "an empty value before a comment",
                "python-dotenv before 1.2.3 takes the comment for the value",
            ),
            Self::OtherVariable => (
                "a ${NAME} that this file does not set before it",
                "the receiver takes it from its own process, which cannot be seen from here",
            ),
        }
    }

    /// What is wrong, whoever reads the file.
    #[cfg(feature = "applications")]
    pub(crate) fn reason(self) -> &'static str {
        self.words().0
    }

    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Nul => "remove it",
            Self::NotAssignment => "begin a comment with #",
            Self::OpenQuote => "close the quote",
            Self::AfterQuote => "quote the whole value",
            Self::NoValue => "write NAME=VALUE, or begin a comment with #",
            Self::QuotedName => "leave the quotes out",
            Self::ByteOrderMark => "save the file without it",
            Self::CommentAsValue => "put the comment on a line of its own",
            Self::OtherVariable => "set it on a line above, if the receiver's process does not",
        }
    }

    /// Whether the receiver gets nothing from the file, or from a part of it.
    pub(crate) fn is_lost(self) -> bool {
        use DotenvFaultKind::{ByteOrderMark, CommentAsValue, OtherVariable, QuotedName};
        !matches!(self, QuotedName | ByteOrderMark | CommentAsValue | OtherVariable)
    }
}

impl DotenvFault {
    /// Whether the receiver gets nothing of the whole file.
    pub(in crate::config) fn refuses_file(self) -> bool {
        self.kind == DotenvFaultKind::NotUtf8
    }

    /// As the problem of a refused file.
    pub(in crate::config) fn problem(self) -> String {
        let (wrong, receiver) = self.kind.words();
        format!("{wrong}: {receiver}; {}", self.kind.remedy())
    }

    /// As a finding about a file that is read all the same.
    pub(in crate::config) fn finding(self, path: &std::path::Path) -> Finding {
        let (wrong, receiver) = self.kind.words();
        let text = format!("{}:{}:{}: {wrong}: {receiver}", path.display(), self.line, self.column);
        match self.kind {
            DotenvFaultKind::CommentAsValue | DotenvFaultKind::OtherVariable => {
                Finding::hint(text, self.kind.remedy())
            }
            _ => Finding::fault(text, self.kind.remedy()),
        }
    }
}
