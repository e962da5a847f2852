//! How much of the error rate is used up by when (Lan and others, Biometrika
//! 70:659, 1983).

use std::f64::consts::E;

use crate::special::normal::{normal_sf, normal_upper_quantile};

/// A spending function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// Like O'Brien and Fleming: next to nothing early, nearly all at the end.
    OBrienFleming,
    /// Like Pocock: about the same at every analysis.
    Pocock,
}

impl Spending {
    /// The part of `alpha` spent when the share `information` (0 to 1) of the sample is there:
    /// 2 (1 − Φ(z_{α/2} / √t)), or α ln(1 + (e − 1) t).
    pub fn spent(self, information: f64, alpha: f64) -> f64 {
        if information <= 0.0 {
            return 0.0;
        }
        match self {
            Self::OBrienFleming => {
                2.0 * normal_sf(normal_upper_quantile(0.5 * alpha) / information.sqrt())
            }
            Self::Pocock => alpha * ((E - 1.0) * information).ln_1p(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_spent_at_the_end_and_never_less_than_before() {
        for spending in [Spending::OBrienFleming, Spending::Pocock] {
            assert!((spending.spent(1.0, 0.05) - 0.05).abs() < 1e-14);
            assert!(spending.spent(0.0, 0.05).abs() < 1e-300);
            let path: Vec<f64> = (0..=20)
                .map(|i| spending.spent(f64::from(i) / 20.0, 0.05))
                .collect();
            assert!(path.is_sorted(), "{spending:?}: {path:?}");
        }
        assert!(Spending::OBrienFleming.spent(0.2, 0.05) < 1e-4);
        assert!(Spending::Pocock.spent(0.2, 0.05) > 0.014);
    }
}
