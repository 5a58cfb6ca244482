//! Which system packages Quarry needs, by each system's own names. Tried on Debian 12; the other
//! lists follow those systems' package descriptions.

/// What the packages are for. Each list holds all that the purpose needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Build,
    Test,
    Bench,
    Icons,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Debian, Ubuntu and what descends from them.
    Debian,
    Fedora,
    Arch,
    Suse,
    OtherLinux,
    MacOs,
    Windows,
}

struct Lists {
    build: &'static [&'static str],
    test: &'static [&'static str],
    compiler: &'static [&'static str],
    ripgrep: &'static str,
    /// What the benchmarks run beside Quarry, where the system has it.
    rivals: &'static [&'static str],
    drawing: &'static str,
}

const DEBIAN: Lists = Lists {
    build: &[
        "libwebkit2gtk-4.1-dev",
        "libayatana-appindicator3-dev",
        "librsvg2-dev",
        "libxdo-dev",
        "libssl-dev",
        "pkg-config",
        "build-essential",
        "python3-pip", // fetches the model
    ],
    test: &[
        "xvfb",
        "openbox",
        "xdotool",
        "x11-utils",
        "dbus-x11",
        "imagemagick",
        "webkit2gtk-driver",
        "pcmanfm",
        "git",
        "chromium",
    ],
    compiler: &["build-essential"],
    ripgrep: "ripgrep",
    rivals: &["codesearch", "fzf"],
    drawing: "librsvg2-bin",
};

const FEDORA: Lists = Lists {
    build: &[
        "webkit2gtk4.1-devel",
        "libayatana-appindicator-gtk3-devel",
        "librsvg2-devel",
        "libxdo-devel",
        "openssl-devel",
        "pkgconf-pkg-config",
        "gcc",
        "gcc-c++",
        "make",
        "python3-pip",
    ],
    test: &[
        "xorg-x11-server-Xvfb",
        "openbox",
        "xdotool",
        "xprop",
        "xwininfo",
        "dbus-daemon",
        "dbus-x11",
        "ImageMagick",
        "webkitgtk6.0", // holds WebKitWebDriver
        "pcmanfm",
        "git",
        "chromium",
    ],
    compiler: &["gcc", "gcc-c++", "make"],
    ripgrep: "ripgrep",
    rivals: &["fzf"],
    drawing: "librsvg2-tools",
};

const ARCH: Lists = Lists {
    build: &[
        "webkit2gtk-4.1",
        "libayatana-appindicator",
        "librsvg",
        "xdotool",
        "openssl",
        "pkgconf",
        "base-devel",
        "python-pip",
    ],
    test: &[
        "xorg-server-xvfb",
        "openbox",
        "xorg-xprop",
        "xorg-xwininfo",
        "dbus",
        "imagemagick",
        "webkitgtk-6.0", // holds WebKitWebDriver
        "pcmanfm",
        "git",
        "chromium",
    ],
    compiler: &["base-devel"],
    ripgrep: "ripgrep",
    rivals: &["fzf"],
    drawing: "librsvg",
};

const SUSE: Lists = Lists {
    build: &[
        "webkit2gtk3-devel",
        "libayatana-appindicator3-devel",
        "librsvg-devel",
        "xdotool-devel",
        "libopenssl-devel",
        "pkgconf-pkg-config",
        "gcc",
        "gcc-c++",
        "make",
        "python3-pip",
    ],
    // No package holds WebKitWebDriver there: those tests say so and need a Debian or Fedora.
    test: &[
        "xorg-x11-server-Xvfb",
        "openbox",
        "xdotool",
        "xprop",
        "xwininfo",
        "dbus-1-daemon",
        "dbus-1-x11",
        "ImageMagick",
        "pcmanfm",
        "git",
        "chromium",
    ],
    compiler: &["gcc", "gcc-c++", "make"],
    ripgrep: "ripgrep",
    rivals: &["fzf"],
    drawing: "rsvg-convert",
};

/// The system's own names; empty where there is no list (other Linuxes, macOS, Windows).
pub fn packages(system: System, purpose: Purpose) -> Vec<&'static str> {
    let lists = match system {
        System::Debian => &DEBIAN,
        System::Fedora => &FEDORA,
        System::Arch => &ARCH,
        System::Suse => &SUSE,
        System::OtherLinux | System::MacOs | System::Windows => return Vec::new(),
    };
    match purpose {
        Purpose::Build => lists.build.to_vec(),
        Purpose::Test => [lists.build, lists.test, &[lists.ripgrep]].concat(),
        Purpose::Bench => [lists.compiler, &[lists.ripgrep], lists.rivals].concat(),
        Purpose::Icons => vec![lists.drawing],
    }
}

/// The command that installs packages there, without their names.
pub fn install_command(system: System) -> Option<&'static str> {
    match system {
        System::Debian => Some("apt-get install --no-install-recommends"),
        System::Fedora => Some("dnf install"),
        System::Arch => Some("pacman -S --needed"),
        System::Suse => Some("zypper install"),
        System::OtherLinux | System::MacOs | System::Windows => None,
    }
}

/// Libraries that `pkg-config` must know. The tray's library is opened at run time and not among them.
pub fn libraries(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Build | Purpose::Test => &["webkit2gtk-4.1", "librsvg-2.0", "openssl"],
        Purpose::Bench | Purpose::Icons => &[],
    }
}

/// Programs that must be on `PATH`.
pub fn programs(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Build => &["cc", "pkg-config"],
        Purpose::Test => &[
            "cc",
            "pkg-config",
            "Xvfb",
            "openbox",
            "xdotool",
            "xprop",
            "dbus-run-session",
            "import",
            "WebKitWebDriver",
            "pcmanfm",
            "rg",
            "git",
        ],
        Purpose::Bench => &["cc", "rg"],
        Purpose::Icons => &["rsvg-convert"],
    }
}

/// The Linux that `/etc/os-release` describes: its `ID`, else the first known one of `ID_LIKE`.
pub fn linux(os_release: &str) -> System {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.trim().strip_prefix(key));
        line.and_then(|rest| rest.strip_prefix('=')).unwrap_or("").trim_matches(['"', '\''])
    };
    let mut names = value("ID").split_whitespace().chain(value("ID_LIKE").split_whitespace());
    names.find_map(family).unwrap_or(System::OtherLinux)
}

fn family(name: &str) -> Option<System> {
    match name {
        "debian" | "ubuntu" => Some(System::Debian),
        "fedora" | "rhel" | "centos" => Some(System::Fedora),
        "arch" => Some(System::Arch),
        name if name.starts_with("opensuse") || name == "suse" || name == "sles" => {
            Some(System::Suse)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linux_is_read_from_os_release() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert_eq!(linux(debian), System::Debian);
        assert_eq!(linux("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), System::Debian);
        assert_eq!(linux("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), System::Fedora);
        assert_eq!(linux("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(linux("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n"), System::Suse);
        assert_eq!(linux("ID=nixos\n"), System::OtherLinux);
        assert_eq!(linux(""), System::OtherLinux);
    }

    #[test]
    fn testing_needs_all_that_building_needs() {
        for system in [System::Debian, System::Fedora, System::Arch, System::Suse] {
            let test = packages(system, Purpose::Test);
            for package in packages(system, Purpose::Build) {
                assert!(test.contains(&package), "{package} is missing for {system:?}");
            }
            assert!(install_command(system).is_some());
        }
    }

    #[test]
    fn no_list_names_a_package_twice() {
        for system in [System::Debian, System::Fedora, System::Arch, System::Suse] {
            for purpose in [Purpose::Build, Purpose::Test, Purpose::Bench, Purpose::Icons] {
                let mut names = packages(system, purpose);
                let listed = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), listed, "{system:?} {purpose:?}");
            }
        }
    }

    #[test]
    fn measuring_needs_no_web_view() {
        let wanted = ["build-essential", "ripgrep", "codesearch", "fzf"];
        assert_eq!(packages(System::Debian, Purpose::Bench), wanted);
        assert!(libraries(Purpose::Bench).is_empty());
    }
}
