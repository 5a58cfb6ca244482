//! Whether the library is there that draws the tray's icon on Linux. It is loaded at run time, and
//! the code that loads it panics where it is missing.

#[cfg(not(target_os = "linux"))]
pub fn find() -> Result<(), &'static str> {
    Ok(())
}

/// The library's name where it is missing.
#[cfg(target_os = "linux")]
pub fn find() -> Result<(), &'static str> {
    let there = linux::folders()
        .iter()
        .any(|folder| linux::LIBRARIES.iter().any(|library| folder.join(library).exists()));
    if there { Ok(()) } else { Err(linux::LIBRARIES[0]) }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// In the order in which they are tried.
    pub const LIBRARIES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];

    const CONFIGURATION: &str = "/etc/ld.so.conf";

    /// Where the loader looks: its variable, its configuration, its defaults.
    pub fn folders() -> Vec<PathBuf> {
        let variable = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = env::split_paths(&variable).collect();
        configured(Path::new(CONFIGURATION), &mut folders, 0);
        let triplet = format!("{}-linux-gnu", env::consts::ARCH);
        for base in ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"] {
            folders.push(PathBuf::from(base));
            folders.push(Path::new(base).join(&triplet));
        }
        folders
    }

    /// The folders of a configuration file and of those that it includes.
    fn configured(file: &Path, folders: &mut Vec<PathBuf>, depth: usize) {
        const DEEPEST: usize = 4;
        let Ok(text) = fs::read_to_string(file) else { return };
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(pattern) = line.strip_prefix("include ") {
                if depth < DEEPEST {
                    for included in matching(Path::new(pattern.trim())) {
                        configured(&included, folders, depth + 1);
                    }
                }
            } else if line.starts_with('/') {
                folders.push(PathBuf::from(line));
            }
        }
    }

    /// The files of `folder/*.end`, the only form of pattern in use there.
    fn matching(pattern: &Path) -> Vec<PathBuf> {
        let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name()) else {
            return Vec::new();
        };
        let Some(end) = name.to_str().and_then(|name| name.strip_prefix('*')) else {
            return vec![pattern.to_owned()];
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.to_string_lossy().ends_with(end)).collect()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn included_configurations_are_followed() {
            let folder = tempfile::tempdir().unwrap();
            let main = folder.path().join("main.conf");
            fs::create_dir(folder.path().join("more")).unwrap();
            let include = format!("# libraries\ninclude {}/more/*.conf\n", folder.path().display());
            fs::write(&main, include).unwrap();
            fs::write(folder.path().join("more/a.conf"), "/opt/a/lib # mine\n").unwrap();
            fs::write(folder.path().join("more/b.txt"), "/opt/b/lib\n").unwrap();
            let mut folders = Vec::new();
            configured(&main, &mut folders, 0);
            assert_eq!(folders, [PathBuf::from("/opt/a/lib")]);
        }
    }
}
