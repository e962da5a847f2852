//! The command line as a library: the binary runs it, and so does the console script of the Python
//! package. Arguments in, exit code out.

mod cli;

use std::ffi::OsString;

/// Runs one command line, its first word the program's name, and says the process' exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    cli::main(arguments).number()
}
