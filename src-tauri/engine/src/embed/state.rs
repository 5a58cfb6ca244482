//! What people are told about the model.

use jiff::Timestamp;

const OFF: &str = "Search by meaning is off: it takes a running Quarry that has it switched on.";

/// Why there are no vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    ModelDamaged,
    RuntimeFailed,
    NotStarted,
    Crashed,
    /// It said nothing for longer than anything ever took on this machine.
    Stuck,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Quarry was started without search by meaning.
    Off,
    /// A file of the model, or the library that runs it.
    Missing {
        what: String,
        /// Of a model that can be fetched by it.
        name: Option<String>,
    },
    /// No process; one is started when there is something to embed.
    Idle,
    Starting,
    Ready,
    Failed {
        cause: Cause,
        /// A sentence for people.
        message: String,
        attempts: u32,
        /// `None`: it waits for Retry.
        next_retry: Option<Timestamp>,
    },
}

impl Cause {
    pub fn word(self) -> &'static str {
        match self {
            Cause::ModelDamaged => "ModelDamaged",
            Cause::RuntimeFailed => "RuntimeFailed",
            Cause::NotStarted => "NotStarted",
            Cause::Crashed => "Crashed",
            Cause::Stuck => "Stuck",
        }
    }

    /// Whether the next attempt may end otherwise without anybody's help.
    pub fn is_transient(self) -> bool {
        !matches!(self, Cause::ModelDamaged | Cause::RuntimeFailed)
    }
}

impl State {
    /// A sentence for people, where something is wrong or off.
    pub fn sentence(&self) -> Option<String> {
        match self {
            State::Off => Some(OFF.into()),
            State::Missing { name: Some(name), .. } => Some(format!(
                "Search by meaning has no model: {name} is not fetched yet. Fetch it in the \
                 Settings, or with `quarry meaning fetch {name}`."
            )),
            State::Missing { what, name: None } => Some(format!(
                "Search by meaning has no model: {what} is not there. Install Quarry again, or name \
                 the folder of another model in the settings. In a checkout, `cargo xtask model` \
                 fetches it."
            )),
            State::Failed { message, .. } => Some(message.clone()),
            State::Idle | State::Starting | State::Ready => None,
        }
    }
}
