//! The metrics of a report as lines of text, for pages that show several reports at once.

use super::{figures, model::Report, wording};

impl Report {
    /// What moved against the baseline, the clear ones first: `▼ groundedness: worse, 95% → 91%`.
    pub fn changes(&self) -> Vec<String> {
        wording::changes(&self.metrics)
            .into_iter()
            .map(|change| format!("{} {}", change.movement.glyph(), change.sentence))
            .collect()
    }

    /// Per metric: its name, the candidate's mean with its bounds, the baseline's, and their
    /// difference; empty where there is none.
    pub fn metric_texts(&self) -> Vec<[String; 4]> {
        let rows = self.metrics.iter();
        rows.map(|row| {
            let text = |estimate: &Option<_>, is_difference| {
                let text = |estimate| figures::estimate_text(estimate, &row.unit, is_difference);
                estimate.as_ref().map_or_else(String::new, text)
            };
            let difference = text(&row.difference, true);
            let sign = wording::change(row).map_or("", |change| change.movement.glyph());
            [
                row.metric.clone(),
                text(&row.candidate, false) + &figures::beside(&row.counts),
                text(&row.baseline, false),
                format!("{sign} {difference}").trim().to_owned(),
            ]
        })
        .collect()
    }
}
