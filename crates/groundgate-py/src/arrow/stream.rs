//! Batches that cross the border by pointer: the `PyCapsule` protocol around Arrow's C stream interface.

use std::{collections::BTreeMap, ffi::CStr, sync::Arc};

use arrow_array::{
    RecordBatch, RecordBatchIterator,
    ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader},
};
use arrow_schema::SchemaRef;
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyCapsule, PyCapsuleMethods},
};

use crate::raised;

const NAME: &CStr = c"arrow_array_stream";

/// The batches of anything that has `__arrow_c_stream__`: pyarrow, polars, pandas, and many more.
#[expect(
    unsafe_code,
    reason = "what another library hands over by pointer is taken over once; the capsule's name says its type"
)]
pub(crate) fn read(table: &Bound<'_, PyAny>) -> PyResult<RecordBatchStreamReader> {
    let capsule = table.call_method0("__arrow_c_stream__")?;
    let capsule = capsule
        .cast_into::<PyCapsule>()
        .map_err(|_other| PyTypeError::new_err("`__arrow_c_stream__` gave no capsule"))?;
    let pointer = capsule.pointer_checked(Some(NAME))?;
    // SAFETY: a capsule of this name holds a stream; it is moved out, and what stays is an empty one.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    RecordBatchStreamReader::try_new(stream)
        .map_err(|error| raised(table.py(), format!("cannot read the table: {error}")))
}

/// A table that any library of Arrow's can take over without a copy.
#[pyclass(frozen, module = "groundgate._engine")]
#[derive(Debug)]
pub(crate) struct ArrowTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// Which column of the table that was read was what.
    #[pyo3(get)]
    places: BTreeMap<String, String>,
}

impl ArrowTable {
    pub(crate) const fn new(
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
        places: BTreeMap<String, String>,
    ) -> Self {
        Self {
            schema,
            batches,
            places,
        }
    }
}

#[pymethods]
impl ArrowTable {
    /// Rows.
    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// By Arrow's `PyCapsule` protocol, as often as it is asked for.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Another layout is a wish that a producer may refuse, as the protocol says.
        drop(requested_schema);
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new(py, stream, Some(NAME.to_owned()))
    }
}
