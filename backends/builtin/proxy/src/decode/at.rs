//! Where in a resource something stands, and how a message is taken apart so that no field of it is forgotten.

use std::cell::RefCell;
use std::fmt;

use super::refusal::Refusal;

/// Messages within messages, at most.
const DEPTH: u16 = 64;

/// A place in a resource. It is spelled out only if something there is refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    before: Option<&'a At<'a>>,
    step: Step<'a>,
    depth: u16,
    left_over: &'a LeftOver,
}

/// What is told where nothing else refuses the resource: of bytes that no field stands for, only the message is known.
pub(super) type LeftOver = RefCell<Option<Refusal>>;

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    /// The resource, by the name of its message.
    Resource(&'a str),
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> At<'a> {
    /// The resource itself.
    pub(super) fn resource(message: &'a str, left_over: &'a LeftOver) -> Self {
        Self { before: None, step: Step::Resource(message), depth: 0, left_over }
    }

    /// A field of the message that stands here.
    pub(super) fn field<'s>(&'s self, name: &'s str) -> At<'s> {
        At { before: Some(self), step: Step::Field(name), depth: self.depth + 1, left_over: self.left_over }
    }

    /// A member of the list that stands here.
    pub(super) fn index(&self, index: usize) -> At<'_> {
        At { before: Some(self), step: Step::Index(index), depth: self.depth, left_over: self.left_over }
    }

    /// A value of the map that stands here.
    pub(super) fn key<'s>(&'s self, key: &'s str) -> At<'s> {
        At { before: Some(self), step: Step::Key(key), depth: self.depth, left_over: self.left_over }
    }

    /// What stands here is not taken.
    pub(super) fn refuse(&self, why: impl Into<String>) -> Refusal {
        Refusal { field: self.to_string(), why: why.into() }
    }

    /// What stands here is not taken, unless there is more to say of something else.
    pub(super) fn leave_over(&self, why: &str) {
        self.left_over.borrow_mut().get_or_insert_with(|| self.refuse(why));
    }

    /// A field that this proxy has no answer to.
    pub(super) fn unread(&self, field: &str) -> Refusal {
        self.field(field).refuse("is set, and this proxy does not obey it: leave it out")
    }

    /// A field without which this proxy would have to guess.
    pub(super) fn needed<T>(&self, field: &str, value: Option<T>) -> Result<T, Refusal> {
        value.ok_or_else(|| self.field(field).refuse("is missing"))
    }

    /// A field that has one legal value.
    pub(super) fn has_to(&self, field: &str, holds: bool, be: impl fmt::Display) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(self.field(field).refuse(format!("has to be {be}"))) }
    }

    /// Refuses what lies too deep. Asked wherever a message may hold one of its own kind.
    pub(super) fn shallow(&self) -> Result<(), Refusal> {
        if self.depth <= DEPTH { Ok(()) } else { Err(self.refuse(format!("lies deeper than {DEPTH} messages"))) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.before.filter(|before| !matches!(before.step, Step::Resource(_)));
        if let Some(before) = inner {
            before.fmt(f)?;
        }
        match self.step {
            Step::Resource(message) => f.write_str(message),
            Step::Field(name) if inner.is_some() => write!(f, ".{name}"),
            Step::Field(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key:?}]"),
        }
    }
}

/// Takes a message apart. The fields named first are read; any of the others refuses the message if it is set. A field that the message
/// gains with another version of Envoy's API does not compile until it stands on one of the two sides.
macro_rules! open {
    ($at:expr, $message:expr => $($name:ident)::+ { $($read:ident),* $(,)? } unset { $($other:ident),* $(,)? }) => {
        let $($name)::+ { $($read,)* $($other,)* } = $message;
        $( $crate::decode::at::unset($at, stringify!($other), &$other)?; )*
    };
}
pub(super) use open;

/// Refuses a field that is set; one of the type of a message is set as soon as it is there.
pub(super) fn unset<T: Default + PartialEq>(at: &At<'_>, field: &str, value: &T) -> Result<(), Refusal> {
    // Rust marks names that are words of its own.
    let field = field.strip_prefix("r#").unwrap_or(field);
    if *value == T::default() { Ok(()) } else { Err(at.unread(field)) }
}
