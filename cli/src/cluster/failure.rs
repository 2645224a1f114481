//! What an API server refuses, or does not answer, as an end of a command.

use kube::Error;

use crate::exit::{Exit, Failure};

/// `what` could not be had or done, and why.
pub(crate) fn failed(what: &str, error: &Error) -> Failure {
    let exit = match error {
        Error::Api(status) => match status.code {
            400 | 422 => Exit::Invalid,
            // An apply of what no schema fits is said to be a mistake of the server's.
            500 if status.message.contains("typed patch object") => Exit::Invalid,
            409 => Exit::Conflict,
            _ => Exit::Unreachable,
        },
        _ => Exit::Unreachable,
    };
    let Error::Api(status) = error else {
        return Failure::new(exit, format!("{what}: the API server does not answer: {}", causes(error)));
    };
    match status.code {
        401 => Failure::new(exit, format!("{what}: the API server does not know who asks: {}", status.message)),
        403 => {
            let failure = Failure::new(exit, format!("{what}: forbidden: {}", status.message));
            failure.help("-n NAMESPACE asks for one namespace alone; meshglot check tells what is missing")
        }
        _ => Failure::new(exit, format!("{what}: {}", status.message)),
    }
}

/// An error with what is behind it, each told once.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
