//! The popup's page is on the screen as soon as it is drawn.
//!
//! GTK gives a window a turn to paint every 17 ms at the soonest. The letter that was typed takes
//! one, and its list, which is ready a few milliseconds later, would wait for the next: a quarter of
//! the time from a key to its results (`cargo xtask bench ui`). What the page animates keeps its 60
//! pictures a second, as WebKit counts these itself.

use std::cell::Cell;

use gtk::cairo::ffi::cairo_region_t;
use gtk::gdk::{self, ffi};
use gtk::glib;
use gtk::glib::translate::ToGlibPtr;
use gtk::prelude::{DisplayExtManual, WidgetExt};
use tauri::{WebviewWindow, Wry};

thread_local! {
    /// A painting out of turn is on its way.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// On X11 only: with Wayland it is the compositor that says when a window may paint. To be called
/// on the main thread.
pub fn hurry(window: &WebviewWindow<Wry>) -> tauri::Result<()> {
    let widget = window.gtk_window()?;
    if widget.display().backend().is_x11() {
        widget.connect_realize(|widget| widget.window().iter().for_each(paint_at_once));
        widget.window().iter().for_each(paint_at_once);
    }
    Ok(())
}

#[allow(unsafe_code, reason = "the toolkit's binding leaves this function out")]
fn paint_at_once(window: &gdk::Window) {
    // SAFETY: the window lives for the length of the call, and `invalidated` as long as the program.
    // GTK sets no handler of its own on the window of a toplevel.
    unsafe { ffi::gdk_window_set_invalidate_handler(window.to_glib_none().0, Some(invalidated)) };
}

/// Something in the window is to be painted; what, is noted only after this returns.
#[allow(unsafe_code, reason = "called by the toolkit")]
unsafe extern "C" fn invalidated(window: *mut ffi::GdkWindow, _region: *mut cairo_region_t) {
    if ASKED.replace(true) {
        return;
    }
    // SAFETY: GDK calls this with a window of its own.
    let window: gdk::Window = unsafe { glib::translate::from_glib_none(window) };
    let paint = move || {
        ASKED.set(false);
        if !window.is_destroyed() && window.is_visible() {
            // SAFETY: as above; the closure holds the window.
            unsafe { ffi::gdk_window_process_updates(window.to_glib_none().0, glib::ffi::GTRUE) };
        }
    };
    glib::source::idle_add_local_full(glib::Priority::HIGH, once(paint));
}

fn once(run: impl FnOnce() + 'static) -> impl FnMut() -> glib::ControlFlow + 'static {
    let mut run = Some(run);
    move || {
        if let Some(run) = run.take() {
            run();
        }
        glib::ControlFlow::Break
    }
}
