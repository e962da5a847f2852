//! A label pack: all items as one page, for people who do not have groundgate. It keeps answers in
//! the browser's storage and hands them out as a file that `label --import` reads.

use std::sync::PoisonError;

use groundgate_report::{STYLE, to_base64};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tera::{Context, Tera};

use super::{
    item_view::{Ask, Task},
    label_page::shown,
    page::{LABEL_SCRIPT, PageError, VIEW_STYLE},
    session::Sent,
    viewer::Viewer,
};
use crate::label::GUIDELINES;

const TEMPLATE: &str = include_str!("../../../reports/view/pack.html");

/// One answer of a pack.
#[derive(Debug, Deserialize)]
struct Packed {
    labeler: String,
    at: String,
    #[serde(flatten)]
    sent: Sent,
}

/// Writes the planned items as one page. The error is one line for people.
pub fn pack(viewer: &Viewer) -> Result<String, String> {
    packed(viewer).map_err(|trouble| trouble.words)
}

fn packed(viewer: &Viewer) -> Result<String, PageError> {
    let session = viewer
        .labelling
        .as_ref()
        .ok_or_else(|| PageError::absent("nothing is to be labelled"))?;
    let session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let planned = session.planned().iter();
    let asks: Result<Vec<Ask>, PageError> = planned
        .map(|planned| shown(viewer, &session, &planned.item))
        .collect();
    // A data block ends at the first `</script`; without `<` there is none.
    let data = serde_json::to_string(&asks?)?.replace('<', "\\u003c");
    let style = format!("{STYLE}\n{VIEW_STYLE}");
    let mut context = Context::new();
    context.insert("style_hash", &to_base64(&Sha256::digest(&style)));
    context.insert("script_hash", &to_base64(&Sha256::digest(LABEL_SCRIPT)));
    context.insert("style", &style);
    context.insert("script", LABEL_SCRIPT);
    context.insert("data", &data);
    context.insert("guidelines", &GUIDELINES.lines().collect::<Vec<_>>());
    context.insert("is_pairs", &(session.task == Task::Pairs));
    let mut tera = Tera::new();
    tera.autoescape_on([".html"]);
    tera.add_raw_templates([
        ("label_parts.html", super::page::LABEL_PARTS),
        ("pack.html", TEMPLATE),
    ])?;
    Ok(tera.render("pack.html", &context)?)
}

/// Adds the answers of a pack that was made with the same run, queue, number of items and seed.
/// Answers that are there already are left alone; says how many were added.
pub fn import(viewer: &Viewer, text: &str) -> Result<usize, String> {
    let session = viewer
        .labelling
        .as_ref()
        .ok_or("nothing is to be labelled")?;
    let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
    let mut added = 0;
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let packed: Result<Packed, _> = serde_json::from_str(line);
        let packed = packed.map_err(|error| format!("line {}: {error}", index + 1))?;
        let one = session.take_packed(packed.sent, &packed.labeler, packed.at);
        added +=
            usize::from(one.map_err(|trouble| format!("line {}: {}", index + 1, trouble.words))?);
    }
    Ok(added)
}
