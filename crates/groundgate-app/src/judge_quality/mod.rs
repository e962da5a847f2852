//! Is the judge any good? Agreement, comparison and calibration read records and labels and ask nobody; known
//! cases, flips, preferences and attacks have answers judged, each into a record of its own beside the runs.

mod attacks;
mod check;
mod flips;
mod health;
mod labelled;
mod preference;

pub use attacks::{AttackRequest, AttackedMetric, FamilyCount};
pub use check::{CheckedJudge, Mismatch};
pub use flips::{FlipsRequest, FlipsSummary};
pub use health::HealthFile;
pub use labelled::{
    AgreementSummary, CalibrateRequest, CalibrateSummary, ComparedMetric, JudgesComparison,
    LabelledMetric, LabelsRequest, UnfitJudge,
};
pub use preference::{PreferRequest, PreferSummary};
