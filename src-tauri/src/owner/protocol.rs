//! What is said over the socket: one [`Call`] from the client, then [`Reply`]s up to the one that
//! ends it, each as JSON on a line of its own. Closing the connection takes the call back.

use std::path::PathBuf;

use quarry_engine::engine::{EngineError, Excerpt, ExcerptRequest, LikeRequest};
use quarry_engine::search::{SearchAnswer, SearchRequest};
use quarry_engine::status::{LaneName, MeaningStatus, ProjectAction, ProjectStatus, Snapshot};
use serde::{Deserialize, Serialize};

/// Goes up with every change that an older or newer program would misread.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub protocol: u32,
    pub request: Request,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    ShowPopup,
    TogglePopup,
    /// From a Quarry that stays: a command that owns the directory leaves it to that one.
    StepAside,
    Add {
        #[serde(with = "any_path")]
        path: PathBuf,
        name: Option<String>,
    },
    Act {
        project: String,
        action: ProjectAction,
    },
    /// Leaves out what the pattern matches, or (`undo`) takes the pattern back.
    Exclude {
        project: String,
        pattern: String,
        undo: bool,
    },
    Snapshot,
    Status {
        project: String,
    },
    /// The present state and then every change, until the client hangs up.
    Watch {
        project: Option<String>,
    },
    Search(SearchRequest),
    Like(LikeRequest),
    Read(ExcerptRequest),
    Meaning(MeaningCall),
    /// The project's state with every change until the lane is complete.
    Wait {
        project: String,
        lane: LaneName,
    },
}

/// A path as JSON has it, also where its name is not UTF-8.
mod any_path {
    use std::path::{Path, PathBuf};

    use quarry_engine::rel_path;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        if cfg!(unix) { rel_path::encode(path).serialize(to) } else { path.serialize(to) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(from)?;
        Ok(if cfg!(unix) { rel_path::decode(&text) } else { PathBuf::from(text) })
    }
}

/// What is asked of search by meaning as a whole; each is answered with its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeaningCall {
    Show,
    Pause,
    Resume,
    Retry,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    Added {
        project: ProjectStatus,
        already: bool,
    },
    Snapshot(Snapshot),
    Project(ProjectStatus),
    Answer(SearchAnswer),
    Lines(Excerpt),
    Meaning(MeaningStatus),
    /// Ends the call: all of it is done.
    Done,
    /// Ends the call.
    Refused(Problem),
}

/// Why something did not work, for people and for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// A word to act on.
    pub code: String,
    /// A sentence with cause and remedy.
    pub message: String,
    pub retryable: bool,
}

impl Problem {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), retryable: false }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        Self {
            code: error.code().to_owned(),
            retryable: error.retryable(),
            message: error.to_string(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(
        "The running Quarry ({ours}) speaks version {VERSION} of its protocol and this command \
         version {theirs}. Quit it and start it again, so that both are the same program.",
        ours = env!("CARGO_PKG_VERSION")
    )]
    OtherVersion { theirs: u32 },
    #[error("The running Quarry does not understand the request: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self::new("Protocol", error.to_string())
    }
}

impl Call {
    pub fn new(request: Request) -> Self {
        Self { protocol: VERSION, request }
    }

    /// A call of another version is told from a broken one before its request is looked at.
    pub fn parse(line: &str) -> Result<Request, CallError> {
        #[derive(Deserialize)]
        struct Head {
            protocol: u32,
        }
        let head: Head = serde_json::from_str(line)?;
        if head.protocol != VERSION {
            return Err(CallError::OtherVersion { theirs: head.protocol });
        }
        let call: Call = serde_json::from_str(line)?;
        Ok(call.request)
    }
}

/// A call is a path or a query: a longer line, in bytes with its end, is not one of ours.
pub const LONGEST_CALL: u64 = 1 << 20;

/// A value as one line, with its end.
pub fn line(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarry_engine::search::Mode;
    #[cfg(unix)]
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn every_request_comes_out_as_it_went_in() {
        let requests = [
            Request::ShowPopup,
            Request::TogglePopup,
            Request::StepAside,
            Request::Add { path: "/a b\n\"c".into(), name: Some("ü".to_owned()) },
            #[cfg(unix)]
            Request::Add {
                path: std::ffi::OsString::from_vec(b"/bd\xff".into()).into(),
                name: None,
            },
            Request::Act { project: "x".to_owned(), action: ProjectAction::Reindex },
            Request::Exclude { project: "x".to_owned(), pattern: "/a\n\"/".to_owned(), undo: true },
            Request::Snapshot,
            Request::Status { project: "x".to_owned() },
            Request::Watch { project: None },
            Request::Search(SearchRequest {
                query: "fn main\n".to_owned(),
                mode: Mode::Text,
                projects: vec!["x".to_owned()],
                limit: 7,
                opened: Vec::new(),
            }),
            Request::Like(LikeRequest {
                project: "x".to_owned(),
                path: "a/b:c.rs".to_owned(),
                line: 3,
                projects: Vec::new(),
                limit: 7,
            }),
            Request::Read(ExcerptRequest {
                project: "x".to_owned(),
                path: "a/b\n.rs".to_owned(),
                first: 3,
                count: 7,
            }),
            Request::Meaning(MeaningCall::Retry),
            Request::Wait { project: "x".to_owned(), lane: LaneName::Text },
        ];
        for request in requests {
            let line = line(&Call::new(request.clone())).unwrap();
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert_eq!(Call::parse(line.trim_end()).unwrap(), request);
        }
    }

    #[test]
    fn replies_come_out_as_they_went_in() {
        let replies = [
            Reply::Snapshot(Snapshot::default()),
            Reply::Done,
            Reply::Refused(Problem::new("NotFound", "No project is called \"x\".\nNone.")),
        ];
        for reply in replies {
            let line = line(&reply).unwrap();
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert_eq!(serde_json::from_str::<Reply>(&line).unwrap(), reply);
        }
    }

    #[test]
    fn another_version_is_named_even_if_its_request_is_unknown() {
        let error = Call::parse(r#"{"protocol":2,"request":{"Dance":{}}}"#).unwrap_err();
        assert!(matches!(error, CallError::OtherVersion { theirs: 2 }));
        let unknown = format!(r#"{{"protocol":{VERSION},"request":"Dance"}}"#);
        assert!(matches!(Call::parse(&unknown), Err(CallError::Malformed(_))));
    }
}
