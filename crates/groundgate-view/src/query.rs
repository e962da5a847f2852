//! A query string as names and values, and back again: the address holds all state of a page.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Names and values, in order; a name may come more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query(Vec<(String, String)>);

/// All but what RFC 3986 never escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// More names than any page has.
const N_MOST: usize = 64;

impl Query {
    /// Reads what stands behind the `?`. What is not UTF-8 becomes U+FFFD.
    pub(super) fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        Self(pairs.take(N_MOST).collect())
    }

    /// The first value of a name; empty ones are none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut of_name = self
            .0
            .iter()
            .filter(|(one, value)| one == name && !value.is_empty());
        of_name.next().map(|(_, value)| value.as_str())
    }

    /// All values of a name that are not empty.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name = self.0.iter().filter(move |(one, _)| one == name);
        of_name
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A whole number; `usual` where there is none.
    pub(super) fn number(&self, name: &str, usual: usize) -> usize {
        self.get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    }

    /// The same query with one name's value replaced; an empty value removes it.
    #[must_use]
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<(String, String)> = self
            .0
            .iter()
            .filter(|(one, _)| one != name)
            .cloned()
            .collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// `page?name=value&…`, for links; safe in an attribute once escaped.
    pub(super) fn link(&self, page: &str) -> String {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = pairs
            .map(|(name, value)| {
                let [name, value] = [name, value].map(|text| utf8_percent_encode(text, ESCAPED));
                format!("{name}={value}")
            })
            .collect();
        if pairs.is_empty() {
            page.to_owned()
        } else {
            format!("{page}?{}", pairs.join("&"))
        }
    }
}

/// A link to a page with these names and values.
pub(super) fn link(page: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Query(pairs.collect()).link(page)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_values_are_read() {
        let query = Query::parse("run=A&run=B&text=a+b%26%C3%A9&empty=&n=7&bad=%zz%");
        assert_eq!(query.all("run").collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(query.get("text"), Some("a b&é"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(query.number("n", 1), 7);
        assert_eq!(query.get("bad"), Some("%zz%"));
        assert_eq!(
            query.with("run", "").with("n", "8").link("x"),
            "x?text=a%20b%26%C3%A9&bad=%25zz%25&n=8"
        );
    }

    proptest! {
        #[test]
        fn a_link_reads_back(name in "[a-z]{1,8}", value in any::<String>()) {
            let link = link("page", &[(&name, &value)]);
            prop_assert!(link.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!link.contains(['"', '<', '>', '\'']));
            let query = Query::parse(link.split_once('?').map_or("", |(_, query)| query));
            prop_assert_eq!(query.get(&name).unwrap_or(""), value);
        }
    }
}
