//! The walk through the tree of questions and answers.

use super::Doubt;
use super::space::{Answer, Space};
use crate::eval::Call;
use crate::eval::asked::Asked;

/// Tries one call of each sort: every call that is tried is turned round at each question that it was the first to be
/// asked, as far as there is a call that answers so; each is tried again with its headers repeated. `attempt` tries a
/// call, and tells what was asked about it.
///
/// # Errors
/// What `attempt` refuses, and what cannot be decided.
pub(crate) fn walk(space: &mut Space, mut attempt: impl FnMut(Call) -> Result<Vec<Asked>, Doubt>) -> Result<(), Doubt> {
    let mut open: Vec<Vec<Answer>> = vec![Vec::new()];
    while let Some(way) = open.pop() {
        let Some(call) = space.call(&way) else { continue };
        let questions = space.learn(attempt(call.clone())?)?;
        let taken = questions.iter().map(|question| Ok((*question, space.answer(*question, &call)?)));
        let taken: Vec<Answer> = taken.collect::<Result<_, Doubt>>()?;
        debug_assert!(taken.starts_with(&way), "the same answers lead to the same questions");
        for at in way.len()..taken.len() {
            let (question, answer) = taken[at];
            open.push(taken[..at].iter().copied().chain([(question, !answer)]).collect());
        }
        for call in space.repeated(&call) {
            attempt(call)?;
        }
    }
    Ok(())
}
