//! Values of every form, their places, and lines that are not shown.

use proptest::prelude::*;

use super::*;

fn mistakes_of(text: &str, read: impl FnOnce(Table<'_, '_>)) -> String {
    match Document::parse("x.toml", text) {
        Ok(document) => {
            read(document.root());
            document
                .finish(Some(()))
                .map_or_else(|found| found.to_string(), |()| String::new())
        }
        Err(mistakes) => mistakes.to_string(),
    }
}

fn check(text: &str, read: fn(Table<'_, '_>), expected: &str) {
    assert_eq!(mistakes_of(text, read), expected, "{text}");
}

#[test]
fn a_value_of_another_form_is_named_with_its_place() {
    let count = "x.toml:1:5: `a` is a number with a point and not a whole number from 0 up";
    let items = "x.toml:1:6: every item of `a` is a string that is not empty";
    check(
        "a = 1\n\nb = \"x\"",
        |t| assert_eq!(t.number("b"), None),
        "x.toml:3:5: `b` is a string and not a number",
    );
    check("a = 1.0", |t| assert_eq!(t.count("a"), None), count);
    check("a = [1]", |t| assert_eq!(t.texts("a").unwrap(), []), items);
    check("a = 1", |t| assert_eq!(t.number("absent"), None), "");
}

#[test]
fn numbers_are_finite_and_counts_are_not_negative() {
    for number in ["nan", "-inf", "1e400"] {
        let text = format!("a = {number}");
        let expected = "x.toml:1:5: `a` is not a finite number";
        check(&text, |t| assert_eq!(t.number("a"), None), expected);
    }
    let expected = "x.toml:1:5: `a` is a negative number and not a whole number from 0 up";
    check("a = -1", |t| assert_eq!(t.count("a"), None), expected);
}

#[test]
fn unknown_and_missing_keys_are_named() {
    let unknown = "x.toml:2:1: unknown key `ab`";
    check("a = 1\nab = 2", |t| t.only(&["a", "abc"]), unknown);
    let missing = "x.toml:2:1: key `k` is missing";
    check("\n[t]\n", |t| t.table("t").unwrap().needs(&["k"]), missing);
}

#[test]
fn a_line_that_may_hold_a_secret_is_not_shown() {
    for line in [
        "api-key = \"canary\"",
        "\"auth\" = \"canary\"",
        "token = \"canary",
        "x = { password = \"canary\" }",
    ] {
        let found = match Document::parse("x.toml", line) {
            Ok(document) => {
                document.root().only(&[]);
                document.finish(Some(())).unwrap_err()
            }
            Err(mistakes) => mistakes,
        };
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    }
    let document = Document::parse("x.toml", "[t]\nvalue = \"canary\"").unwrap();
    document.root().table("t").unwrap().hiding().number("value");
    let found = document.finish(Some(())).unwrap_err();
    assert!(!format!("{found:?}").contains("canary"), "{found:?}");
}

#[test]
fn every_mistake_in_the_syntax_is_found() {
    let found = mistakes_of("a = \nb = 1\nb = 2\n[x", |_| ());
    for line in ["x.toml:1:", "x.toml:3:1: duplicate key", "x.toml:4:"] {
        assert!(found.contains(line), "{line} in {found}");
    }
}

#[test]
fn numbers_of_any_radix_and_with_underscores_are_counts() {
    let document = Document::parse("x.toml", "a = 1_000\nb = 0xff").unwrap();
    assert_eq!(document.root().count("a"), Some(1000));
    assert_eq!(document.root().count("b"), Some(255));
    assert_eq!(document.root().number("a"), Some(1000.0));
}

#[test]
fn deep_nesting_does_not_overflow() {
    for text in [
        format!("{}k = 1", "a.".repeat(200_000)),
        format!("k = {}", "[".repeat(200_000)),
        format!("[{}k]", "a.".repeat(200_000)),
    ] {
        assert!(!mistakes_of(&text, |_| ()).is_empty());
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[ -~\n]{0,60}") {
        drop(mistakes_of(&text, |table| {
            table.only(&["a"]);
            for (key, _) in table.keys() {
                table.text(key);
                table.number(key);
                table.count(key);
                table.flag(key);
                table.texts(key);
                table.tables(key);
            }
        }));
    }
}
