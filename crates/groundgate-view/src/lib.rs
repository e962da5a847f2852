//! The viewer: a web page on this machine, for people who find out why, and for people who label.
//!
//! [`Viewer`] turns a request's path, query and body into a page: records in, HTML out, everything
//! rendered here, so that the pages work without a script except where people label. `server` listens
//! on 127.0.0.1 and `guard` refuses what does not come from our own pages. What needs a policy is
//! asked of a [`Gatekeeper`], which `cli` brings along.

mod case;
mod case_list;
mod claims;
mod compare;
mod comparison;
mod filter;
mod gold_items;
mod guard;
mod item_view;
mod judges;
pub mod label;
mod label_pack;
mod label_page;
mod live;
mod page;
mod query;
mod rejudge;
mod router;
mod runs;
mod server;
mod session;
mod slices;
#[cfg(test)]
mod test_values;
#[cfg(test)]
mod tests;
mod texts;
mod viewer;

pub use claims::{answer_of, claims_of};
pub use comparison::Comparison;
pub use item_view::Task;
pub use label_pack::{import, pack};
pub use server::{ServeError, Server};
pub use session::{Sampling, Session};
pub use viewer::{Gatekeeper, Rejudge, Viewer};
