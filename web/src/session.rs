//! A token of the address that is printed, good once, becomes a cookie of the browser that opened it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::problem::Problem;
use crate::query::Query;
use crate::visit::Visit;

/// As many browsers are remembered; the oldest is forgotten then.
const SESSIONS: usize = 64;

/// Bytes of a token: nobody guesses it.
const TOKEN_BYTES: usize = 24;

/// The door of one process: a token that opens it once, and the sessions that it opened.
pub struct Door {
    state: Mutex<Keys>,
    /// Called with each new token.
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

struct Keys {
    token: String,
    sessions: Vec<String>,
}

impl Door {
    /// A door, and what is called with each new token after the first, which [`Door::token`] gives.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, getrandom::Error> {
        Ok(Self { state: Mutex::new(Keys { token: random()?, sessions: Vec::new() }), tell: Box::new(tell) })
    }

    /// The token that opens it now.
    pub fn token(&self) -> String {
        self.keys().token.clone()
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session for a token that was not used before.
    fn enter(&self, token: &str) -> Option<String> {
        let (next, session) = (random().ok()?, random().ok()?);
        {
            let mut keys = self.keys();
            if !same(&keys.token, token) {
                return None;
            }
            keys.token.clone_from(&next);
            if keys.sessions.len() == SESSIONS {
                keys.sessions.remove(0);
            }
            keys.sessions.push(session.clone());
        }
        (self.tell)(&next);
        Some(session)
    }

    fn knows(&self, session: &str) -> bool {
        self.keys().sessions.iter().any(|known| same(known, session))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

/// Compares without telling by its time how much was right.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |unlike, (a, b)| unlike | (a ^ b)) == 0
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Cookies of one browser are shared by all ports of a host: each process has its own name.
fn cookie_name(app: &App) -> String {
    let port = app.settings.hosts.own().map(|host| host.port().to_owned()).unwrap_or_default();
    format!("meshglot{port}")
}

/// The value of a cookie.
pub(crate) fn cookie<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    let all = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Lets in who has a session, or everybody where there is no door.
pub(crate) async fn need(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let known = app.settings.door.as_ref().is_none_or(|door| cookie(&parts, &cookie_name(&app)).is_some_and(|session| door.knows(session)));
    if known {
        return next.run(Request::from_parts(parts, body)).await;
    }
    Visit::outside(app, &parts).answer(Err(Problem::locked()))
}

/// `/session?token=TOKEN`.
pub(crate) async fn open(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let start = Redirect::to(&app.settings.base);
    let Some(door) = &app.settings.door else { return start.into_response() };
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let Some(session) = query.get("token").and_then(|token| door.enter(token)) else {
        return Visit::outside(app, &parts).answer(Err(Problem::used()));
    };
    let cookie = format!("{}={session}; Path={}; HttpOnly; SameSite=Strict", cookie_name(&app), app.settings.base);
    ([(SET_COOKIE, cookie)], start).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_once() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let hear = told.clone();
        let door = Door::new(move |token| hear.lock().expect("not poisoned").push(token.to_owned())).expect("random numbers");
        let token = door.token();
        assert!(door.enter("").is_none() && door.enter(&token[1..]).is_none());
        let session = door.enter(&token).expect("it was not used");
        assert!(door.knows(&session) && !door.knows(&token) && door.enter(&token).is_none());
        assert_eq!(told.lock().expect("not poisoned").as_slice(), [door.token()], "the next one is told");
        assert_ne!(door.token(), token);
    }

    #[test]
    fn the_oldest_session_is_forgotten() {
        let door = Door::new(|_| ()).expect("random numbers");
        let enter = || door.enter(&door.token()).expect("a new token");
        let first = enter();
        let last = (0..SESSIONS).fold(String::new(), |_, _| enter());
        assert!(!door.knows(&first) && door.knows(&last));
    }
}
