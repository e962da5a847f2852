//! `[answers]`: what of an answer is judged.

use groundgate_model::toml_reader::Table;
use groundgate_run::{AnswerRules, Cut, Thinking};

const KEYS: [&str; 2] = ["thinking", "cut"];

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
    }
}
