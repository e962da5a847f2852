//! Records of earlier formats, read as they stand: views that show their tables in the present form.
//!
//! | format | written by | unlike the next |
//! |---|---|---|
//! | 1 | the first builds | a request is one text with its system message in it |
//! | 2 | 0.1 | `reason` says three things: why there is no score (JSON), that nothing was to be measured, or what a score with failed votes would be at best |
//! | 3 | this | |
//!
//! Views are temporary and hide the tables of the same names: nothing is written into an old record.

use super::schema::FORMAT;

/// The views for a record of `format`; `None` where this groundgate does not know the format.
pub(super) const fn views(format: i64) -> Option<&'static [&'static str]> {
    match format {
        1 => Some(&[SCORES, CALLS]),
        2 => Some(&[SCORES]),
        FORMAT => Some(&[]),
        _ => None,
    }
}

/// Scores of formats 1 and 2. What makes no sense is handed on as it stands, and refused where it is read.
const SCORES: &str = "
CREATE TEMP VIEW scores AS SELECT metric, trial, value,
  CASE WHEN value IS NOT NULL AND reason LIKE 'up to %'
    THEN CAST(substr(reason, 7) AS REAL) END AS up_to,
  CASE WHEN value IS NOT NULL THEN CASE WHEN reason NOT LIKE 'up to %' THEN reason END
    WHEN reason = 'not-applicable' THEN reason
    WHEN reason ->> '$.reason' = 'spared' THEN 'not-sampled'
    ELSE reason ->> '$.reason' END AS reason,
  CASE WHEN value IS NULL AND reason <> 'not-applicable' THEN reason ->> '$.detail' END AS detail
FROM main.scores;
";

/// Calls of format 1: a request is one text.
const CALLS: &str = "
CREATE TEMP VIEW system_messages AS SELECT 0 AS number, '' AS text;
CREATE TEMP VIEW calls AS SELECT trial, callee, vote, round,
  CASE WHEN request IS NOT NULL THEN 0 END AS system_message, request, reply, failure, booked_nanos
FROM main.calls;
";
