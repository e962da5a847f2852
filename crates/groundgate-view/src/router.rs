//! From a path to a page.

use super::{
    case, compare, judges, label_page, live,
    page::{PageError, Reply, asset},
    query::Query,
    rejudge, runs, slices,
    viewer::Viewer,
};

/// The page of a path.
pub(super) fn get(viewer: &Viewer, page: &str, query: &Query) -> Reply {
    if let Some(asset) = asset(page) {
        return asset;
    }
    let made = match page {
        "" => runs::page(viewer, query),
        "verdict" => runs::verdict(viewer, query),
        "compare" => compare::page(viewer, query),
        "case" => case::page(viewer, query),
        "slices" => slices::page(viewer, query),
        "judges" => judges::page(viewer, query),
        "live" => live::page(viewer, query),
        "label" => label_page::page(viewer),
        "ask" => label_page::ask(viewer),
        _ => Err(PageError::absent("There is no such page.")),
    };
    made.unwrap_or_else(|trouble| viewer.pages.trouble(&trouble))
}

/// What a page of ours sends.
pub(super) fn post(viewer: &Viewer, page: &str, body: &[u8]) -> Reply {
    let made = match page {
        "label" => label_page::answer(viewer, body),
        "again" => rejudge::post(viewer, body),
        _ => Err(PageError::absent("nothing takes this")),
    };
    made.unwrap_or_else(|trouble| Reply::text(trouble.status, trouble.words))
}
