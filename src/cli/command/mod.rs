//! One file per command: each turns its arguments into calls of the other rooms and prints what
//! comes back.

pub(super) mod compare;
pub(super) mod demo;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod gate;
pub(super) mod init;
pub(super) mod report;
pub(super) mod run;
pub(super) mod runs;
pub(super) mod validate;
