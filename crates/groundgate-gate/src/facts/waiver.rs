//! Waivers: a lower threshold for one rule, for a while, with an owner.
//!
//! A waiver never turns a verdict around by decree: the rule is asked again with the waiver's threshold, and
//! only what passes that is waived. So no data stays no data, whoever signs.

use std::collections::BTreeSet;

use groundgate_model::unit::Digest;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// So many days before a waiver ends, every verdict says so.
const WARN_DAYS: i64 = 7;

/// What a policy says of waivers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaiverTerms {
    /// At most so many may be in force; `None`: as many as there are.
    pub max: Option<usize>,
    /// Who may approve them; empty: anybody but the owner.
    pub approvers: Vec<String>,
    /// Rules that cannot be waived.
    pub never: BTreeSet<String>,
}

/// One waiver, as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// Unique in its file.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// `product=refunds`: only that slice of a rule about slices.
    pub slice: Option<String>,
    /// Where it holds.
    pub environments: Vec<String>,
    /// What must be shown instead of the rule's own threshold.
    pub threshold: f64,
    /// Why.
    pub reason: String,
    /// Who has to mend it.
    pub owner: String,
    /// Who allowed it; not the owner.
    pub approved_by: String,
    /// Where the mending is tracked.
    pub ticket: String,
    /// Its first day, in UTC.
    pub created: Date,
    /// Its last day, in UTC.
    pub expires: Date,
    /// Over all of the file's words about it.
    pub digest: Digest,
}

/// The day of a time, in UTC.
fn today(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

impl Waiver {
    /// Whether it speaks of this finding, whatever the day.
    pub(crate) fn is_about(&self, rule: &str, slice: Option<&str>, environment: &str) -> bool {
        self.rule == rule
            && self.slice.as_deref().is_none_or(|own| Some(own) == slice)
            && self.holds_in(environment)
    }

    /// Whether it is for an environment.
    pub fn holds_in(&self, environment: &str) -> bool {
        self.environments.iter().any(|own| own == environment)
    }

    /// Whether it is in force at a time.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        let today = today(at);
        self.created <= today && today <= self.expires
    }

    /// What every verdict says of it, in force or not.
    pub(crate) fn note(&self, at: Timestamp) -> Option<String> {
        let today = today(at);
        let name = format!("waiver {} of {}", self.id, self.rule);
        if today < self.created {
            return Some(format!(
                "{name} begins on {} and has no effect",
                self.created
            ));
        }
        if today > self.expires {
            return Some(format!(
                "{name} ended on {} and has no effect",
                self.expires
            ));
        }
        let left = self
            .expires
            .since(today)
            .map_or(0, |span| i64::from(span.get_days()));
        (left <= WARN_DAYS).then(|| {
            format!(
                "{name} ends on {}: {} days left for {}",
                self.expires, left, self.owner
            )
        })
    }
}
