//! A report for wide circulation: texts of customers, documents and models become digests.

use std::iter;

use groundgate_model::{exchange::Passage, manifest::Manifest, unit::Digest};

use super::model::{AnswerReport, CaseReport, Report};

/// Replaces every question, answer, passage, claim, explanation and prompt by its digest. Ids, tags and
/// numbers stay.
#[must_use]
pub fn redact(mut report: Report) -> Report {
    for case in &mut report.cases {
        redact_case(case);
    }
    for run in iter::once(&mut report.candidate).chain(&mut report.baseline) {
        run.manifest = run.manifest.as_ref().map(Manifest::redacted);
    }
    for cause in &mut report.causes {
        cause.sentence = without_quotes(&cause.sentence);
    }
    report
}

fn redact_case(case: &mut CaseReport) {
    case.question = hidden(&case.question);
    case.reference_answer = case.reference_answer.as_deref().map(hidden);
    let sides = [Some(&mut case.candidate), case.baseline.as_mut()];
    sides.into_iter().flatten().for_each(redact_answer);
}

fn redact_answer(answer: &mut AnswerReport) {
    answer.text = match &answer.text {
        Ok(text) => Ok(hidden(text)),
        Err(failure) => Err(hidden(failure)),
    };
    for claim in &mut answer.claims {
        claim.text = hidden(&claim.text);
        // A digest has no places to mark.
        (claim.start, claim.end, claim.evidence) = (0, 0, None);
        claim.reasons.clear();
    }
    for Passage { text, source, .. } in &mut answer.passages {
        *text = hidden(text);
        *source = source.as_deref().map(hidden);
    }
    answer.explanations.clear();
}

/// `[sha256 ba7816bf8f01, 3 characters]`
fn hidden(text: &str) -> String {
    let digest = Digest::of(text.as_bytes()).short();
    format!("[sha256 {digest}, {} characters]", text.chars().count())
}

/// A sentence of ours without what it quotes of others; what follows a quote gives its reason, so it
/// goes too.
fn without_quotes(sentence: &str) -> String {
    match sentence.split_once('“') {
        None => sentence.to_owned(),
        Some((ours, theirs)) => format!("{ours}{}", hidden(theirs)),
    }
}

#[cfg(test)]
mod tests {
    use groundgate_model::manifest::Setting;

    use super::*;
    use crate::{fixture, render_html, render_json};

    #[test]
    fn no_text_of_others_is_left() {
        let report = fixture::report();
        let mut texts: Vec<String> = Vec::new();
        for case in &report.cases {
            texts.push(case.question.clone());
            texts.extend(case.reference_answer.clone());
            for answer in [Some(&case.candidate), case.baseline.as_ref()]
                .into_iter()
                .flatten()
            {
                texts.extend(answer.text.clone());
                texts.extend(answer.text.clone().err());
                texts.extend(answer.claims.iter().map(|claim| claim.text.clone()));
                texts.extend(
                    answer
                        .claims
                        .iter()
                        .flat_map(|claim| claim.reasons.iter().map(ToString::to_string)),
                );
                texts.extend(answer.passages.iter().map(|passage| passage.text.clone()));
                texts.extend(
                    answer
                        .passages
                        .iter()
                        .filter_map(|passage| passage.source.clone()),
                );
                texts.extend(answer.explanations.clone());
            }
        }
        assert!(texts.len() > 10);
        assert!(texts.iter().any(|text| text.starts_with("https://")));
        for run in iter::once(&report.candidate).chain(&report.baseline) {
            let copilot = run.manifest.as_ref().unwrap().part("copilot").unwrap();
            let Some(Setting::Written(prompt)) = copilot.get("system-prompt") else {
                panic!("{copilot:?}");
            };
            texts.extend(prompt.kept().map(str::to_owned));
        }
        let redacted = redact(report);
        let shown = render_html(&redacted).unwrap() + &render_json(&redacted).unwrap();
        for text in texts.iter().filter(|text| text.len() > 12) {
            assert!(!shown.contains(text.as_str()), "{text}");
        }
    }
}
