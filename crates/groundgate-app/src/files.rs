//! Reading and writing whole files, with errors that name them.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use groundgate_model::eval_set::unpack;

use super::error::AppError;

/// Nothing larger is read: nobody curates a gigabyte, and a machine's memory is not ours to fill.
const FILE_LIMIT: u64 = 1 << 30;

/// A file's bytes, unpacked where its name ends in `.gz`.
pub fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length > FILE_LIMIT {
        return Err(AppError::invalid(format!(
            "`{}` is {length} bytes long; at most {FILE_LIMIT} are read",
            path.display()
        )));
    }
    let bytes = fs::read(path).map_err(|cause| {
        AppError::invalid(format!("failed to read `{}`", path.display())).because(cause)
    })?;
    unpack(&path.display().to_string(), bytes).map_err(AppError::from)
}

/// A file's text.
pub fn read_text(path: &Path) -> Result<String, AppError> {
    String::from_utf8(read(path)?).map_err(|cause| {
        AppError::invalid(format!("`{}` is not UTF-8 text", path.display())).because(cause)
    })
}

/// Writes a file as a whole: beside its place first, then renamed, so that nobody reads half of it.
pub fn write(path: &Path, text: &str) -> Result<(), AppError> {
    let failed = |cause: io::Error| {
        AppError::invalid(format!("failed to write `{}`", path.display())).because(cause)
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let written = whole(Path::new(&beside), text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Half of a file is nobody's.
        let _stays = fs::remove_file(&beside);
    }
    written.map_err(failed)
}

/// On the disk before it has its name: after a power cut the name leads to all of it, or to what was there before.
fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Adds to the end of a file; makes it where there is none.
pub fn append(path: &Path, text: &str) -> Result<(), AppError> {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| {
        AppError::invalid(format!("failed to write `{}`", path.display())).because(cause)
    })
}

/// A folder with all folders above it.
pub fn create_dir(path: &Path) -> Result<(), AppError> {
    fs::create_dir_all(path).map_err(|cause| {
        AppError::invalid(format!("failed to create folder `{}`", path.display())).because(cause)
    })
}
