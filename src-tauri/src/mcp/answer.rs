//! What a tool answers: text to be read by a model, and the same for a program where it is more
//! than text.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

use crate::owner::protocol::Problem;

#[derive(Debug)]
pub struct Answer {
    text: String,
    structured: Option<Value>,
}

impl Answer {
    /// For what is text anyway: as JSON it would be said twice and be harder to read.
    pub fn text(text: String) -> Self {
        Self { text, structured: None }
    }

    /// # Errors
    /// [`Problem`] for a value that has no JSON.
    pub fn new(text: String, value: &impl Serialize) -> Result<Self, Problem> {
        let structured = serde_json::to_value(value)
            .map_err(|error| Problem::new("Failed", format!("The answer is no JSON: {error}.")))?;
        Ok(Self { text, structured: Some(structured) })
    }
}

impl From<Answer> for CallToolResult {
    fn from(answer: Answer) -> Self {
        let mut result = Self::success(vec![ContentBlock::text(answer.text)]);
        result.structured_content = answer.structured;
        result
    }
}

/// A model reads the sentence, and may call again.
impl From<Problem> for CallToolResult {
    fn from(problem: Problem) -> Self {
        Self::error(vec![ContentBlock::text(problem.message)])
    }
}
