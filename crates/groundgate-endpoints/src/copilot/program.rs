//! What a command runs, by the bytes of the files that it is made of: a name says nothing about them.

use std::{
    env,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf, is_separator},
};

use groundgate_model::{
    manifest::{Manifest, Written},
    unit::Digest,
};

/// The program, its arguments, and the contents of those that are files, also behind a `=`.
///
/// Of a program that is not found, of an argument that is a directory, and of what a program reads on
/// its own, nothing but the name is known.
pub(super) fn manifest(program: &str, arguments: &[String]) -> Manifest {
    let found = found(program);
    let arguments: Vec<Manifest> = arguments.iter().map(|text| argument(text)).collect();
    Manifest::of("command")
        .with("program", program)
        .with_some("program-file", found.as_deref().and_then(contents))
        .with("arguments", arguments)
}

fn argument(text: &str) -> Manifest {
    let value = text.split_once('=').map_or(text, |(_, value)| value);
    let file = contents(Path::new(text)).or_else(|| contents(Path::new(value)));
    Manifest::default()
        .with("text", text)
        .with_some("file", file)
}

/// Where a program is: at a path where its name is one, else on the search path of this process, as
/// it will be looked for when it is started.
fn found(program: &str) -> Option<PathBuf> {
    if program.contains(is_separator) {
        return Some(PathBuf::from(program));
    }
    let search = env::var_os("PATH")?;
    env::split_paths(&search)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// `None` for what is no file or cannot be read.
fn contents(path: &Path) -> Option<Written> {
    if !path.is_file() {
        return None;
    }
    let digest = Digest::of_reader(BufReader::new(File::open(path).ok()?)).ok()?;
    Some(Written::digest(digest))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_bytes_of_a_program_and_of_its_files_are_its_identity() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let write = |name: &str, text: &str| fs::write(path(name), text).unwrap();
        for name in ["bot", "a.py", "b.toml"] {
            write(name, "one");
        }
        let arguments = [path("a.py"), format!("--config={}", path("b.toml"))];
        let digest = || manifest(&path("bot"), &arguments).digest();
        for name in ["bot", "a.py", "b.toml"] {
            let before = digest();
            write(name, "two");
            assert_ne!(digest(), before, "{name}");
            write(name, "one");
            assert_eq!(digest(), before, "{name}");
        }
    }

    #[test]
    fn a_program_without_a_path_is_found_where_it_will_be_started() {
        let found = manifest("sh", &["-c".to_owned()]);
        assert!(found.get("program-file").is_some(), "{found:?}");
        let absent = manifest("no-such-program", &[]);
        assert!(absent.get("program-file").is_none(), "{absent:?}");
    }

    #[test]
    fn another_program_or_argument_is_another_identity() {
        let of = |program: &str, arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
            manifest(program, &arguments).digest()
        };
        let all = [
            of("x", &["a", "b"]),
            of("y", &["a", "b"]),
            of("x", &["b", "a"]),
            of("x", &["a b"]),
            of("x", &[]),
        ];
        let apart: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(apart.len(), all.len());
    }
}
