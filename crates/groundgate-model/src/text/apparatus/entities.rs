//! Markup: tags, comments and entities of HTML.

use std::sync::LazyLock;

use regex::Regex;

use super::Cut;

#[expect(clippy::expect_used, reason = "a fixed pattern, compiled in a test")]
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<!--.*?-->|</?[a-zA-Z][^<>]{0,300}>|&#?[a-zA-Z0-9]{1,8};").expect("a pattern")
});

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
                None => "",
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

fn is_break(tag: &str) -> bool {
    let name = tag
        .trim_start_matches('<')
        .trim_end_matches(['>', '/', ' ']);
    let name = name.split([' ', '\n']).next().unwrap_or(name);
    BREAKS.contains(&name.to_ascii_lowercase().as_str())
}
