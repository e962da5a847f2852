//! From an imperfect judge's scores to what people would say: by the judge's known rates (Rogan and
//! Gladen), or by labels of some of the same answers (prediction-powered).

pub(crate) mod bound;
pub(crate) mod labelled;
pub(crate) mod prediction_powered;
pub(crate) mod rogan_gladen;

pub use self::{
    labelled::LabelledSample,
    prediction_powered::{
        DEFAULT_LAMBDA, JudgeWeight, JudgedSample, LABELS_MIN, PpiEstimate,
        prediction_powered_bounds, prediction_powered_p_above, prediction_powered_z,
    },
    rogan_gladen::{
        JUDGE_QUALITY_MIN, JudgeQuality, JudgeRates, JudgedShare, Recognized, TrueShare,
        rogan_gladen,
    },
};
