//! Markup: tags, comments and entities of HTML.

use std::sync::LazyLock;

use regex::Regex;

use super::Cut;
use crate::text::clauses::{may_claim, pattern};

static MARKUP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)<!--.*?-->|</?[a-zA-Z][^<>]{0,300}>|&#?[a-zA-Z0-9]{1,8};"));

/// Entities by name and by number that stand in answers.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("rsquo", "’"),
    ("lsquo", "‘"),
    ("rdquo", "”"),
    ("ldquo", "“"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("euro", "€"),
    ("pound", "£"),
    ("cent", "¢"),
    ("yen", "¥"),
    ("bull", "•"),
    ("middot", "·"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("agrave", "à"),
    ("ccedil", "ç"),
    ("times", "×"),
    ("minus", "−"),
    ("percnt", "%"),
    ("dollar", "$"),
    ("#39", "'"),
    ("#34", "\""),
    ("#38", "&"),
    ("#36", "$"),
    ("#37", "%"),
    ("#45", "-"),
    ("#160", "\u{a0}"),
    ("#8211", "–"),
    ("#8212", "—"),
    ("#8216", "‘"),
    ("#8217", "’"),
    ("#8220", "“"),
    ("#8221", "”"),
    ("#8230", "…"),
    ("#8364", "€"),
    ("#x27", "'"),
    ("#x22", "\""),
    ("#x20AC", "€"),
    ("#xA0", "\u{a0}"),
];

/// What a browser takes for markup; other words in angle brackets are words.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// Tags that end a line or a cell.
const BREAKS: [&str; 10] = [
    "br", "p", "/p", "li", "/li", "tr", "/tr", "div", "/div", "td",
];

/// Tags and comments go, entities become what they stand for.
pub(super) fn cuts(text: &str) -> Vec<Cut> {
    MARKUP
        .find_iter(text)
        .filter_map(|found| {
            let written = found.as_str();
            let instead = match written.strip_prefix('&') {
                Some(entity) => known(entity.trim_end_matches(';'))?,
                None if is_break(written) => "\n",
                None if written.starts_with("<!--") && may_claim(written) => return None,
                None if written.starts_with("<!--") || is_tag(written) => "",
                None => return None,
            };
            Some(Cut {
                range: found.range(),
                instead,
            })
        })
        .collect()
}

fn known(entity: &str) -> Option<&'static str> {
    let named = ENTITIES.iter().find(|(name, _)| *name == entity);
    named.map(|(_, character)| *character)
}

fn is_tag(tag: &str) -> bool {
    let name = name_of(tag);
    let is_known = TAGS.contains(&name.trim_start_matches('/'));
    // Attributes have values; words alone are a sentence.
    is_known && (!tag.contains(' ') || tag.contains('=') || tag.ends_with("/>"))
}

fn is_break(tag: &str) -> bool {
    BREAKS.contains(&name_of(tag).as_str()) && is_tag(tag)
}

fn name_of(tag: &str) -> String {
    let name = tag
        .trim_start_matches('<')
        .trim_end_matches(['>', '/', ' ']);
    let name = name.split([' ', '\n']).next().unwrap_or(name);
    name.to_ascii_lowercase()
}
