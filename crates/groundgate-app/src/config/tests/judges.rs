//! Judges and panels: what their keys mean, and mistakes in them.

use groundgate_endpoints::chat::Structured;

use super::{
    super::{ModelApi, SpecSource},
    DEMO, LOOKUP, TOP, read,
};

#[test]
fn judges_are_read() {
    let judge = |keys: &str| {
        let config = read(&format!("{TOP}{DEMO}[[judge]]\nname = 'j'\n{keys}"))?;
        Ok::<_, String>(config.judges.into_iter().next().unwrap())
    };
    let endpoint = "endpoint = { base-url = 'http://127.0.0.1:8000/v1', model = 'm', auth = { env = 'T' }, structured = 'json-object', send-temperature = false }";
    let embedded = judge("spec = 'embedded'").unwrap();
    assert_eq!(embedded.spec, SpecSource::Embedded);
    assert!(embedded.jurors.is_empty());
    let bundled = judge(&format!("spec = 'groundedness'\nvotes = 3\n{endpoint}")).unwrap();
    assert_eq!(bundled.spec, SpecSource::Bundled("groundedness".to_owned()));
    assert_eq!(bundled.votes, Some(3));
    let [juror] = bundled.jurors.as_slice() else {
        panic!("{bundled:?}");
    };
    assert_eq!(juror.name, "");
    let model = &juror.endpoint;
    let ModelApi::Chat(settings) = &model.api else {
        panic!("{model:?}");
    };
    assert_eq!(settings.structured, Structured::JsonObject);
    assert!(!settings.send_temperature);
    let credentials = model.endpoint.credentials(LOOKUP);
    let (words, found) = credentials.first().unwrap();
    assert_eq!(words, "environment variable `T`");
    found.as_ref().unwrap_err();
    let own = judge(&format!("spec = 'judges/own.toml'\n{endpoint}")).unwrap();
    assert_eq!(own.spec, SpecSource::File("judges/own.toml".into()));
    let check = |keys: &str, expected: &str| {
        let found = judge(keys).map(|_| ()).unwrap_err();
        assert_eq!(found, format!("x.toml:{expected}"), "{keys}");
    };
    check(
        "spec = 'groundednes'",
        "10:8: unknown judge spec `groundednes`",
    );
    check("spec = 'groundedness'", "8:1: key `endpoint` is missing");
    check("", "8:1: key `spec` is missing");
    check(
        "spec = 'embedded'\nvotes = 3",
        "11:9: the embedded judge asks nobody and takes no `votes`",
    );
    check(
        &format!("spec = 'groundedness'\nvotes = 0\n{endpoint}"),
        "11:9: `votes` is 0 and not from 1 to 25",
    );
    check(
        "spec = 'groundedness'\nendpoint = { base-url = 'http://h' }",
        "11:12: key `model` is missing",
    );
}

#[test]
fn panels_are_read() {
    let read_judge = |keys: &str| {
        let config = read(&format!(
            "{TOP}{DEMO}[[judge]]\nname = 'j'\nspec = 'groundedness'\n{keys}"
        ))?;
        Ok::<_, String>(config.judges.into_iter().next().unwrap())
    };
    let endpoint = "endpoint = { base-url = 'http://127.0.0.1:8000/v1', model = 'm' }";
    let juror = |name: &str| format!("[[judge.juror]]\nname = '{name}'\n{endpoint}\n");
    let two = [juror("opus"), juror("haiku")].concat();
    let panel = read_judge(&format!("votes = 2\nvotes-needed = 3\n{two}")).unwrap();
    let names: Vec<&str> = panel
        .jurors
        .iter()
        .map(|juror| juror.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["haiku", "opus"],
        "by name, however they stand in the file"
    );
    assert_eq!((panel.votes, panel.votes_needed), (Some(2), Some(3)));
    let check = |keys: &str, expected: &str| {
        let found = read_judge(keys).map(|_| ()).unwrap_err();
        assert!(found.contains(expected), "{keys}: {found}");
    };
    check(
        &format!("{endpoint}\n{two}"),
        "there are both `endpoint` and `juror`",
    );
    check(&juror("opus"), "a panel has at least 2 jurors");
    check("juror = []", "a panel has at least 2 jurors");
    check(
        &[juror("a"), juror("a")].concat(),
        "the name `a` comes twice",
    );
    check(
        &[juror("a/b"), juror("a")].concat(),
        "`name` cannot stand in",
    );
    check(
        &format!("{two}[[judge.juror]]\nname = 'x'\n"),
        "key `endpoint` is missing",
    );
    check(
        &format!("{two}[[judge.juror]]\n{endpoint}\n"),
        "key `name` is missing",
    );
    check(&format!("{two}votes = 3\n"), "unknown key `votes`");
    check(&format!("votes-needed = 0\n{two}"), "`votes-needed` is 0");
    let embedded = read(&format!(
        "{TOP}{DEMO}[[judge]]\nname = 'j'\nspec = 'embedded'\n{two}"
    ));
    assert!(embedded.unwrap_err().contains("takes no `juror`"));
}
