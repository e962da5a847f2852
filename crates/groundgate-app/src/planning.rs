//! From cases, judges and checks to a plan and the header of its record.

use std::collections::BTreeSet;

use groundgate_endpoints::copilot::Copilot;
use groundgate_judge::checks;
use groundgate_model::{
    eval_set::EvalSet,
    manifest::{Manifest, Setting},
    trial::{InstrumentKind, builtin_metric},
};
use groundgate_record::{Header, MetricSource, Origin};
use groundgate_run::{AnswerRules, Plan, Seat};
use jiff::Timestamp;

use super::{app::App, clock, error::AppError, git::Git, trust};

/// What a run is made of.
#[expect(missing_debug_implementations, reason = "the copilot is a port")]
pub struct Parts<'a> {
    /// The questions.
    pub eval_set: &'a EvalSet,
    /// The copilot's name in the configuration.
    pub copilot_name: &'a str,
    /// Who is asked.
    pub copilot: &'a dyn Copilot,
    /// How often each question is asked.
    pub attempts: u32,
    /// For the judges' shuffles and fences.
    pub seed: u64,
    /// The model and version that the copilot is, where somebody said so.
    pub model_version: Option<String>,
    /// Calls in flight at once; changes no answer.
    pub concurrency: usize,
    /// The judges.
    pub seats: Vec<Seat>,
    /// The plain checks, by metric name.
    pub checks: Vec<String>,
    /// What of an answer is judged.
    pub answers: AnswerRules,
}

/// The plan and the header of its record.
pub fn plan(
    app: &App,
    parts: Parts<'_>,
    at: Timestamp,
    number: usize,
) -> Result<(Plan, Header), AppError> {
    let metrics = metric_sources(&parts.seats, &parts.checks)?;
    let manifest = manifest(&parts);
    check_model_version(&manifest)?;
    let header = Header {
        run_id: clock::run_id(at, app.surroundings().process, number),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: clock::rfc3339(at),
        eval_set_name: parts.eval_set.name.clone(),
        eval_set_digest: parts.eval_set.digest,
        copilot_name: parts.copilot_name.to_owned(),
        copilot_description: parts.copilot.describe(),
        attempts: parts.attempts,
        seed: parts.seed,
        plan_digest: manifest.clone().without("seed").digest(),
        manifest: Some(manifest),
        initiator: app.surroundings().initiator.clone(),
        git_revision: Git::default().revision(),
        metrics,
        looks: None,
        earlier_tries: Vec::new(),
        origin: Origin::Run,
    };
    let plan = Plan {
        cases: parts.eval_set.cases.clone(),
        attempts: parts.attempts,
        seats: parts.seats,
        checks: parts.checks,
        answers: parts.answers,
        seed: parts.seed,
        run: header.run_id.clone(),
        concurrency: parts.concurrency,
        part: None,
    };
    Ok((plan, header))
}

/// An endpoint that says itself which version it serves is believed, and whoever says another one is not.
fn check_model_version(manifest: &Manifest) -> Result<(), AppError> {
    let said = manifest.get("model-version");
    let served = manifest.part("copilot").and_then(trust::served);
    match (said, served) {
        (Some(Setting::Text(said)), Some(served)) if *said != served => Err(AppError::invalid(
            format!("the endpoint serves {served}, and the run is to be about {said}"),
        )
        .with_help("evaluate the version that is to be promoted: nothing else is")),
        _ => Ok(()),
    }
}

fn metric_sources(seats: &[Seat], checks: &[String]) -> Result<Vec<MetricSource>, AppError> {
    let judged = seats.iter().flat_map(|seat| {
        seat.metrics().into_iter().map(|metric| MetricSource {
            cascade: seat.cascade(&metric).cloned(),
            metric,
            instrument: seat.instrument(),
            instrument_name: seat.instrument_name(),
            instrument_kind: seat.instrument_kind(),
        })
    });
    let checked = checks.iter().filter_map(|name| {
        Some(MetricSource {
            metric: builtin_metric(name)?,
            instrument: checks::manifest().digest(),
            instrument_name: "plain checks".to_owned(),
            instrument_kind: InstrumentKind::Checks,
            cascade: None,
        })
    });
    let sources: Vec<MetricSource> = judged.chain(checked).collect();
    measured_once(sources.iter().map(|source| source.metric.name.as_str()))?;
    Ok(sources)
}

/// A run measures each metric once.
pub fn measured_once<'a>(metrics: impl Iterator<Item = &'a str>) -> Result<(), AppError> {
    let mut seen = BTreeSet::new();
    for name in metrics {
        if !seen.insert(name) {
            let message = format!("two judges measure `{name}`; a run measures each metric once");
            return Err(AppError::invalid(message).with_help(
                "leave one of them out, or have one stand behind the other: `after`, `unsure`, `audit`",
            ));
        }
    }
    Ok(())
}

/// Everything that decides what is asked, whom, and how it is judged. A judge stands under the first
/// metric that it measures, which no other judge does; names of copilots and judges are for people.
fn manifest(parts: &Parts<'_>) -> Manifest {
    let mut judges = Manifest::default();
    for seat in &parts.seats {
        let measured: Vec<String> = (seat.metrics().into_iter())
            .map(|metric| metric.name)
            .collect();
        if let Some(first) = measured.first().cloned() {
            judges = judges.with(&first, seat.manifest().with("measures", measured));
        }
    }
    Manifest::of("run")
        .with("eval-set", parts.eval_set.digest)
        .with("copilot", parts.copilot.manifest())
        .with_some("model-version", parts.model_version.clone())
        .with("attempts", parts.attempts)
        .with("seed", parts.seed)
        .with("judges", judges)
        .with_some("answers", parts.answers.manifest())
        .with(
            "checks",
            checks::manifest().with("measures", parts.checks.clone()),
        )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use groundgate_judge::boilerplate::Pattern;
    use groundgate_model::{eval_set::load, trial::Cascade, unit::Digest};
    use groundgate_run::{Behind, Cut, SeatKind, Thinking};

    use super::*;
    use crate::{
        ErrorClass, bundled,
        test_values::{Scripted, app, eval_set, parts, planned},
    };

    fn digest(parts: Parts<'_>) -> Digest {
        planned(parts, 0).1.plan_digest
    }

    fn embedded(name: &str) -> Seat {
        let judge = Arc::new(bundled::judge().unwrap());
        Seat::alone(name.to_owned(), SeatKind::Embedded(judge))
    }

    #[test]
    fn whatever_decides_what_is_asked_or_how_it_is_judged_makes_another_plan() {
        let (questions, copilot) = (eval_set(2), Scripted::default());
        let plain = || parts(&questions, &copilot, 2);
        let others = load("other.jsonl", br#"{"id": "case-0", "question": "Who?"}"#).unwrap();
        let prompted = Scripted {
            manifest: Manifest::of("scripted").with("system-prompt", "Be brief."),
            ..Scripted::default()
        };
        let checks = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let all = [
            digest(plain()),
            digest(parts(&others, &copilot, 2)),
            digest(parts(&questions, &prompted, 2)),
            digest(parts(&questions, &copilot, 3)),
            digest(Parts {
                answers: AnswerRules {
                    cut: Cut::Judge,
                    ..AnswerRules::default()
                },
                ..plain()
            }),
            digest(Parts {
                answers: AnswerRules::default()
                    .with_boilerplate(&[Pattern::parse("Made by a machine.").unwrap()]),
                ..plain()
            }),
            digest(Parts {
                answers: AnswerRules {
                    thinking: Thinking::Judge,
                    ..AnswerRules::default()
                },
                ..plain()
            }),
            digest(Parts {
                checks: checks(&["latency_ms"]),
                ..plain()
            }),
            digest(Parts {
                checks: checks(&["answer_chars", "latency_ms"]),
                ..plain()
            }),
            digest(Parts {
                seats: vec![embedded("embedded")],
                ..plain()
            }),
        ];
        let different: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(different.len(), all.len());
        // Another seed draws another order: it is a further try of the same plan.
        assert_eq!(digest(Parts { seed: 2, ..plain() }), digest(plain()));
    }

    #[test]
    fn what_changes_no_answer_makes_no_other_plan() {
        let (questions, copilot) = (eval_set(2), Scripted::default());
        let renamed = Scripted {
            description: "scripted, on another port",
            ..Scripted::default()
        };
        let same = digest(parts(&questions, &copilot, 1));
        assert_eq!(digest(parts(&questions, &renamed, 1)), same);
        let faster = Parts {
            concurrency: 9,
            ..parts(&questions, &copilot, 1)
        };
        assert_eq!(digest(faster), same);
    }

    #[test]
    fn a_metric_that_two_judges_measure_is_refused() {
        let (questions, copilot) = (eval_set(1), Scripted::default());
        let twice = Parts {
            seats: vec![embedded("one"), embedded("two")],
            ..parts(&questions, &copilot, 1)
        };
        let error = plan(&app(), twice, Timestamp::UNIX_EPOCH, 0).err().unwrap();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.to_string().contains("two judges measure"), "{error}");
    }

    /// A gate must know which answers a judge was not asked about.
    #[test]
    fn a_header_says_of_each_metric_who_measures_it_and_when() {
        let (questions, copilot) = (eval_set(1), Scripted::default());
        let cascade = Cascade {
            by: "support".to_owned(),
            unsure: (0.2, 0.8),
            audit: 0.1,
        };
        let behind = Seat {
            behind: Some(Behind {
                after: "cheaper".to_owned(),
                cheaper: Manifest::of("cheaper"),
                cascade: cascade.clone(),
            }),
            ..embedded("embedded")
        };
        for (seat, expected) in [(embedded("embedded"), None), (behind, Some(cascade))] {
            let instrument = seat.instrument();
            let asked = Parts {
                seats: vec![seat],
                ..parts(&questions, &copilot, 1)
            };
            let header = planned(asked, 0).1;
            let (checks, judged): (Vec<&MetricSource>, Vec<&MetricSource>) =
                (header.metrics.iter()).partition(|one| one.metric.name == "answer_chars");
            assert!(!judged.is_empty());
            for source in judged {
                assert_eq!(source.cascade, expected, "{}", source.metric.name);
                assert_eq!(source.instrument, instrument);
                assert_eq!(source.instrument_kind, InstrumentKind::Embedded);
            }
            assert_eq!(checks[0].cascade, None);
            assert_eq!(checks[0].instrument_kind, InstrumentKind::Checks);
        }
    }

    #[test]
    fn runs_of_one_millisecond_have_ids_of_their_own() {
        let (questions, copilot) = (eval_set(1), Scripted::default());
        let id = |number| planned(parts(&questions, &copilot, 1), number).1.run_id;
        assert_ne!(id(0), id(1));
    }
}
