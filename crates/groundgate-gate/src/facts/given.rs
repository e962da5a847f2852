//! What the gate is given besides scores. Nothing here reads a file or a clock: whoever asks the gate does.

use std::collections::{BTreeMap, BTreeSet};

use groundgate_model::unit::Digest;
use jiff::Timestamp;

use super::{approval::Approval, concern::Concern, document::Document, waiver::Waiver};
use crate::labels::HumanScores;

/// What the gate is given besides scores.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When the gate is asked.
    pub at: Timestamp,
    /// Where the candidate is to go; empty where nobody said.
    pub environment: String,
    /// When the run began.
    pub run_made: Option<Timestamp>,
    /// When the baseline's run began.
    pub baseline_made: Option<Timestamp>,
    /// The files that the policy's rules name, or why they cannot be read.
    pub documents: BTreeMap<String, Document>,
    /// Id and text of the questions that the run asked; empty where no rule wants them.
    pub questions: Vec<(String, String)>,
    /// Who started the run, as its record says.
    pub initiator: Option<String>,
    /// Who made the change that the run tests; empty where nobody said.
    pub change_authors: Vec<String>,
    /// All waivers there are, in force or not.
    pub waivers: Vec<Waiver>,
    /// All approvals there are, of this verdict or of others.
    pub approvals: Vec<Approval>,
    /// What people said of the candidate's answers.
    pub labels: Option<HumanScores>,
    /// What speaks against believing the run at all.
    pub concerns: Vec<Concern>,
    /// The documents that the change under test could have written, where only others count.
    pub unprotected: BTreeSet<String>,
    /// What else an approval is bound to: seals, and what was asked.
    pub bound_to: Vec<(String, Digest)>,
}

impl Facts {
    /// Nothing is known but the time.
    pub const fn none(at: Timestamp) -> Self {
        Self {
            at,
            environment: String::new(),
            run_made: None,
            baseline_made: None,
            documents: BTreeMap::new(),
            questions: Vec::new(),
            initiator: None,
            change_authors: Vec::new(),
            waivers: Vec::new(),
            approvals: Vec::new(),
            labels: None,
            concerns: Vec::new(),
            unprotected: BTreeSet::new(),
            bound_to: Vec::new(),
        }
    }
}
