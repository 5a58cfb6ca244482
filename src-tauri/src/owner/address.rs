//! Where the owner of a data directory listens.

use std::io;
use std::path::{Path, PathBuf};

use interprocess::local_socket::Name;

use crate::place::fingerprint;

/// The socket of one data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: PathBuf,
}

#[cfg(unix)]
impl Address {
    /// What the smallest of the Unixes allows for a socket's path, less its terminating zero.
    const LONGEST: usize = 103;

    pub fn of(data_dir: &Path) -> Self {
        let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        Self::below(data_dir, runtime_dir.as_deref(), &std::env::temp_dir())
    }

    /// In the data directory, or, where that path is too long, in a folder named for it.
    fn below(data_dir: &Path, runtime_dir: Option<&Path>, temp_dir: &Path) -> Self {
        let path = data_dir.join("socket");
        if path.as_os_str().len() <= Self::LONGEST {
            return Self { path };
        }
        let user = rustix::process::geteuid().as_raw();
        let folder = format!("quarry-{user}-{:016x}", fingerprint(data_dir));
        let fitting = [runtime_dir.unwrap_or(temp_dir), temp_dir, Path::new("/tmp")]
            .map(|base| base.join(&folder).join("socket"))
            .into_iter()
            .find(|path| path.is_absolute() && path.as_os_str().len() <= Self::LONGEST);
        Self { path: fitting.unwrap_or(path) }
    }

    pub fn name(&self) -> io::Result<Name<'_>> {
        use interprocess::local_socket::{GenericFilePath, ToFsName};
        self.path.as_path().to_fs_name::<GenericFilePath>()
    }

    /// Makes the socket's folder one that only this user can enter, and takes away what a killed
    /// owner left. Only for the process that holds the data directory's lock.
    pub fn clear(&self) -> io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

        let folder = self.path.parent().unwrap_or(Path::new("/"));
        match std::fs::DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let metadata = std::fs::symlink_metadata(folder)?;
        let ours = metadata.uid() == rustix::process::geteuid().as_raw();
        // Another user may have put a link in the temporary folder.
        let refused = if !metadata.is_dir() {
            "is no folder"
        } else if !ours {
            "belongs to another user"
        } else if metadata.mode() & 0o002 != 0 {
            "is open to other users"
        } else {
            ""
        };
        if !refused.is_empty() {
            let folder = folder.display();
            return Err(io::Error::other(format!("{folder} {refused}; name a folder of your own")));
        }
        // One that was made beforehand has the permissions that are usual.
        if metadata.mode() & 0o077 != 0 {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(windows)]
impl Address {
    pub fn of(data_dir: &Path) -> Self {
        Self { path: PathBuf::from(format!("quarry-{:016x}", fingerprint(data_dir))) }
    }

    pub fn name(&self) -> io::Result<Name<'_>> {
        use interprocess::local_socket::{GenericNamespaced, ToNsName};
        self.path.as_os_str().to_ns_name::<GenericNamespaced>()
    }

    /// A pipe goes with its process.
    pub fn clear(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_socket_lies_in_its_data_directory_if_it_fits() {
        let address = Address::below(Path::new("/data"), None, Path::new("/tmp"));
        assert_eq!(address.path, Path::new("/data/socket"));
    }

    #[test]
    fn long_data_directories_have_short_sockets_that_differ() {
        let long = format!("/{}", "x".repeat(200));
        let one = Path::new(&long).join("one");
        let two = Path::new(&long).join("two");
        let run = Path::new("/run/user/1000");
        let address = Address::below(&one, Some(run), Path::new("/tmp"));
        assert!(address.path.starts_with(run));
        assert!(address.path.as_os_str().len() <= Address::LONGEST);
        assert_ne!(address, Address::below(&two, Some(run), Path::new("/tmp")));

        let address = Address::below(&one, Some(Path::new(&long)), Path::new(&long));
        assert!(address.path.starts_with("/tmp"));
    }

    #[test]
    fn what_a_killed_owner_left_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let address = Address::below(folder.path(), None, Path::new("/tmp"));
        std::fs::write(&address.path, "").unwrap();
        address.clear().unwrap();
        assert!(!address.path.exists());
        address.clear().unwrap();
    }

    #[test]
    fn a_folder_that_all_can_write_to_is_refused_and_any_other_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::below(folder.path(), None, Path::new("/tmp"));
        let allow = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path(), permissions).unwrap();
        };
        allow(0o777);
        assert!(address.clear().is_err());
        allow(0o775);
        address.clear().unwrap();
        let mode = folder.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
