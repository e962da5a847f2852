//! MLflow's traces, in every layout that its clients and servers write: from version 3 on and before, as files, as
//! its server replies them, and as a serving endpoint returns them. Pure.

mod assessment;
mod info;
mod passages;
mod span;
mod trace;

pub use assessment::{Assessment, Said, SourceKind};
pub use info::{Info, State};
pub use passages::Retrieved;
pub use span::Span;
pub use trace::Trace;
