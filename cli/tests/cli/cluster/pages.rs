//! A process of ours that serves pages, and what it answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Dropped, it is ended.
pub(super) struct Pages {
    child: Child,
    /// `127.0.0.1:PORT`.
    authority: String,
}

impl Pages {
    /// Starts one that says where it is, in a line that begins so.
    pub(super) fn start(mut command: Command, begin: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map(|line| line.expect("UTF-8"));
        let begin = format!("{begin}http://");
        let url = lines.filter_map(|line| line.strip_prefix(&begin).map(str::to_owned)).next().expect("an address");
        Self { child, authority: url.trim_end_matches('/').to_owned() }
    }

    /// Whether the object of a page in JSON has this in its text. What else is answered has numbers, too: the time of day is one of them.
    pub(super) fn shows(&self, page: &str, words: &str) -> bool {
        let answer = self.get(page);
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str::<Value>(body));
        body.and_then(Result::ok).is_some_and(|body| body["text"].as_str().is_some_and(|text| text.contains(words)))
    }

    /// The head and the body.
    pub(super) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.authority).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
