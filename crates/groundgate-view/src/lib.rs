//! The viewer: a web page on this machine, for people who find out why, and for people who label.
//!
//! [`Desk`] turns a request's path, query and body into a page: records in, HTML out, everything
//! rendered here, so that the pages work without a script except where people label. `server` listens
//! on 127.0.0.1 and `guard` refuses what does not come from our own pages. What needs a policy is
//! asked of a [`Gatekeeper`], which `cli` brings along.

mod again;
mod case;
mod case_list;
mod claims;
mod compare;
mod comparison;
mod desk;
mod filter;
mod golds;
mod guard;
mod judges;
pub mod label;
mod label_page;
mod labelling;
mod live;
mod pack;
mod page;
mod query;
mod runs;
mod server;
mod slices;

pub use again::Rejudge;
pub use claims::{answer_of, claims_of};
pub use comparison::Comparison;
pub use desk::{Desk, Gatekeeper};
pub use labelling::{Session, Task};
pub use pack::{import, pack};
pub use server::{ServeError, Server};
