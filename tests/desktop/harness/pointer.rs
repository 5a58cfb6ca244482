//! Dragging with the mouse, at a hand's pace.

use std::thread;
use std::time::Duration;

use super::desktop::Desktop;

/// Toolkits tell a drag from a click by distance and read the moves one by one.
const STEPS: i32 = 20;
const STEP: Duration = Duration::from_millis(20);

/// A pressed mouse button on its way; let it go with [`drop_here`](Drag::drop_here).
pub struct Drag<'d> {
    desktop: &'d Desktop,
    at: (i32, i32),
}

impl Desktop {
    /// Takes hold of what is at `from`.
    pub fn drag(&self, from: (i32, i32)) -> Drag<'_> {
        self.move_pointer(from);
        self.xdotool(&["mousedown", "1"]);
        Drag { desktop: self, at: from }
    }

    pub fn move_pointer(&self, (x, y): (i32, i32)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    }
}

impl Drag<'_> {
    pub fn to(&mut self, (x, y): (i32, i32)) {
        let (from_x, from_y) = self.at;
        for step in 1..=STEPS {
            let part = |from: i32, to: i32| from + (to - from) * step / STEPS;
            self.desktop.move_pointer((part(from_x, x), part(from_y, y)));
            thread::sleep(STEP);
        }
        self.at = (x, y);
    }

    /// A small move, as from a hand that rests: drop targets answer moves only.
    pub fn tremble(&mut self) {
        let (x, y) = self.at;
        for offset in [1, 0] {
            self.desktop.move_pointer((x + offset, y));
            thread::sleep(STEP);
        }
    }

    pub fn drop_here(self) {
        self.desktop.xdotool(&["mouseup", "1"]);
    }
}
