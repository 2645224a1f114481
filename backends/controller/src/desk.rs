//! What a controller knows, for whoever asks: the web view, and admission. Nothing is worked out before somebody does.

use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::{Document, Source};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Mutex, oneshot, watch};

use crate::admission::Remark;
use crate::core::Core;

/// Questions that wait, at most.
const WAITING: usize = 64;

/// Where a controller is asked, on every replica.
#[derive(Clone)]
pub struct Desk {
    ask: Sender<Question>,
    /// The core's; another one goes on where what is rendered is kept somewhere else.
    pub(crate) questions: Arc<Mutex<Receiver<Question>>>,
    edits: watch::Sender<u64>,
}

/// One question.
pub(crate) enum Question {
    /// The policy and the inventory.
    Texts(oneshot::Sender<Texts>),
    /// What would be told if an object were so; `None`: not everything has been listed yet.
    Would { key: ObjectKey, document: Arc<Document>, tell: oneshot::Sender<Option<Vec<Remark>>> },
}

/// Policy and inventory at one moment, as people have written them.
#[derive(Clone, Debug)]
pub struct Texts {
    /// How many edits came before; it grows.
    pub edits: u64,
    /// An object a text, named by its key, in no order.
    pub sources: Vec<Arc<Source>>,
    /// Whether everything has been listed once: else more of it may be there.
    pub is_complete: bool,
}

impl Default for Desk {
    fn default() -> Self {
        let (ask, questions) = channel(WAITING);
        Self { ask, questions: Arc::new(Mutex::new(questions)), edits: watch::Sender::new(0) }
    }
}

impl Desk {
    /// The policy and the inventory as they are now. `None`: the controller has ended.
    pub async fn texts(&self) -> Option<Texts> {
        self.asked(Question::Texts).await
    }

    /// What would be told if an object were as this document has it. `None`: the controller has ended; within: not everything has been
    /// listed yet.
    pub(crate) async fn would(&self, key: ObjectKey, document: Arc<Document>) -> Option<Option<Vec<Remark>>> {
        self.asked(|tell| Question::Would { key, document, tell }).await
    }

    /// Tells the number of the newest edit.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.edits.subscribe()
    }

    /// Something was edited.
    pub(crate) fn edited(&self) {
        self.edits.send_modify(|edits| *edits += 1);
    }

    /// Until this is dropped, somebody may answer.
    pub(crate) fn opened(&self) -> Opened {
        Opened(self.clone())
    }

    async fn asked<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Option<T> {
        let (tell, told) = oneshot::channel();
        self.ask.send(question(tell)).await.ok()?;
        told.await.ok()
    }
}

/// Held by what answers. Afterwards nobody waits in vain.
pub(crate) struct Opened(Desk);

impl Drop for Opened {
    fn drop(&mut self) {
        if let Ok(mut questions) = self.0.questions.try_lock() {
            questions.close();
            while questions.try_recv().is_ok() {}
        }
    }
}

impl Core {
    /// Answers; whoever has gone meanwhile is told nothing.
    pub(crate) fn reply(&mut self, question: Question) {
        match question {
            Question::Texts(tell) => {
                let sources = self.policy.documents().map(|document| document.source().clone()).collect();
                let is_complete = self.is_complete();
                let _ = tell.send(Texts { edits: *self.settings.desk.edits.borrow(), sources, is_complete });
            }
            // Whoever has stopped waiting is asked nothing for.
            Question::Would { tell, .. } if tell.is_closed() => {}
            Question::Would { key, document, tell } => {
                let _ = tell.send(self.is_complete().then(|| self.policy.would(&key, document)));
            }
        }
    }

    /// Whether everything has been listed once.
    fn is_complete(&self) -> bool {
        self.kept.iter().all(|kept| kept.is_listed)
    }
}
