//! Sums of gamma weights, against exact fractions, against the integral by mpmath 1.3.0 with 50
//! digits (along two lines, by 5,000 steps), and against what their symmetry demands.

use super::*;

fn at_most(terms: &[(f64, f64)]) -> f64 {
    at_most_zero(terms.iter().map(|(coefficient, shape)| GammaTerm {
        coefficient: *coefficient,
        shape: *shape,
    }))
}

/// P(sum ≤ 0) of `terms` and of their mirror image.
fn check(terms: &[(f64, f64)], expected: f64, relative: f64) {
    let mirrored: Vec<_> = terms.iter().map(|(y, shape)| (-y, *shape)).collect();
    for (actual, expected) in [
        (at_most(terms), expected),
        (at_most(&mirrored), 1.0 - expected),
    ] {
        let error = (actual - expected).abs() / expected;
        assert!(
            error <= relative,
            "{} terms: {actual:e}, expected {expected:e}, relative error {error:e}",
            terms.len()
        );
    }
}

fn exponential(coefficients: impl IntoIterator<Item = f64>) -> Vec<(f64, f64)> {
    coefficients.into_iter().map(|y| (y, 1.0)).collect()
}

/// Exponential weights: the sum of Π y / (y − z) over the positive y, in Python's fractions.
#[test]
fn exponential_weights_match_partial_fractions() {
    let cases = [
        (vec![-1.0, -0.5, 0.25, 0.75], 0.647_619_047_619_047_6),
        (
            vec![-0.25, -0.125, 1.0, 2.0, 3.0, 4.0, 5.0],
            9.383_251_850_970_646e-6,
        ),
        (
            vec![-1.0, -2.0, -3.0, -4.0, 0.5, 0.25],
            0.997_984_150_925_327_4,
        ),
        (
            vec![-3.0, -1.0, 0.001_953_125, 0.000_976_562_5, 1.5],
            0.799_608_783_873_934,
        ),
        (vec![-1.0, -2.0, -1000.0, 1.0, 3.0], 0.998_064_306_912_761_6),
    ];
    for (coefficients, expected) in cases {
        check(&exponential(coefficients), expected, 3e-13);
    }
    let sixteenths = (17..57).map(|i| f64::from(i) / 16.0);
    let many = exponential([-1.0, -0.9375].into_iter().chain(sixteenths));
    check(&many, 8.444_744_670_464_296e-20, 1e-12);
    let small = (1..20).map(|i| -f64::from(i) / 64.0);
    let many = exponential(small.chain((1..40).map(|i| f64::from(i) / 4.0)));
    check(&many, 2.848_088_738_976_79e-39, 1e-12);
}

#[test]
fn other_shapes_match_the_integral() {
    let cases: [(&[(f64, f64)], f64); 7] = [
        (
            &[(-1.0, 0.5), (0.25, 2.5), (0.75, 0.5)],
            0.216_002_052_036_268_73,
        ),
        (
            &[(-1.0, 40.0), (0.5, 33.5), (0.75, 7.0)],
            0.995_789_592_506_457_5,
        ),
        (
            &[
                (-0.25, 1.5),
                (-0.5, 3.0),
                (2.0, 0.5),
                (1.0, 20.0),
                (3.0, 32.0),
            ],
            2.773_300_134_322_482e-34,
        ),
        (
            &[(-0.125, 0.25), (-0.0625, 0.5), (1.0, 50.5), (2.0, 12.0)],
            2.118_668_313_214_831e-65,
        ),
        (
            &[(-1.0, 2.0), (0.5, 2.0), (0.25, 2.0)],
            0.587_851_851_851_851_8,
        ),
        (
            &[(-1.0, 0.25), (0.5, 0.25), (2.0, 0.5)],
            0.188_421_558_008_165_64,
        ),
        (
            &[(-1.0, 300.5), (1.0, 10.0), (0.03125, 9000.0)],
            0.693_377_212_275_069_3,
        ),
    ];
    for (terms, expected) in cases {
        check(terms, expected, 1e-12);
    }
}

/// One exponential weight against others: Π (1 + |y|)^−shape; one weight on either side: the median
/// of equal shapes is in the middle, and Beta(2, 1) is x².
#[test]
fn closed_forms_are_right_to_the_last_digits() {
    check(
        &[(-1.0, 1.0), (0.5, 3.0), (1.0, 2.5)],
        1.5_f64.powi(-3) * 2.0_f64.powf(-2.5),
        1e-15,
    );
    check(
        &[(-2.0, 1.0), (1.0, 600.0), (2.0, 1.0)],
        0.5 * 1.5_f64.powi(-600),
        1e-13,
    );
    check(&[(-3.0, 7.5), (3.0, 7.5)], 0.5, 1e-13);
    check(&[(-1.0, 1.0), (3.0, 2.0)], 0.0625, 1e-15);
}

#[test]
fn a_sum_of_one_sign_is_certain() {
    let exactly = |actual: f64, expected: f64| assert!(actual.total_cmp(&expected).is_eq());
    exactly(at_most(&[(1.0, 2.0), (0.5, 1.0), (0.25, 0.5)]), 0.0);
    exactly(at_most(&[(0.0, 2.0), (0.5, 1.0)]), 0.0);
    exactly(at_most(&[(-1.0, 2.0), (-0.5, 1.0), (0.0, 1.0)]), 1.0);
    exactly(at_most(&[(0.0, 1.0)]), 1.0);
    exactly(at_most(&[]), 1.0);
}

/// A few large weights make the integrand vanish slowly, so that products over the many small ones
/// would overflow before it has.
#[test]
fn a_symmetric_sum_of_many_weights_is_negative_half_the_time() {
    let many = std::iter::repeat_n(0.0055, 10_000);
    let terms = exponential([1.0; 3].into_iter().chain(many).flat_map(|y| [y, -y]));
    check(&terms, 0.5, 1e-10);
    let halves = (0..10_000).map(|i| f64::from(i) + 0.5);
    check(&exponential(halves.flat_map(|y| [y, -y])), 0.5, 1e-12);
}
