//! Cases beyond those that the page shows by itself: compressed blocks that the script opens.
//!
//! A block is data, never executed: gzip in base64, so that no text can end it. What comes out enters
//! the page as text only.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use super::{case::CaseView, to_base64};

/// Cases of one block: opening one case unpacks this many.
const IN_A_BLOCK: usize = 250;

/// The rest of the cases.
#[derive(Debug, Default, Serialize)]
pub(super) struct Packed {
    /// One line each: `[anchor, id, bucket, class, question, tags]`.
    index: String,
    blocks: Vec<String>,
    n: usize,
}

impl Packed {
    /// Packs cases.
    pub(super) fn new(cases: &[CaseView]) -> Self {
        if cases.is_empty() {
            return Self::default();
        }
        let lines: Vec<_> = cases.iter().map(CaseView::index_line).collect();
        Self {
            index: pack(&lines),
            blocks: cases.chunks(IN_A_BLOCK).map(|block| pack(&block)).collect(),
            n: cases.len(),
        }
    }
}

/// The same bytes for the same value: the header holds no time and no name.
fn pack(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(&json).and_then(|()| encoder.finish());
    // Writing to memory does not fail.
    to_base64(&written.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use flate2::read::GzDecoder;

    use super::*;
    use crate::fixture;

    #[test]
    fn blocks_hold_every_case_and_no_sign_that_ends_them() {
        let case = &fixture::hostile().cases[0];
        let cases: Vec<CaseView> = (0..601).map(|n| CaseView::new(case, n, "a", "b")).collect();
        let packed = Packed::new(&cases);
        assert_eq!((packed.n, packed.blocks.len()), (601, 3));
        let mut n = 0;
        for block in packed.blocks.iter().chain([&packed.index]) {
            assert!(
                block
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
            );
            let bytes = STANDARD.decode(block).unwrap();
            let mut json = String::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_string(&mut json)
                .unwrap();
            let cases: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
            n += cases.len();
        }
        assert_eq!(n, 2 * 601);
    }
}
