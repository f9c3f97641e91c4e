//! The columns of the document lists, one row each, and the choice of them: which are shown, and in which
//! order. What stands further right gives way first.

use crate::console::model::Model;
use crate::console::widgets::{ColumnKind, TableColumn};
use crate::console::words;
use crate::inventory::Scope;

/// A column of a document list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Id,
    Secrets,
    Connection,
    Auth,
    Changed,
    Module,
    UsedBy,
    Token,
}

struct ColumnInfo {
    /// In the file of settings, and in the chooser.
    name: &'static str,
    heading: &'static str,
    min_width: u16,
    kind: ColumnKind,
    help: &'static str,
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Id,
        Self::Secrets,
        Self::Connection,
        Self::Auth,
        Self::Changed,
        Self::Module,
        Self::UsedBy,
        Self::Token,
    ];

    fn info(self) -> ColumnInfo {
        use ColumnKind::{Identity, Number, Words};
        let (name, heading, min_width, kind, help) = match self {
            Self::Id => ("id", "ID", 12, Identity, "its id, or name"),
            Self::Secrets => ("secrets", "SEC", 3, Words, "whether the secrets that it needs are there"),
            Self::Connection => ("connection", "CONN", 8, Words, "the connection that it uses"),
            Self::Auth => ("auth", "AUTH", 8, Words, "how its callers prove who they are"),
            Self::Changed => ("changed", "CHANGED", 7, Number, "how long ago it was seen to change"),
            Self::Module => ("module", "MODULE", 8, Words, "its module, or type"),
            Self::UsedBy => ("used-by", "USED BY", 7, Number, "how many webhooks use it"),
            Self::Token => ("token", "TOKEN", 12, Number, "its revision, or digest"),
        };
        ColumnInfo { name, heading, min_width, kind, help }
    }

    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// One line of help.
    pub fn help(self) -> &'static str {
        self.info().help
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    fn heading(self, scope: &Scope) -> &'static str {
        match (self, scope) {
            (Self::Id, Scope::Connections) => "NAME",
            (Self::Id, Scope::Foreign) => "KEY",
            (Self::Module, Scope::Connections) => "TYPE",
            _ => self.info().heading,
        }
    }
}

/// The two lists whose columns can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnList {
    Webhooks,
    Connections,
}

impl ColumnList {
    pub const ALL: [Self; 2] = [Self::Webhooks, Self::Connections];

    /// In the file of settings, and in the chooser.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Connections => "connections",
        }
    }

    /// All its columns, by their value to the reader: what a document is, whether it works and for whom, what
    /// happened to it.
    pub fn all(self) -> &'static [Column] {
        use Column as C;
        match self {
            Self::Webhooks => &[C::Id, C::Secrets, C::Connection, C::Auth, C::Changed, C::Module, C::Token],
            Self::Connections => &[C::Id, C::Secrets, C::Module, C::UsedBy, C::Changed, C::Token],
        }
    }
}

/// The columns shown in each list, in order; the id is always among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    webhooks: Vec<Column>,
    connections: Vec<Column>,
}

impl Default for ColumnChoice {
    fn default() -> Self {
        let [webhooks, connections] = ColumnList::ALL.map(|list| list.all().to_vec());
        Self { webhooks, connections }
    }
}

impl ColumnChoice {
    pub fn of(&self, list: ColumnList) -> &[Column] {
        match list {
            ColumnList::Webhooks => &self.webhooks,
            ColumnList::Connections => &self.connections,
        }
    }

    /// Takes a choice. What the list does not have, or has twice, is left out, and the id is added if it
    /// lacks.
    pub fn set(&mut self, list: ColumnList, chosen: impl IntoIterator<Item = Column>) {
        let mut columns: Vec<Column> = Vec::new();
        for column in chosen {
            if list.all().contains(&column) && !columns.contains(&column) {
                columns.push(column);
            }
        }
        if !columns.contains(&Column::Id) {
            columns.insert(0, Column::Id);
        }
        match list {
            ColumnList::Webhooks => self.webhooks = columns,
            ColumnList::Connections => self.connections = columns,
        }
    }

    /// The columns of a scope. What the receiver ignores has none that say what it is to the receiver.
    pub(super) fn in_scope(&self, scope: &Scope) -> Vec<Column> {
        let of_any = |column: &Column| matches!(column, Column::Id | Column::Changed | Column::Token);
        match scope {
            Scope::Connections => self.connections.clone(),
            Scope::AllWebhooks | Scope::Namespace(_) => self.webhooks.clone(),
            Scope::Foreign => self.webhooks.iter().copied().filter(of_any).collect(),
        }
    }
}

/// Precedes the id in the list of all namespaces.
const NAMESPACE: TableColumn =
    TableColumn { name: "NAMESPACE", min_width: 10, priority: 99, kind: ColumnKind::Identity };

/// The columns of a scope as they are drawn; in the list of all namespaces, the namespace stands before the
/// id.
pub(super) fn table_columns(model: &Model, scope: &Scope, columns: &[Column]) -> Vec<TableColumn> {
    let mut drawn = Vec::with_capacity(columns.len() + 1);
    for (at, column) in (0u8..).zip(columns) {
        let ColumnInfo { min_width, kind, .. } = column.info();
        if *column == Column::Id && *scope == Scope::AllWebhooks {
            drawn.push(NAMESPACE);
        }
        let priority = if *column == Column::Id { 100 } else { 98 - 2 * at.min(40) };
        drawn.push(TableColumn { name: column.heading(scope), min_width, priority, kind });
    }
    words::with_times(model, &drawn, "CHANGED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_keeps_the_id_and_leaves_out_what_a_list_does_not_have() {
        let mut choice = ColumnChoice::default();
        choice.set(ColumnList::Connections, [Column::Token, Column::Auth, Column::Token]);
        assert_eq!(choice.of(ColumnList::Connections), [Column::Id, Column::Token]);
        choice.set(ColumnList::Webhooks, [Column::Module, Column::Id, Column::Auth]);
        assert_eq!(choice.of(ColumnList::Webhooks), [Column::Module, Column::Id, Column::Auth]);
        assert_eq!(choice.in_scope(&Scope::Foreign), [Column::Id]);
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for column in Column::ALL {
            assert_eq!(Column::named(column.name()), Some(column));
        }
        assert_eq!(Column::named("colour"), None);
    }
}
