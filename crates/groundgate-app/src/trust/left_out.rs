//! Questions that were asked before and are not asked any more, or are held against less: whatever is shown about the
//! rest says nothing of them. The trust file's `eval-set` is the strong form; this one needs no file.

use std::{collections::BTreeMap, path::Path};

use groundgate_model::eval_set::Case;
use groundgate_record::{Reader, Status};

use crate::{baseline, error::AppError, runs};

/// So many earlier runs are looked at where no baseline says what is usual.
const EARLIER: usize = 20;

/// What a run leaves out of what its baseline asked; where there is none, of what earlier runs of the same eval set asked.
pub(super) fn left_out(
    candidate: &Reader,
    baseline: Option<&Reader>,
    runs_dir: &Path,
) -> Result<Option<String>, AppError> {
    if let Some(baseline) = baseline {
        return less_than(candidate, baseline);
    }
    if is_the_baseline(candidate, runs_dir) {
        return Ok(None);
    }
    for earlier in earlier_runs(candidate, runs_dir)? {
        let sentence = less_than(candidate, &earlier)?;
        if sentence.is_some() {
            return Ok(sentence);
        }
    }
    Ok(None)
}

/// Somebody has said that this run is what others are compared with.
fn is_the_baseline(candidate: &Reader, runs_dir: &Path) -> bool {
    let own = &candidate.header().run_id;
    baseline::set_for(runs_dir)
        .is_ok_and(|reader| reader.is_some_and(|reader| reader.header().run_id == *own))
}

/// Complete runs of the same eval set before this one, the last first. Records that cannot be read are nobody's.
fn earlier_runs(
    candidate: &Reader,
    runs_dir: &Path,
) -> Result<impl Iterator<Item = Reader>, AppError> {
    let ours = candidate.header().clone();
    let all = runs::list(runs_dir)?.into_iter().rev();
    let readers = all.filter_map(|path| Reader::open(&path).ok());
    let earlier = readers.filter(move |reader| {
        let header = reader.header();
        header.run_id < ours.run_id
            && header.eval_set_name == ours.eval_set_name
            && matches!(reader.status(), Ok(Status::Complete | Status::Decided))
    });
    Ok(earlier.take(EARLIER))
}

/// What a run leaves out of what another one asked, in one sentence.
fn less_than(candidate: &Reader, other: &Reader) -> Result<Option<String>, AppError> {
    if candidate.header().eval_set_digest == other.header().eval_set_digest {
        return Ok(None);
    }
    let ours: BTreeMap<String, Case> = candidate
        .cases()?
        .into_iter()
        .map(|case| (case.id.clone(), case))
        .collect();
    let (mut absent, mut weaker) = (Vec::new(), Vec::new());
    for case in other.cases()? {
        match ours.get(&case.id) {
            None => absent.push(case.id),
            Some(now) if is_weaker(now, &case) => weaker.push(case.id),
            Some(_) => {}
        }
    }
    let run = &other.header().run_id;
    let parts: Vec<String> = [
        (absent, "were not asked"),
        (weaker, "are held against less"),
    ]
    .into_iter()
    .filter_map(|(ids, what)| {
        let first = ids.first()?;
        Some(format!(
            "{} that run {run} asked {what} (the first is {first})",
            counted(ids.len())
        ))
    })
    .collect();
    Ok((!parts.is_empty()).then(|| parts.join(", ")))
}

fn counted(n: usize) -> String {
    match n {
        1 => "1 question".to_owned(),
        n => format!("{n} questions"),
    }
}

/// Whether something that an answer is held against was taken away.
fn is_weaker(now: &Case, then: &Case) -> bool {
    let lost = |now: bool, then: bool| then && !now;
    lost(
        !now.expected_facts.is_empty(),
        !then.expected_facts.is_empty(),
    ) || lost(
        !now.expected_documents.is_empty(),
        !then.expected_documents.is_empty(),
    ) || lost(
        now.reference_answer.is_some(),
        then.reference_answer.is_some(),
    ) || lost(now.answerable.is_some(), then.answerable.is_some())
        || lost(now.critical, then.critical)
}
