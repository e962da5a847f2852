//! The viewer without its listener: records on disk in, pages and labels out.

mod labelling;
mod pages;
