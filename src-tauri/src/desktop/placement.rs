//! Where the popup appears. In physical pixels, as monitors and pointers are.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// A monitor without its panels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub origin: Point,
    pub width: u32,
    pub height: u32,
    /// Physical pixels to a logical one.
    pub scale: f64,
}

/// In logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// A third of the free height lies above the popup: its box is then where the eye is.
const ABOVE: i64 = 3;

/// Where the popup is, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub corner: Point,
    pub size: Size,
}

/// On the monitor with the pointer, centred, rather high, and no larger than the monitor. `size` is
/// the one wanted. None where there is no monitor.
pub fn popup_place(pointer: Option<Point>, monitors: &[Area], size: Size) -> Option<Place> {
    let area = pointer
        .and_then(|pointer| monitors.iter().find(|area| contains(area, pointer)))
        .or_else(|| pointer.and_then(|pointer| nearest(monitors, pointer)))
        .or_else(|| monitors.first())?;
    let size = Size {
        width: size.width.min((f64::from(area.width) / area.scale).floor()),
        height: size.height.min((f64::from(area.height) / area.scale).floor()),
    };
    let free =
        |whole: u32, part: f64| (i64::from(whole) - (part * area.scale).round() as i64).max(0);
    let x = free(area.width, size.width) / 2;
    let y = free(area.height, size.height) / ABOVE;
    let corner = Point { x: area.origin.x + x as i32, y: area.origin.y + y as i32 };
    Some(Place { corner, size })
}

fn contains(area: &Area, point: Point) -> bool {
    distance(area, point) == 0
}

/// A pointer in a panel is on no work area, but near one.
fn nearest(monitors: &[Area], point: Point) -> Option<&Area> {
    monitors.iter().min_by_key(|area| distance(area, point))
}

/// Squared; zero inside.
fn distance(area: &Area, point: Point) -> i64 {
    let axis = |start: i32, length: u32, at: i32| {
        let (start, at) = (i64::from(start), i64::from(at));
        let last = start + i64::from(length) - 1;
        (start - at).max(at - last).max(0)
    };
    let x = axis(area.origin.x, area.width, point.x);
    let y = axis(area.origin.y, area.height, point.y);
    x * x + y * y
}

#[cfg(test)]
mod tests {
    use super::*;

    const POPUP: Size = Size { width: 760.0, height: 480.0 };

    fn area(x: i32, y: i32, width: u32, height: u32, scale: f64) -> Area {
        Area { origin: Point { x, y }, width, height, scale }
    }

    fn at(x: i32, y: i32) -> Option<Point> {
        Some(Point { x, y })
    }

    fn popup_corner(pointer: Option<Point>, monitors: &[Area], size: Size) -> Option<Point> {
        popup_place(pointer, monitors, size).map(|place| place.corner)
    }

    #[test]
    fn on_one_monitor_it_is_centred_and_rather_high() {
        let monitors = [area(0, 0, 1920, 1080, 1.0)];
        assert_eq!(popup_corner(at(5, 5), &monitors, POPUP), at(580, 200));
    }

    #[test]
    fn the_monitor_with_the_pointer_has_it() {
        let monitors = [area(0, 0, 1920, 1080, 1.0), area(1920, -200, 2560, 1440, 1.0)];
        assert_eq!(popup_corner(at(1919, 0), &monitors, POPUP), at(580, 200));
        assert_eq!(popup_corner(at(1920, 0), &monitors, POPUP), at(1920 + 900, -200 + 320));
        let left = [area(0, 0, 1920, 1080, 1.0), area(-1280, 0, 1280, 1024, 1.0)];
        assert_eq!(popup_corner(at(-1, 10), &left, POPUP), at(-1280 + 260, 181));
    }

    #[test]
    fn a_dense_monitor_has_a_larger_popup() {
        let monitors = [area(0, 0, 3840, 2160, 2.0)];
        assert_eq!(popup_corner(at(5, 5), &monitors, POPUP), at(1160, 400));
    }

    #[test]
    fn a_pointer_in_a_panel_is_on_the_nearest_monitor() {
        let monitors = [area(0, 0, 1920, 1050, 1.0), area(1920, 30, 1920, 1050, 1.0)];
        assert_eq!(popup_corner(at(2500, 10), &monitors, POPUP).unwrap().x, 1920 + 580);
        assert_eq!(popup_corner(at(300, 1070), &monitors, POPUP).unwrap().x, 580);
    }

    #[test]
    fn a_popup_is_no_larger_than_its_monitor() {
        let place = |monitor| popup_place(at(120, 60), &[monitor], POPUP).unwrap();
        let small =
            Place { corner: Point { x: 100, y: 50 }, size: Size { width: 640.0, height: 400.0 } };
        assert_eq!(place(area(100, 50, 640, 400, 1.0)), small);
        let dense = place(area(0, 0, 1366, 768, 1.5));
        assert_eq!(dense.size, Size { width: 760.0, height: 480.0 });
        assert_eq!(place(area(0, 0, 1024, 1200, 2.0)).size, Size { width: 512.0, height: 480.0 });
        assert_eq!(place(area(0, 0, 1920, 1080, 1.0)).size, POPUP);
    }

    #[test]
    fn no_pointer_means_the_first_monitor_and_no_monitor_no_place() {
        let monitors = [area(0, 0, 1920, 1080, 1.0), area(1920, 0, 1920, 1080, 1.0)];
        assert_eq!(popup_corner(None, &monitors, POPUP), at(580, 200));
        assert_eq!(popup_corner(at(0, 0), &[], POPUP), None);
    }
}
