//! The protocol's side: who we are, which tools there are, and a call from its name to its result.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::arguments::{self, ToolCall};
use super::footing::Footing;

/// What a model is told once, before it calls anything.
const INSTRUCTIONS: &str = "Quarry holds indexes of the folders of code (projects) that this \
    machine's user registered, and keeps them fresh. Ask `search` before you look for code with \
    other means: it covers all projects at once. Pass a hit's project and path on to `read`, and \
    to `similar`. Every answer says what was not searched and why: only without such a remark \
    does an empty list mean that there is nothing. `projects` says what is registered. Nothing \
    here changes a file.";

pub struct Assistant {
    footing: Arc<Footing>,
}

impl Assistant {
    pub fn new(footing: Arc<Footing>) -> Self {
        Self { footing }
    }
}

impl ServerHandler for Assistant {
    fn get_info(&self) -> ServerConfig {
        let program = Implementation::new("quarry", env!("CARGO_PKG_VERSION")).with_title("Quarry");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(program)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(arguments::tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let Some(call) = ToolCall::parse(&request.name, arguments) else {
            let sentence = format!("There is no tool called {}.", request.name);
            return Err(ErrorData::invalid_params(sentence, None));
        };
        let outcome = match call {
            Ok(call) => self.footing.answer(call, &context.ct).await,
            Err(problem) => Err(problem),
        };
        Ok(outcome.map_or_else(CallToolResult::from, CallToolResult::from).into())
    }
}
