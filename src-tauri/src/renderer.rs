//! What WebKit has to know before it starts.

/// Variables that are Quarry's own and not for the programs that it starts.
#[cfg(target_os = "linux")]
pub const OURS: &[&str] = &["WEBKIT_DISABLE_DMABUF_RENDERER"];
#[cfg(not(target_os = "linux"))]
pub const OURS: &[&str] = &[];

/// Its renderer for graphics cards costs half a second before the first show, and memory.
/// Leaves alone what the user has set.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the environment can be changed in no other way")]
pub fn choose() {
    for variable in OURS {
        if std::env::var_os(variable).is_none() {
            // SAFETY: called first in `main`, while no other thread is there that could read the
            // environment.
            unsafe { std::env::set_var(variable, "1") };
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub fn choose() {}
