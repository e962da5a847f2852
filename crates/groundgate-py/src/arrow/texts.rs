//! Columns of texts and of lists of texts, whatever layout their library chose.

use arrow_array::{
    Array, ArrayRef, BooleanArray, LargeListArray, LargeStringArray, ListArray, RecordBatch,
    StringArray, StringViewArray, StructArray,
};
use arrow_schema::{DataType, Schema};

/// Names of a passage's text where passages are structs, the surest first.
const TEXTS: [&str; 6] = [
    "text",
    "content",
    "page_content",
    "snippet",
    "chunk",
    "passage",
];

/// A column of texts.
#[derive(Debug)]
pub(crate) enum Texts {
    Small(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
}

impl Texts {
    pub(crate) fn of(array: &ArrayRef) -> Option<Self> {
        let any = array.as_any();
        any.downcast_ref()
            .map(|array: &StringArray| Self::Small(array.clone()))
            .or_else(|| Some(Self::Large(any.downcast_ref::<LargeStringArray>()?.clone())))
            .or_else(|| Some(Self::View(any.downcast_ref::<StringViewArray>()?.clone())))
    }

    /// The text of a row; `None` where it is null.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// The texts of one row, or of all: the lists as they are, or nothing but nulls.
#[derive(Debug)]
pub(crate) enum TextLists {
    Small(ListArray),
    Large(LargeListArray),
}

impl TextLists {
    fn of(array: &ArrayRef) -> Option<Self> {
        let any = array.as_any();
        any.downcast_ref()
            .map(|array: &ListArray| Self::Small(array.clone()))
            .or_else(|| Some(Self::Large(any.downcast_ref::<LargeListArray>()?.clone())))
    }

    fn is_valid(&self, row: usize) -> bool {
        match self {
            Self::Small(array) => array.is_valid(row),
            Self::Large(array) => array.is_valid(row),
        }
    }

    fn items(&self, row: usize) -> ArrayRef {
        match self {
            Self::Small(array) => array.value(row),
            Self::Large(array) => array.value(row),
        }
    }

    /// The texts of a row, blank ones and nulls left out; `None` where the list is null.
    pub(crate) fn get(&self, row: usize) -> Option<Vec<String>> {
        if !self.is_valid(row) {
            return None;
        }
        let items = self.items(row);
        let texts = match items.as_any().downcast_ref::<StructArray>() {
            Some(fields) => Texts::of(fields.column_by_name(text_field(fields.data_type())?)?)?,
            None => Texts::of(&items)?,
        };
        let present = (0..items.len()).filter_map(|index| texts.get(index));
        let present = present.filter(|text| !text.trim().is_empty());
        Some(present.map(str::to_owned).collect())
    }
}

/// The field of a passage that is its text.
fn text_field(passage: &DataType) -> Option<&'static str> {
    let DataType::Struct(fields) = passage else {
        return None;
    };
    TEXTS.into_iter().find(|name| {
        let mut found = fields.iter().filter(|field| field.name() == name);
        found.any(|field| is_text(field.data_type()))
    })
}

const fn is_text(of: &DataType) -> bool {
    matches!(
        of,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

/// What values a column must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Text,
    TextList,
    YesNo,
}

impl Wanted {
    fn fits(self, of: &DataType) -> bool {
        match (self, of) {
            (Self::Text, of) => is_text(of),
            (Self::TextList, DataType::List(item) | DataType::LargeList(item)) => {
                is_text(item.data_type()) || text_field(item.data_type()).is_some()
            }
            (Self::TextList, _) => false,
            (Self::YesNo, of) => *of == DataType::Boolean,
        }
    }

    const fn named(self) -> &'static str {
        match self {
            Self::Text => "texts",
            Self::TextList => {
                "lists of texts, or of structs with a text (`text`, `content`, `page_content`, …)"
            }
            Self::YesNo => "booleans",
        }
    }
}

/// What is wrong with a column, if anything.
pub(crate) fn wrong(schema: &Schema, field: &str, column: &str, kind: Wanted) -> Option<String> {
    let mut same = schema.fields().iter().filter(|one| one.name() == column);
    let Some(found) = same.next() else {
        let names: Vec<&str> = schema
            .fields()
            .iter()
            .map(|one| one.name().as_str())
            .collect();
        let names = names.join(", ");
        return Some(format!(
            "{field}: no column is named `{column}`; there are {names}"
        ));
    };
    if same.next().is_some() {
        return Some(format!("{field}: several columns are named `{column}`"));
    }
    let of = found.data_type();
    (!kind.fits(of)).then(|| {
        let wanted = kind.named();
        format!("{field}: the column `{column}` is of {of}, and must be of {wanted}")
    })
}

/// A column of texts of a batch.
pub(crate) fn texts(batch: &RecordBatch, column: &str) -> Option<Texts> {
    Texts::of(batch.column_by_name(column)?)
}

/// A column of lists of texts of a batch.
pub(crate) fn lists(batch: &RecordBatch, column: &str) -> Option<TextLists> {
    TextLists::of(batch.column_by_name(column)?)
}

/// A column of booleans of a batch.
pub(crate) fn yes_no(batch: &RecordBatch, column: &str) -> Option<BooleanArray> {
    let array = batch.column_by_name(column)?;
    array.as_any().downcast_ref().cloned()
}
