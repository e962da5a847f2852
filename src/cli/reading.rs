//! How files of other tools are read, as the command line says.

use groundgate_app::{AppError, files};
use groundgate_formats::{Mapping, Options, ReadFile, Want};

use super::args::ReadingArgs;

/// What was typed, for the reader.
pub(crate) fn options(args: &ReadingArgs, want: Want) -> Result<Options, AppError> {
    let mut mapping = match &args.mapping {
        None => Mapping::default(),
        Some(path) => Mapping::from_toml(&path.display().to_string(), &files::read_text(path)?)?,
    };
    for one in &args.map {
        mapping.add(one).map_err(AppError::usage)?;
    }
    if let Some(separator) = &args.list_separator {
        mapping.list_separator = Some(separator.clone());
    }
    Ok(Options {
        want,
        from: args.from.clone(),
        mapping,
        strict: args.strict,
        encoding: args.encoding.map(Into::into),
        separator: args.separator,
        variant: args.variant.clone(),
    })
}

/// Keeps which field stood where, if that was asked for.
pub(crate) fn save(args: &ReadingArgs, found: &ReadFile) -> Result<(), AppError> {
    match &args.save_mapping {
        None => Ok(()),
        Some(path) => files::write(path, &found.mapping.to_toml()),
    }
}
