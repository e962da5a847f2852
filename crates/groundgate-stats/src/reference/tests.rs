//! Every method by name, against independent packages.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{
    inputs::{Answer, json},
    *,
};

/// Compares an answer with what is expected of it; extra fields in the answer are welcome.
fn compare(actual: &Value, expected: &Value, tolerance: f64) -> Result<(), String> {
    match expected {
        Value::Number(number) => {
            let expected = number.as_f64().unwrap();
            match actual.as_f64() {
                Some(actual) if (actual - expected).abs() <= tolerance => Ok(()),
                _ => Err(format!("{actual}, expected {expected} within {tolerance}")),
            }
        }
        Value::Array(items) => {
            let found = actual.as_array().ok_or("not a list")?;
            if found.len() != items.len() {
                return Err(format!("{} items, expected {}", found.len(), items.len()));
            }
            (found.iter().zip(items)).try_for_each(|(a, e)| compare(a, e, tolerance))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(name, expected)| {
            let tolerance = match name.as_str() {
                // As the reference's notes say.
                "z0" => 0.01,
                "acceleration" => 1e-12,
                _ => tolerance,
            };
            let actual = actual.get(name).ok_or(format!("no {name}"))?;
            compare(actual, expected, tolerance).map_err(|error| format!("{name}: {error}"))
        }),
        Value::Null | Value::Bool(_) | Value::String(_) if actual == expected => Ok(()),
        Value::Null | Value::Bool(_) | Value::String(_) => {
            Err(format!("{actual}, expected {expected}"))
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(path: &Path) {
    eprintln!("SKIPPED: there is no reference file at {}", path.display());
}

/// The public cases of the reference file, where it is at hand; it is not part of this repository.
fn reference() -> Option<Vec<Value>> {
    // Beside the repository, or beside the directory of its worktrees.
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = [
        "../shared/stats/reference.json",
        "../../shared/stats/reference.json",
    ];
    let path = (places.map(|place| home.join(place)).into_iter())
        .find(|path| path.exists())
        .unwrap_or_else(|| home.join("../shared/stats/reference.json"));
    let Ok(text) = fs::read_to_string(&path) else {
        skipped(&path);
        return None;
    };
    let mut reference: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(reference["cases"].take()).unwrap()
}

/// What a case is about: `binomial` in `binomial-009`.
fn subject(case: &Value) -> &str {
    case["id"].as_str().unwrap().split('-').next().unwrap()
}

fn is_reproduced(case: &Value) -> Result<(), String> {
    let (method, tolerance) = (
        case["method"].as_str().unwrap(),
        case["tol"].as_f64().unwrap(),
    );
    evaluate(method, &case["inputs"])
        .map_err(|error| error.to_string())
        .and_then(|answer| compare(&answer, &case["expected"], tolerance))
        .map_err(|error| format!("{} {method}: {error}", case["id"]))
}

/// One test for each subject of the reference file, so that they run side by side.
macro_rules! reproduces {
    ($($subject:ident)*) => {
        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];

        $(#[test]
        fn $subject() {
            let failures: Vec<String> = (reference().iter().flatten())
                .filter(|case| subject(case) == stringify!($subject))
                .filter_map(|case| is_reproduced(case).err())
                .collect();
            assert!(failures.is_empty(), "{}", failures.join("\n"));
        })*
    };
}

mod reference_cases {
    use super::*;

    reproduces! {
        binomial bootstrap cluster dirichlet gate mean_t missing multiplicity nonparametric
        paired_binary power ppi quantile reliability sequential special two_proportions
        variance_components noninferiority allocation
    }

    #[test]
    fn every_subject_has_a_test() {
        for case in reference().iter().flatten() {
            assert!(SUBJECTS.contains(&subject(case)), "{}", case["id"]);
        }
    }
}

#[test]
fn an_unknown_method_is_an_error() {
    assert_eq!(
        evaluate("guess", &json!({})),
        Err(RequestError::Unsupported("guess".to_owned()))
    );
}

/// The bets of either side are tuned to the share `theta` of the error rate, and nothing else.
#[test]
fn a_hedged_martingale_bets_at_its_side_s_error_rate() {
    let scores: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11) / 10.0).collect();
    let of_its_share = |alpha: f64, theta: f64| {
        let inputs =
            json!({"x": scores, "m": 0.3, "alpha": alpha, "theta": theta, "trunc_scale": 0.9});
        let answer = evaluate("betting_mart_hedged_max", &inputs).unwrap();
        answer["final"].as_f64().unwrap() / theta
    };
    let gap = of_its_share(0.2, 0.4) - of_its_share(0.1, 0.8);
    assert!(gap.abs() < 1e-12, "{gap}");
    assert!((of_its_share(0.2, 0.4) - of_its_share(0.01, 0.4)).abs() > 1e-3);
}

/// Short cases copied from the reference, or more of the kind, with the tool that each comes from:
/// every eighth from `first` on, so that the tests stay quick and run side by side.
fn answers_match_other_tools(first: usize) {
    let cases = include_str!("cases.jsonl");
    for line in cases.lines().skip(first).step_by(8) {
        let case: Value = serde_json::from_str(line).unwrap();
        let answer = evaluate(case["method"].as_str().unwrap(), &case["inputs"]).unwrap();
        let tolerance = case["tol"].as_f64().unwrap();
        if let Err(error) = compare(&answer, &case["expected"], tolerance) {
            panic!("{} by {}: {error}", case["id"], case["source"]);
        }
    }
    assert!(cases.lines().count() > 50);
}

macro_rules! eighths {
    ($($name:ident $first:literal)*) => {
        $(#[test]
        fn $name() {
            answers_match_other_tools($first);
        })*
    };
}

mod answers_match_other_tools {
    use super::answers_match_other_tools;

    eighths! {
        from_first 0 from_second 1 from_third 2 from_fourth 3
        from_fifth 4 from_sixth 5 from_seventh 6 from_eighth 7
    }
}

#[test]
fn inputs_that_are_not_right_are_errors_and_not_numbers() {
    let wrong = [
        r#"beta_ppf {"p": 0.5, "a": -1, "b": 2}"#,
        r#"beta_ppf {"p": "half", "a": 1, "b": 2}"#,
        r#"one_sided_CP {"k": 3, "n": 2, "alpha": 0.05}"#,
        r#"one_sided_CP {"k": 0, "n": 0, "alpha": 0.05}"#,
        r#"one_sided_CP {"k": 1.5, "n": 2, "alpha": 0.05}"#,
        r#"bounded_mean_bounds {"x": [], "lo": 0, "hi": 1, "h": 1, "alpha": 0.05}"#,
        r#"bounded_mean_bounds {"x": [2], "lo": 0, "hi": 1, "h": 1, "alpha": 0.05}"#,
        r#"bounded_mean_bounds {"x": [1, null], "lo": 0, "hi": 1, "h": 1, "alpha": 0.05}"#,
        r#"bounded_mean_bounds {"x": [1], "lo": 1, "hi": 1, "h": 1, "alpha": 0.05}"#,
        r#"bounded_mean_bounds {"x": [1], "lo": 0, "hi": 1, "h": 3, "alpha": 0.05}"#,
        r#"paired_ternary_bounds {"wins": 2, "losses": 2, "n": 3, "h": 1, "alpha": 0.05}"#,
        r#"CR2_mean_se_satterthwaite {"y": [1, 0], "cluster": [1, 1], "level": 0.9}"#,
        r#"CR2_mean_se_satterthwaite {"y": [1, 0], "cluster": [1], "level": 0.9}"#,
        r#"one_sample_t_90 {"x": [1, 1, 1], "mu0": 0.5}"#,
        r#"mcnemar_chi2 {"table": [1, 2, 3]}"#,
        r#"tango_NI_z {"wins": 1, "losses": 1, "n": 4, "margin": 1.5}"#,
        r#"percentile_90_mean {"x": [], "B": 10}"#,
        r#"percentile_90_mean {"x": [1, 2], "B": 0}"#,
        r#"cluster_percentile_90_ratio_mean {"cluster_sum": [1], "cluster_size": [1, 2], "B": 10}"#,
        r#"betting_mart_hedged_max {"x": [1.5], "m": 0.5, "alpha": 0.05, "theta": 0.5, "trunc_scale": 0.5}"#,
        r#"betting_mart_hedged_max {"x": [], "m": 0.5, "alpha": 0.05, "theta": 0.5, "trunc_scale": 0.5}"#,
        "abs_threshold_verdict {}",
        r#"cohen_kappa_None {"r1": [1, 1], "r2": [1]}"#,
        r#"cohen_kappa_None {"r1": [1, 1], "r2": [1, 1]}"#,
        r#"krippendorff_alpha_nominal {"ratings_by_rater": [[1, "x"], [1, 2]]}"#,
        r#"ICC(1,1) {"ratings_by_rater": [[1, null], [1, 2]]}"#,
        r#"ppi_mean_ci_lam=0.5 {"Y": [1], "Yhat": [], "Yhat_unlabeled": [1], "alpha": 0.1}"#,
        r#"rogan_gladen_lee2025 {"p": 1.2, "specificity": 0.9, "sensitivity": 0.9, "n": 9, "m0": 9, "m1": 9, "alpha": 0.1}"#,
        r#"exact_binomial_gate {"n": 0, "tau": 0.85, "true_p": 0.9, "alpha": 0.05}"#,
        r#"lan_demets_OBF_one_sided {"t": [0.5, 0.4], "alpha": 0.05}"#,
        r#"exact_binomial_alpha_spending_OBF {"looks": [], "tau": 0.9, "alpha": 0.05}"#,
        r#"beta_mixture_e_process {"successes": 3, "n": 2, "tau": 0.9, "prior": [1, 1]}"#,
        r#"predmix_hoeffding_cs {"x": [0.5, 1.5], "alpha": 0.05}"#,
        r#"poly_stitching_bound {"v": 5, "alpha": 0.05, "v_min": 1, "s": 1}"#,
        r#"nested_REML(unbalanced) {"y": [1, 2], "question": [1], "sample": [1, 1]}"#,
        r#"nested_REML(unbalanced) {"y": [1, 2], "question": [1, 2], "sample": [1]}"#,
    ];
    for request in wrong {
        let (method, inputs) = request.split_once(' ').unwrap();
        let answer = evaluate(method, &serde_json::from_str(inputs).unwrap());
        assert!(answer.is_err(), "{request}: {answer:?}");
        assert!(
            !matches!(answer, Err(RequestError::Unsupported(_))),
            "{method}"
        );
    }
}

fn answer(request: &str) -> Answer {
    let (method, inputs) = request.split_once(' ').unwrap();
    evaluate(method, &serde_json::from_str(inputs).unwrap())
}

#[test]
fn an_input_at_the_end_of_its_range_is_named() {
    for (request, name) in [
        (r#"one_sided_CP {"k": 1, "n": 2, "alpha": 0}"#, "alpha"),
        (r#"one_sided_CP {"k": 1, "n": 2, "alpha": 1}"#, "alpha"),
        (r#"one_sided_CP {"k": 1, "n": 2, "alpha": 1.5}"#, "alpha"),
        (r#"beta_ppf {"p": 0.5, "a": 0, "b": 2}"#, "a"),
        (r#"beta_ppf {"p": 1.5, "a": 1, "b": 2}"#, "p"),
        (
            r#"nested_ANOVA(balanced) {"y": [1, 2], "question": [1, 2], "sample": [1]}"#,
            "question",
        ),
    ] {
        let error = answer(request).unwrap_err();
        assert!(
            matches!(error, RequestError::Input { name: wrong, .. } if wrong == name),
            "{request}: {error}"
        );
    }
}

#[test]
fn numbers_without_json_are_texts_or_nothing() {
    assert_eq!(json(1.5), json!(1.5));
    assert_eq!(json(f64::INFINITY), json!("inf"));
    assert_eq!(json(f64::NEG_INFINITY), json!("-inf"));
    assert_eq!(json(f64::NAN), Value::Null);
}

#[test]
fn a_null_weight_of_the_judge_is_tuned_and_none_is_one() {
    let of = |method: &str, weight: &str| {
        let inputs = r#""Y": [1, 0, 1, 1], "Yhat": [0.9, 0.2, 0.6, 0.5], "alpha": 0.1,
            "Yhat_unlabeled": [0.3, 0.8, 0.9, 0.7, 0.1]"#;
        answer(&format!("{method} {{{inputs}{weight}}}")).unwrap()
    };
    let tuned = of("ppi_mean_ci", r#", "lam": null"#);
    assert_eq!(tuned, of("ppi_mean_ci_lam=None", ""));
    let plain = of("ppi_mean_ci", "");
    assert_eq!(plain, of("ppi_mean_ci_lam=1", ""));
    assert_ne!(plain, tuned);
}

/// One resample is its own interval.
#[test]
fn as_many_resamples_are_drawn_as_are_asked_for() {
    let interval = answer(r#"percentile_90_mean {"x": [0, 1, 2, 3, 5, 8], "B": 1}"#).unwrap();
    assert_eq!(interval["lo"], interval["hi"]);
}

/// By hand: one pass of one has probability 0.9 at a rate of 0.9, a failure 0.1, and two failures of
/// two 0.01.
#[test]
fn looks_at_which_no_number_is_enough_say_so() {
    let plan = r#"exact_binomial_alpha_spending_OBF {"looks": [1, 2], "tau": 0.9, "alpha": 0.05}"#;
    let expected = json!({"pass_at_least": [2.0, 3.0], "fail_at_most": [-1.0, 0.0]});
    assert_eq!(compare(&answer(plan).unwrap(), &expected, 0.0), Ok(()));
}

/// For balanced data the two agree wherever no component would be negative (Searle, Casella and
/// `McCulloch` 1992).
#[test]
fn balanced_variance_components_are_the_same_both_ways() {
    let scores = r#"{"y": [1, 2, 1, 3, 6, 5, 8, 7, 3, 3, 6, 7],
        "question": [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
        "sample": [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2]}"#;
    let of = |method: &str| answer(&format!("{method} {scores}")).unwrap();
    let (anova, reml) = (of("nested_ANOVA(balanced)"), of("nested_REML(balanced)"));
    assert!(anova["var_sample"].as_f64().unwrap() > 0.0);
    assert_eq!(compare(&reml, &anova, 1e-5), Ok(()));
}

/// One answer: the p-value of a mean of 1 is the threshold, that of a mean of 0 what is beyond it.
#[test]
fn a_p_value_at_its_rate_is_inconclusive() {
    let verdict = |x: f64, tau: f64, alphas: (f64, f64)| {
        let inputs =
            json!({"x": [x], "tau": tau, "h": 1, "alpha_pass": alphas.0, "alpha_fail": alphas.1});
        let answer = evaluate("abs_threshold_verdict", &inputs).unwrap();
        answer["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict(1.0, 0.25, (0.25, 0.25)), "inconclusive");
    assert_eq!(verdict(1.0, 0.25, (0.26, 0.25)), "pass");
    assert_eq!(verdict(0.0, 0.75, (0.25, 0.25)), "inconclusive");
    assert_eq!(verdict(0.0, 0.75, (0.25, 0.26)), "fail");
}
