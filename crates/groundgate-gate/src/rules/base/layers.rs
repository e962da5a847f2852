//! Tables laid over one another: a rule's own, and what environments say about it.

use groundgate_model::toml_reader::Table;

/// Tables of which a later one wins, key by key.
#[derive(Debug)]
pub(crate) struct Layers<'d, 's>(Vec<Table<'d, 's>>);

impl<'d, 's> Layers<'d, 's> {
    /// The lowest first.
    pub(crate) fn new(tables: impl Iterator<Item = Table<'d, 's>>) -> Self {
        Self(tables.collect())
    }

    /// What the uppermost table with that key says; `default` if none has it.
    pub(crate) fn read<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Table<'d, 's>, &str) -> Option<T>,
    ) -> Option<T> {
        match self.holder(key) {
            Some(table) => read(table, key),
            None => Some(default),
        }
    }

    /// The uppermost table with that key.
    pub(crate) fn holder(&self, key: &str) -> Option<&Table<'d, 's>> {
        self.0.iter().rev().find(|table| table.has(key))
    }

    /// The environments' tables, without the top.
    pub(crate) fn overrides(&self) -> impl Iterator<Item = &Table<'d, 's>> {
        self.0.iter().skip(1)
    }
}
