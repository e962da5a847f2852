//! Files and data frames of answers: judged, scored and compared.

use groundgate_app::{FilesRequest, ScoreFileRequest, Source};
use groundgate_formats::{Encoding, Mapping, Options, Want};
use pyo3::{
    prelude::*,
    types::{PyDict, PyDictMethods},
};

use super::{app, failed, raised};

/// How rows are read, as the caller says.
fn options(py: Python<'_>, reading: &Bound<'_, PyDict>) -> PyResult<Options> {
    let text = |name: &str| -> PyResult<Option<String>> {
        reading
            .get_item(name)?
            .map(|value| value.extract())
            .transpose()
    };
    let mut options = Options::new(Want::Answers);
    let mut mapping = Mapping::default();
    if let Some(map) = reading.get_item("map")? {
        for (field, place) in map.cast::<PyDict>()?.iter() {
            let (field, place): (String, String) = (field.extract()?, place.extract()?);
            mapping
                .add(&format!("{field}={place}"))
                .map_err(|message| raised(py, message))?;
        }
    }
    mapping.list_separator = text("list_separator")?;
    options.mapping = mapping;
    options.from = text("from")?;
    options.variant = text("variant")?;
    options.separator = text("separator")?.and_then(|text| text.chars().next());
    options.encoding = match text("encoding")?.as_deref() {
        None => None,
        Some("utf-8") => Some(Encoding::Utf8),
        Some("windows-1252") => Some(Encoding::Windows1252),
        Some("latin-1") => Some(Encoding::Latin1),
        Some(other) => {
            let message = format!("encoding `{other}` is not utf-8, windows-1252 or latin-1");
            return Err(raised(py, message));
        }
    };
    if let Some(strict) = reading.get_item("strict")? {
        options.strict = strict.extract()?;
    }
    Ok(options)
}

/// Every answer judged, as JSON: one object an answer.
#[pyfunction]
pub(crate) fn judge_rows(
    py: Python<'_>,
    name: &str,
    content: &[u8],
    reading: &Bound<'_, PyDict>,
) -> PyResult<String> {
    let options = options(py, reading)?;
    let content = content.to_vec();
    let source = Source {
        name,
        bytes: &content,
    };
    let judged = py.detach(|| app().judge_source(source, &options));
    let judged = judged.map_err(|error| failed(py, &error))?;
    Ok(judged.to_string())
}

/// Answers scored, as JSON.
#[pyfunction]
pub(crate) fn score_rows(
    py: Python<'_>,
    name: &str,
    content: &[u8],
    reading: &Bound<'_, PyDict>,
    worst: usize,
) -> PyResult<String> {
    let options = options(py, reading)?;
    let content = content.to_vec();
    let request = ScoreFileRequest {
        source: Source {
            name,
            bytes: &content,
        },
        reading: &options,
        n_worst: worst,
    };
    let scored = py.detach(|| app().score_file(&request));
    let scored = scored.map_err(|error| failed(py, &error))?;
    Ok(scored.document().to_string())
}

/// Two sets of answers compared, as JSON.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python's values are taken out of it"
)]
pub(crate) fn compare_rows(
    py: Python<'_>,
    names: (String, String),
    contents: (Vec<u8>, Vec<u8>),
    reading: &Bound<'_, PyDict>,
) -> PyResult<String> {
    let options = options(py, reading)?;
    let request = FilesRequest {
        base: Source {
            name: &names.0,
            bytes: &contents.0,
        },
        candidate: Source {
            name: &names.1,
            bytes: &contents.1,
        },
        reading: &options,
    };
    let compared = py.detach(|| app().compare_files(&request));
    let compared = compared.map_err(|error| failed(py, &error))?;
    Ok(compared.document().to_string())
}
