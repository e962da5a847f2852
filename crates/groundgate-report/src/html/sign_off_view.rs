//! Approvals, waivers and rollback as plain strings: short on page one, in full further down.
//!
//! Every string of the report passes [`visible_line`] here; the template escapes it for HTML.

use groundgate_gate::Verdict;
use groundgate_model::number::plural;
use serde::Serialize;

use super::tables::lines;
use crate::{
    model::Report,
    sign_off::{ApprovalRow, ApprovalState, WaiverRow},
    visible::visible_line,
    wording::{self, mark},
};

/// Roles, and conditions, on page one; all of them stand further down.
const N_SHOWN: usize = 4;
/// Waivers on page one, a line each.
const N_WAIVERS: usize = 3;

#[derive(Debug, Serialize)]
pub(super) struct SignOffView {
    approvals: Vec<ApprovalView>,
    n_more_approvals: usize,
    waivers: Vec<WaiverView>,
    n_more_waivers: usize,
    rollback_title: String,
    rollback: Vec<String>,
    n_more_conditions: usize,
}

#[derive(Debug, Serialize)]
struct ApprovalView {
    class: &'static str,
    glyph: &'static str,
    word: &'static str,
    rule: String,
    role: String,
    /// Empty while it is open.
    by: String,
    day: String,
    time: String,
}

#[derive(Debug, Serialize)]
struct WaiverView {
    id: String,
    rule: String,
    bar: String,
    expires: String,
    owner: String,
    approved_by: String,
    ticket: String,
    reason: String,
    is_used: bool,
}

impl SignOffView {
    /// All that there is.
    pub(super) fn full(report: &Report) -> Self {
        let sign_off = &report.sign_off;
        let rollback_title = match &report.baseline {
            Some(baseline) => format!("Roll back to {} if", visible_line(&baseline.variant)),
            None => "Roll back if".to_owned(),
        };
        Self {
            approvals: sign_off.approvals.iter().map(ApprovalView::new).collect(),
            n_more_approvals: 0,
            waivers: sign_off.waivers.iter().map(WaiverView::new).collect(),
            n_more_waivers: 0,
            rollback_title,
            rollback: lines(&sign_off.rollback),
            n_more_conditions: 0,
        }
    }

    /// What page one has room for: what is open or refused before what is given, what this verdict
    /// needed before what it did not.
    pub(super) fn short(report: &Report) -> Self {
        let mut this = Self::full(report);
        this.approvals.sort_by_key(|one| one.class == "pass");
        this.waivers.sort_by_key(|one| !one.is_used);
        this.n_more_approvals = cut(&mut this.approvals, N_SHOWN);
        this.n_more_waivers = cut(&mut this.waivers, N_WAIVERS);
        this.n_more_conditions = cut(&mut this.rollback, N_SHOWN);
        this
    }
}

/// Cuts a list to what fits, and says how many are left out.
fn cut<T>(list: &mut Vec<T>, n_most: usize) -> usize {
    let n_more = list.len().saturating_sub(n_most);
    list.truncate(n_most);
    n_more
}

impl ApprovalView {
    fn new(row: &ApprovalRow) -> Self {
        let (verdict, word) = match row.state {
            ApprovalState::Open => (Verdict::Hold, "open"),
            ApprovalState::Approved => (Verdict::Pass, "approved"),
            ApprovalState::Rejected => (Verdict::Fail, "rejected"),
        };
        let shown = mark(verdict);
        let at = row.at.as_deref().unwrap_or("");
        Self {
            class: shown.class,
            glyph: shown.glyph,
            word,
            rule: visible_line(&row.rule),
            role: visible_line(&row.role),
            by: visible_line(row.by.as_deref().unwrap_or("")),
            day: visible_line(at.split_once('T').map_or(at, |(day, _)| day)),
            time: visible_line(&wording::time(at)),
        }
    }
}

impl WaiverView {
    fn new(row: &WaiverRow) -> Self {
        let rule = match &row.slice {
            Some(slice) => format!("{}, {slice}", row.rule),
            None => row.rule.clone(),
        };
        Self {
            id: visible_line(&row.id),
            rule: visible_line(&rule),
            bar: visible_line(&row.bar),
            expires: visible_line(&row.expires),
            owner: visible_line(&row.owner),
            approved_by: visible_line(&row.approved_by),
            ticket: visible_line(&row.ticket),
            reason: visible_line(&row.reason),
            is_used: row.is_used,
        }
    }
}

/// `2 of 4 approvals, 1 waiver in force.`; empty where the policy wants none and none is there.
pub(super) fn standing(report: &Report) -> String {
    let sign_off = &report.sign_off;
    let is_given = |row: &&ApprovalRow| row.state == ApprovalState::Approved;
    let given = sign_off.approvals.iter().filter(is_given).count();
    let wanted = sign_off.approvals.len();
    let approvals = (wanted > 0).then(|| format!("{given} of {}", plural(wanted, "approval")));
    let n_waivers = sign_off.waivers.len();
    let waivers = (n_waivers > 0).then(|| format!("{} in force", plural(n_waivers, "waiver")));
    let parts: Vec<String> = approvals.into_iter().chain(waivers).collect();
    if parts.is_empty() {
        String::new()
    } else {
        parts.join(", ") + "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn what_is_not_given_stands_before_what_is() {
        let report = fixture::report();
        let words: Vec<&str> = (SignOffView::short(&report).approvals.iter())
            .map(|one| one.word)
            .collect();
        assert_eq!(words, ["rejected", "open", "approved", "approved"]);
        assert_eq!(standing(&report), "2 of 4 approvals, 1 waiver in force.");
        assert_eq!(standing(&fixture::smallest()), "");
    }

    #[test]
    fn page_one_says_how_much_it_leaves_out() {
        let mut report = fixture::report();
        for _ in 0..3 {
            let again = report.sign_off.waivers[0].clone();
            report.sign_off.waivers.push(again);
            report.sign_off.rollback.push("any leak".to_owned());
        }
        report.sign_off.waivers[3].is_used = true;
        let short = SignOffView::short(&report);
        assert!(short.waivers[0].is_used);
        assert_eq!((short.waivers.len(), short.n_more_waivers), (3, 1));
        assert_eq!((short.rollback.len(), short.n_more_conditions), (4, 3));
        assert_eq!(SignOffView::full(&report).rollback.len(), 7);
    }
}
