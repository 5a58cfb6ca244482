//! A display as a person has it: keys go in, pixels come out. Spoken to directly, since the start of
//! a tool would be part of every time that is measured.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::{
    ConnectionExt as _, ImageFormat, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

pub const CONTROL: u32 = 0xffe3;
pub const SHIFT: u32 = 0xffe1;
pub const BACKSPACE: u32 = 0xff08;

/// Part of the screen, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

pub struct Screen {
    connection: RustConnection,
    root: u32,
    first_code: u8,
    symbols_a_code: u8,
    symbols: Vec<u32>,
}

impl Screen {
    pub fn connect(display: &str) -> Result<Self> {
        let (connection, number) = RustConnection::connect(Some(display))?;
        let setup = connection.setup();
        let root = setup.roots.get(number).context("the display has no screen")?.root;
        let (first_code, last_code) = (setup.min_keycode, setup.max_keycode);
        let count = last_code - first_code + 1;
        let mapping = connection.get_keyboard_mapping(first_code, count)?.reply()?;
        let symbols_a_code = mapping.keysyms_per_keycode;
        let symbols = mapping.keysyms;
        // Looking again and again would take the processor from those who are looked at.
        connection.damage_query_version(1, 1)?.reply()?;
        let drawn = connection.generate_id()?;
        connection.damage_create(drawn, root, ReportLevel::RAW_RECTANGLES)?.check()?;
        Ok(Self { connection, root, first_code, symbols_a_code, symbols })
    }

    /// Presses and releases a key (a keysym; letters are their own) while others are held. The time
    /// is that of the press.
    pub fn press(&self, held: &[u32], key: u32) -> Result<Instant> {
        let code = self.code(key)?;
        for &modifier in held {
            self.fake(KEY_PRESS_EVENT, self.code(modifier)?)?;
        }
        self.connection.flush()?;
        let pressed = Instant::now();
        self.fake(KEY_PRESS_EVENT, code)?;
        self.fake(KEY_RELEASE_EVENT, code)?;
        for &modifier in held {
            self.fake(KEY_RELEASE_EVENT, self.code(modifier)?)?;
        }
        self.connection.flush()?;
        Ok(pressed)
    }

    /// The pixels of a part of the screen, four bytes each.
    pub fn pixels(&self, area: Area) -> Result<Vec<u8>> {
        let Area { x, y, width, height } = area;
        let image = self.connection.get_image(
            ImageFormat::Z_PIXMAP,
            self.root,
            x,
            y,
            width,
            height,
            u32::MAX,
        )?;
        Ok(image.reply()?.data)
    }

    /// The first moment at which the part of the screen is as wanted; `None` after `limit`.
    pub fn watch(
        &self,
        area: Area,
        limit: Duration,
        mut wanted: impl FnMut(&[u8]) -> bool,
    ) -> Result<Option<Instant>> {
        let start = Instant::now();
        while !wanted(&self.pixels(area)?) {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            self.wait_for_drawing(left)?;
        }
        Ok(Some(Instant::now()))
    }

    /// Until something was drawn since the last look, at most for `limit`.
    fn wait_for_drawing(&self, limit: Duration) -> Result<()> {
        let mut drawn = self.connection.poll_for_event()?;
        if drawn.is_none() {
            let limit = Timespec::try_from(limit)?;
            let stream = self.connection.stream();
            poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&limit))?;
        }
        while drawn.is_some() {
            drawn = self.connection.poll_for_event()?;
        }
        Ok(())
    }

    /// Waits until the part of the screen has stayed as it is for `span`.
    pub fn settle(&self, area: Area, span: Duration) -> Result<Vec<u8>> {
        let mut last = self.pixels(area)?;
        while self.watch(area, span, |now| now != last)?.is_some() {
            last = self.pixels(area)?;
        }
        Ok(last)
    }

    fn fake(&self, kind: u8, code: u8) -> Result<()> {
        self.connection.xtest_fake_input(kind, code, x11rb::CURRENT_TIME, self.root, 0, 0, 0)?;
        Ok(())
    }

    /// The key that gives the symbol without Shift.
    fn code(&self, symbol: u32) -> Result<u8> {
        let keys = self.symbols.chunks_exact(usize::from(self.symbols_a_code));
        let found = (self.first_code..).zip(keys).find(|(_, key)| key.first() == Some(&symbol));
        match found {
            Some((code, _)) => Ok(code),
            None => bail!("the display has no key for {symbol:#x}"),
        }
    }
}

/// How many different pixels there are.
pub fn colours(pixels: &[u8]) -> usize {
    pixels.chunks_exact(4).collect::<HashSet<_>>().len()
}
