//! How much the settings let the engine hold open and index.

use quarry_engine::index::Limits;
use quarry_engine::registry::Room;

use crate::settings::Settings;

/// Bytes, as the pages count them.
const MEGABYTE: u64 = 1_000_000;

pub fn room(settings: &Settings) -> Room {
    Room { bytes: u64::from(settings.hot_limit) * MEGABYTE, ..Room::default() }
}

pub fn files(settings: &Settings) -> Limits {
    Limits { file_bytes: u64::from(settings.file_size_limit) * MEGABYTE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_have_the_defaults_of_the_engine() {
        let settings = Settings::default();
        assert_eq!(room(&settings), Room::default());
        assert_eq!(files(&settings), Limits::default());
    }
}
