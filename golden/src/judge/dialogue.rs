//! A program that answers each line of JSON by one: started once, asked from many threads.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The program; it ends with this value, and by itself when this process is gone.
#[derive(Debug)]
pub(super) struct Dialogue(Mutex<Process>);

#[derive(Debug)]
struct Process {
    child: Child,
    /// Its end is the end of the program.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Dialogue {
    /// Starts the program.
    pub(super) fn start(program: &mut Command) -> io::Result<Self> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        Ok(Self(Mutex::new(Process { child, questions, answers })))
    }

    /// Asks one question and waits for its answer.
    pub(super) fn ask(&self, question: &Value) -> io::Result<Value> {
        // Nothing below panics between a question and its answer, so they cannot get out of step.
        let mut process = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let questions = process.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(questions, "{question}")?;
        questions.flush()?;
        let mut line = String::new();
        if process.answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.questions.take());
        // There is nothing to do about a failure here.
        let _ = self.child.wait();
    }
}
