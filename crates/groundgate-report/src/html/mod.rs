//! The report as one web page: complete without JavaScript, without the network, printable.
//!
//! `view`, `tables` and `case` turn the report into plain strings, `reports/report.html` places them with
//! autoescaping on. What gets in unescaped is drawn by `chart`, which escapes for itself, and the
//! style and the script of the house, which the page's content security policy knows by hash.

mod case;
mod compressed;
mod diff;
mod highlight;
mod sign_off_view;
mod tables;
mod view;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use tera::{Context, Tera};

use super::model::Report;

pub use case::CaseView;

/// Components that every page may use: marked text, verdicts, an opened case. Their one argument is
/// what [`CaseView`] and its like hold.
pub const PARTS: &str = include_str!("../../../../reports/parts.html");
/// The style of every page.
pub const STYLE: &str = include_str!("../../../../reports/report.css");
const TEMPLATE: &str = include_str!("../../../../reports/report.html");
const SCRIPT: &str = include_str!("../../../../reports/report.js");

/// The template does not fit the report: a fault of this program, not of its input.
#[derive(Debug, thiserror::Error)]
#[error("failed to render the HTML report: {0}")]
pub struct HtmlError(#[from] tera::Error);

/// Renders the report as one self-contained page.
pub fn render_html(report: &Report) -> Result<String, HtmlError> {
    let mut tera = Tera::new();
    tera.autoescape_on([".html"]);
    tera.add_raw_templates([("parts.html", PARTS), ("report.html", TEMPLATE)])?;
    let mut context = Context::from_serialize(&view::Page::new(report))?;
    context.insert("style", STYLE);
    context.insert("script", SCRIPT);
    context.insert("style_hash", &to_base64(&Sha256::digest(STYLE)));
    context.insert("script_hash", &to_base64(&Sha256::digest(SCRIPT)));
    Ok(tera.render("report.html", &context)?)
}

/// RFC 4648, with padding: for the hashes of a content security policy.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod browser;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::check_is_harmless;
