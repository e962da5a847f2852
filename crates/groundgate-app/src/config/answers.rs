//! `[answers]`: what of an answer is judged.

use groundgate_judge::boilerplate::Pattern;
use groundgate_model::toml_reader::Table;
use groundgate_run::{AnswerRules, Cut, Thinking};

const KEYS: [&str; 3] = ["thinking", "cut", BOILERPLATE];

const BOILERPLATE: &str = "boilerplate";

/// What of an answer is judged; the careful defaults where the file does not say.
pub(super) fn read(root: Table<'_, '_>) -> AnswerRules {
    let Some(table) = root.table("answers") else {
        return AnswerRules::default();
    };
    table.only(&KEYS);
    let default = AnswerRules::default();
    let thinking = [Thinking::Strip, Thinking::Judge].map(|one| (one.name(), one));
    let cut = [Cut::Unscored, Cut::Judge].map(|one| (one.name(), one));
    AnswerRules {
        thinking: table
            .choice("thinking", &thinking)
            .unwrap_or(default.thinking),
        cut: table.choice("cut", &cut).unwrap_or(default.cut),
        boilerplate: boilerplate(table),
    }
}

/// Lines that are no statements of an answer's own, whoever gives it.
pub(super) fn boilerplate(table: Table<'_, '_>) -> Vec<Pattern> {
    if !table.has(BOILERPLATE) {
        return Vec::new();
    }
    let written = table.texts(BOILERPLATE).unwrap_or_default();
    let patterns = written.into_iter().filter_map(|(text, _)| {
        let pattern = Pattern::parse(text);
        if let Err(why) = &pattern {
            table.report(
                BOILERPLATE,
                format!("`{text}` is no line that can be declared: {why}"),
            );
        }
        pattern.ok()
    });
    patterns.collect()
}
