//! Whether the machine runs on its battery.

use starship_battery::{Manager, State};

/// `false` where the system does not say.
pub fn on_battery() -> bool {
    let batteries = Manager::new().and_then(|manager| manager.batteries());
    let discharging = |state| state == State::Discharging;
    batteries.is_ok_and(|all| all.flatten().any(|battery| discharging(battery.state())))
}
