//! Reports: one value, one pure function per format.
//!
//! `cli` fills a [`Report`] from records and a decision, calls a renderer, and writes what comes back.
//! Nothing here reads, writes or asks the time: the same report gives the same bytes. All text in a
//! report is hostile; [`visible_line`] and the escaping of each format keep it text.

mod build;
mod causes;
mod chart;
mod csv;
mod figures;
mod github;
mod heatmap;
mod html;
mod json;
mod jsonl;
mod judge_picture;
mod junit;
mod losses;
mod markdown;
mod means;
mod metric_lines;
mod model;
mod panels;
mod plot;
mod redact;
mod sarif;
mod sign_off;
mod terminal;
mod terminal_plot;
mod text;
mod visible;
mod wording;

#[cfg(test)]
mod build_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod runner;
#[cfg(test)]
mod tests;

pub use build::{Embed, Ingredients, Side, build};
pub use csv::render_csv;
pub use github::{render_annotations, render_outputs};
pub use html::{CaseView, HtmlError, PARTS, STYLE, render_html, to_base64};
pub use json::render_json;
pub use jsonl::render_jsonl;
pub use junit::render_junit;
pub use losses::{CaseLoss, losses};
pub use markdown::render_markdown;
pub use model::{
    AnswerReport, Bucket, CaseReport, CaseScore, Cause, MetricRow, Named, Report, RunSummary,
    Setting, SliceMean, SliceRow,
};
pub use plot::PlotInterval;
pub use redact::redact;
pub use sarif::{render_code_quality, render_sarif};
pub use sign_off::{ApprovalRow, ApprovalState, SignOff, WaiverRow};
pub use terminal::{Ink, Style, TerminalPage, pad};
pub use terminal_plot::{case_differences, interval_plot, share_plot, sparkline};
pub use text::{render_text, without_commands};
pub use visible::{cut_to_width, visible_line, visible_text, wrap};
pub use wording::{Mark, bucket_class, headline, mark, tally};

/// The exit code of `groundgate gate`, which its report names: exit codes are API.
pub const fn exit_code(verdict: groundgate_gate::Verdict) -> u8 {
    use groundgate_gate::Verdict;

    match verdict {
        Verdict::Pass | Verdict::Waived => 0,
        Verdict::Error => 3,
        Verdict::Fail => 10,
        Verdict::Inconclusive => 11,
        Verdict::Hold => 12,
    }
}
