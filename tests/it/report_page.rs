//! The report of many cases in a real browser: found at once, shown some at a time.

use serde_json::json;

use crate::{
    browser::Browser,
    label::answers,
    view::{ids, import, project},
};

const CASES: usize = 260;

#[test]
fn of_many_cases_some_are_shown_and_every_one_is_found() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = project();
    import(&folder, "old", &answers(CASES));
    import(&folder, "new", &answers(CASES));
    let base = ids(&folder).remove(0);
    let arguments = [
        "report",
        "latest",
        "--baseline",
        &base,
        "--embed",
        "all",
        "-o",
        "all.html",
    ];
    let ended = folder.run(&arguments);
    let page = folder.path().join("all.html");
    assert!(page.exists(), "{}", ended.err);
    browser.open(&format!("file://{}", page.display()));
    let says =
        |n: usize| format!("document.getElementById('shown').textContent === '{n} of {CASES}'");
    assert!(browser.comes_true(&says(CASES)));
    let n_shown = "document.querySelectorAll('details.case:not([hidden])').length";
    assert_eq!(browser.eval(n_shown), json!(200));
    // On paper the others are told of.
    let told = "(({textContent}) => textContent)(document.getElementById('printed'))";
    let is_seen = "document.getElementById('printed').checkVisibility()";
    assert_eq!(browser.eval(is_seen), json!(false));
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    assert_eq!(browser.eval(is_seen), json!(true));
    let words = browser.eval(told);
    assert!(
        words
            .as_str()
            .unwrap()
            .starts_with("60 of 260 cases are not printed"),
        "{words}"
    );
    browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
    let button = "document.querySelector('#case-list + p button')";
    assert_eq!(
        browser.eval(&format!("{button}.textContent")),
        json!("Show 60 more")
    );
    browser.eval(&format!("{button}.click()"));
    assert_eq!(browser.eval(n_shown), json!(CASES));
    assert_eq!(browser.eval(told), json!(""));
    assert_eq!(
        browser.eval("document.querySelector('#case-list + p').hidden"),
        json!(true)
    );

    let find = "(() => { const find = document.getElementById('find'); find.value = 'REFUND 259'; \
        find.dispatchEvent(new Event('input')); })()";
    browser.eval(find);
    assert!(browser.comes_true(&says(1)));
    assert_eq!(browser.eval(n_shown), json!(1));

    // A link leads to a case that the search has hidden, and that was packed.
    browser.eval("location.hash = '#case-254'");
    assert!(browser.comes_true(
        "(({ open, hidden, offsetHeight }) => open && !hidden && offsetHeight > 0)\
         (document.getElementById('case-254'))"
    ));
    assert!(
        browser.comes_true("document.getElementById('case-254').textContent.includes('Passages')")
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
