//! Integration tests: the house rules, and the program against real sockets, files and processes.

mod architecture;
mod tidy;
