//! What the HTTP library's errors mean: a pure reading of an error and its causes.

use std::{error::Error, io, iter};

use groundgate_model::exchange::FailureKind;

use super::{
    reply::Fault,
    retry::{Trouble, classify},
};

/// A call that brought no head of a reply.
pub(super) fn send_fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    if error.is_connect() {
        return Fault::new(
            classify(Trouble::NotConnected),
            format!("no connection: {}", causes(&error)),
        );
    }
    fault(&error, false)
}

/// A body that broke off.
pub(super) fn body_fault(error: reqwest::Error, reply_began: bool) -> Fault {
    fault(&error.without_url(), reply_began)
}

fn fault(error: &reqwest::Error, reply_began: bool) -> Fault {
    let what = causes(error);
    match sources(error).find_map(meaning) {
        Some(FailureKind::TooLarge) => {
            Fault::too_large(format!("the reply's head is too large: {what}"))
        }
        Some(FailureKind::Malformed) => Fault::malformed(format!("the reply is not HTTP: {what}")),
        _ => Fault::new(
            classify(Trouble::Broken {
                kind: FailureKind::Cut,
                reply_began,
            }),
            format!("the connection ended before the reply was whole: {what}"),
        ),
    }
}

fn sources<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}

/// What one cause says about the kind; nothing where it says no more than its own cause.
fn meaning(cause: &(dyn Error + 'static)) -> Option<FailureKind> {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        if error.is_parse_too_large() {
            return Some(FailureKind::TooLarge);
        }
        return error.is_parse().then_some(FailureKind::Malformed);
    }
    let error = cause.downcast_ref::<io::Error>()?;
    let not_as_agreed = matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    );
    not_as_agreed.then_some(FailureKind::Malformed)
}

/// The causes' words from the outermost on, each once.
fn causes(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in sources(error) {
        let text = cause.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
    }
    if words.is_empty() {
        words.push(error.to_string());
    }
    words.join(": ")
}
