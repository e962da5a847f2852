//! From values to pages: the templates of `reports/view`, with autoescaping on.

use std::{borrow::Cow, fmt};

use axum::http::StatusCode;
use groundgate_report::{HtmlError, PARTS, STYLE};
use serde::Serialize;
use tera::{Context, Tera};

/// What goes back to the browser.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Cow<'static, str>,
}

impl Reply {
    /// A line of plain text.
    pub(super) fn text(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: text.into(),
        }
    }

    fn html(body: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "text/html; charset=utf-8",
            body: body.into(),
        }
    }

    /// A JSON document.
    pub(super) fn json(value: &serde_json::Value) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "application/json",
            body: value.to_string().into(),
        }
    }
}

/// Why there is no page: words for the person who asked.
#[derive(Debug)]
pub(super) struct PageError {
    pub(super) status: StatusCode,
    pub(super) words: String,
}

impl PageError {
    /// What was asked for is not there.
    pub(super) fn absent(words: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            words: words.into(),
        }
    }

    /// The request makes no sense.
    pub(super) fn wrong(words: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            words: words.into(),
        }
    }

    /// It should have worked.
    pub(super) fn failed(cause: &(impl fmt::Display + ?Sized)) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            words: cause.to_string(),
        }
    }
}

impl<E: std::error::Error> From<E> for PageError {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            words = format!("{words}: {deeper}");
            cause = deeper.source();
        }
        Self::failed(&words)
    }
}

/// The templates, read once.
#[derive(Debug)]
pub(super) struct Pages(Tera);

const TEMPLATES: [(&str, &str); 10] = [
    ("parts.html", PARTS),
    (
        "frame.html",
        include_str!("../../../reports/view/frame.html"),
    ),
    ("runs.html", include_str!("../../../reports/view/runs.html")),
    (
        "compare.html",
        include_str!("../../../reports/view/compare.html"),
    ),
    ("case.html", include_str!("../../../reports/view/case.html")),
    (
        "slices.html",
        include_str!("../../../reports/view/slices.html"),
    ),
    (
        "judges.html",
        include_str!("../../../reports/view/judges.html"),
    ),
    ("live.html", include_str!("../../../reports/view/live.html")),
    ("label_parts.html", LABEL_PARTS),
    (
        "label.html",
        include_str!("../../../reports/view/label.html"),
    ),
];
pub(super) const LABEL_PARTS: &str = include_str!("../../../reports/view/label_parts.html");
/// Of the label page and of packs.
pub(super) const LABEL_SCRIPT: &str = include_str!("../../../reports/view/label.js");
pub(super) const VIEW_STYLE: &str = include_str!("../../../reports/view/view.css");
const VIEW_SCRIPT: &str = include_str!("../../../reports/view/view.js");

impl Pages {
    pub(super) fn new() -> Result<Self, HtmlError> {
        let mut tera = Tera::new();
        tera.autoescape_on([".html"]);
        tera.add_raw_templates(TEMPLATES)?;
        Ok(Self(tera))
    }

    /// A page under the title that the browser shows.
    pub(super) fn page(
        &self,
        name: &str,
        title: &str,
        values: &impl Serialize,
    ) -> Result<Reply, PageError> {
        let mut context = Context::from_serialize(values)?;
        context.insert("page_title", title);
        Ok(Reply::html(self.0.render(name, &context)?))
    }

    /// A page that says what went wrong.
    pub(super) fn trouble(&self, trouble: &PageError) -> Reply {
        let mut context = Context::new();
        context.insert("page_title", "Not there");
        context.insert("trouble", &groundgate_report::visible_line(&trouble.words));
        match self.0.render("frame.html", &context) {
            Ok(page) => Reply {
                status: trouble.status,
                ..Reply::html(page)
            },
            Err(error) => Reply::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}

/// The style and the script of every page; nothing for other names.
pub(super) fn asset(name: &str) -> Option<Reply> {
    let (content_type, body) = match name {
        "view.css" => ("text/css; charset=utf-8", format!("{STYLE}\n{VIEW_STYLE}")),
        "label.js" => ("text/javascript; charset=utf-8", LABEL_SCRIPT.to_owned()),
        "view.js" => ("text/javascript; charset=utf-8", VIEW_SCRIPT.to_owned()),
        _ => return None,
    };
    Some(Reply {
        status: StatusCode::OK,
        content_type,
        body: body.into(),
    })
}
