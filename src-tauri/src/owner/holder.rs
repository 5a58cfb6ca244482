//! Which project a file of this machine is in.

use std::path::Path;

use quarry_engine::rel_path;
use quarry_engine::status::ProjectStatus;

use super::protocol::Problem;
use crate::words::visible;

/// The id of the innermost of the projects that hold `path`, and the path below its root. May wait
/// for a disk.
///
/// # Errors
/// A sentence, where it is in none of them.
pub fn find(projects: &[ProjectStatus], path: &Path) -> Result<(String, String), Problem> {
    let absolute = std::path::absolute(path).map_err(|error| {
        Problem::new("Refused", format!("{} has no path: {error}", path.display()))
    })?;
    // Roots are known without links.
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let holds = |project: &&ProjectStatus| absolute.starts_with(Path::new(&project.root));
    let holder = projects.iter().filter(holds).max_by_key(|project| project.root.len());
    let Some(project) = holder else {
        let sentence = format!("{} is in no project.", visible(&absolute.to_string_lossy()));
        return Err(Problem::new("NotFound", sentence));
    };
    let relative = absolute.strip_prefix(&project.root).unwrap_or(&absolute);
    Ok((project.id.clone(), rel_path::encode(relative)))
}
