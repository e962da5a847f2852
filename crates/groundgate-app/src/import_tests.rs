use groundgate_model::trial::Direction;

use super::*;

#[test]
fn a_metric_says_what_values_it_takes() {
    assert_eq!(
        metric("x=ordinal:1:5").unwrap().data_type,
        DataType::Ordinal { low: 1, high: 5 }
    );
    assert_eq!(
        metric("t=amount:ms").unwrap().direction,
        Direction::LowerIsBetter
    );
    for wrong in ["x", "x=number", "x=ordinal:5:1", "x=ordinal:a:b"] {
        assert_eq!(
            metric(wrong).unwrap_err().class,
            crate::ErrorClass::Usage,
            "{wrong}"
        );
    }
}

#[test]
fn a_missing_score_is_unscored_and_a_wrong_one_an_error() {
    let spec = MetricSpec::score("x", DataType::Binary);
    let of = |given: Given| outcome(&spec, Some(given));
    assert!(matches!(of(Given::Missing), Ok(Outcome::Unscored(_))));
    assert!(matches!(of(Given::Number(1.0)), Ok(Outcome::Scored(_))));
    assert!(of(Given::Number(0.5)).is_err());
}
