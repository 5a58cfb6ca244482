//! `cargo xtask icons`: draws the pictures in `icons` from its SVG files, with rsvg-convert.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::output;
use crate::install;
use crate::packages::Purpose;
use crate::workspace::Workspace;

/// Drawing, side in pixels, picture.
const PICTURES: [(&str, u32, &str); 10] = [
    ("tray.svg", 32, "32x32.png"),
    ("quarry.svg", 128, "128x128.png"),
    ("quarry.svg", 256, "128x128@2x.png"),
    ("quarry.svg", 512, "icon.png"),
    ("tray.svg", 32, "tray-32.png"),
    ("tray.svg", 64, "tray-64.png"),
    ("tray-attention.svg", 32, "tray-attention-32.png"),
    ("tray-attention.svg", 64, "tray-attention-64.png"),
    ("tray-working.svg", 32, "tray-working-32.png"),
    ("tray-working.svg", 64, "tray-working-64.png"),
];

/// From this side on the detailed drawing is used; below it the tray's, which has fewer lines.
const DETAILED_FROM: u32 = 64;

/// Tauri takes the first picture of the file for its windows: 32.
const ICO_SIDES: [u32; 6] = [32, 16, 24, 48, 64, 256];

/// Apple's name for a PNG of that side.
const ICNS_SIDES: [(&[u8; 4], u32); 9] = [
    (b"icp4", 16),
    (b"ic11", 32),
    (b"icp5", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic10", 1024),
];

pub fn regenerate(workspace: &Workspace) -> Result<()> {
    install::ensure(Purpose::Icons)?;
    let icons = workspace.icons();
    for (drawing, side, picture) in PICTURES {
        write(&icons.join(picture), &draw(&icons.join(drawing), side)?)?;
    }
    let at = |side: u32| {
        let drawing = if side < DETAILED_FROM { "tray.svg" } else { "quarry.svg" };
        draw(&icons.join(drawing), side)
    };
    let mut pictures = Vec::new();
    for side in ICO_SIDES {
        pictures.push((side, at(side)?));
    }
    write(&icons.join("icon.ico"), &ico(&pictures))?;
    let mut pictures = Vec::new();
    for (name, side) in ICNS_SIDES {
        pictures.push((name, at(side)?));
    }
    write(&icons.join("icon.icns"), &icns(&pictures))
}

fn draw(drawing: &Path, side: u32) -> Result<Vec<u8>> {
    let side = side.to_string();
    let answer = output(
        Command::new("rsvg-convert").args(["--width", &side, "--height", &side]).arg(drawing),
        "It is in librsvg2-bin (Debian), librsvg2-tools (Fedora) or librsvg (Arch, Homebrew).",
    )?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        bail!("rsvg-convert could not draw {}: {}", drawing.display(), said.trim());
    }
    Ok(answer.stdout)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("{} could not be written", path.display()))?;
    println!("{} ({} bytes)", path.display(), content.len());
    Ok(())
}

/// Windows' container: a header, an entry a picture, the PNGs.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 6;
    const ENTRY: usize = 16;
    const ICON: u16 = 1;
    const PLANES: u16 = 1;
    const BITS_PER_PIXEL: u16 = 32;

    let mut file = Vec::new();
    file.extend(0_u16.to_le_bytes());
    file.extend(ICON.to_le_bytes());
    file.extend((pictures.len() as u16).to_le_bytes());
    let mut offset = HEADER + ENTRY * pictures.len();
    for (side, png) in pictures {
        // A byte each for width and height, in which 0 means 256.
        let side = u8::try_from(*side).unwrap_or(0);
        file.extend([side, side, 0, 0]);
        file.extend(PLANES.to_le_bytes());
        file.extend(BITS_PER_PIXEL.to_le_bytes());
        file.extend((png.len() as u32).to_le_bytes());
        file.extend((offset as u32).to_le_bytes());
        offset += png.len();
    }
    for (_, png) in pictures {
        file.extend(png);
    }
    file
}

/// Apple's container: `icns` and the length of all, then name, length and PNG of each picture.
fn icns(pictures: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 8;

    let total = HEADER + pictures.iter().map(|(_, png)| HEADER + png.len()).sum::<usize>();
    let mut file = Vec::with_capacity(total);
    file.extend(b"icns");
    file.extend((total as u32).to_be_bytes());
    for (name, png) in pictures {
        file.extend(*name);
        file.extend(((HEADER + png.len()) as u32).to_be_bytes());
        file.extend(png);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_points_at_each_of_its_pictures() {
        let file = ico(&[(32, vec![1; 3]), (256, vec![2; 5])]);
        assert_eq!(file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!(file[6..22], [32, 32, 0, 0, 1, 0, 32, 0, 3, 0, 0, 0, 38, 0, 0, 0]);
        assert_eq!(file[22..38], [0, 0, 0, 0, 1, 0, 32, 0, 5, 0, 0, 0, 41, 0, 0, 0]);
        assert_eq!(file[38..], [1, 1, 1, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn an_icns_counts_its_headers() {
        let file = icns(&[(b"ic07", vec![7; 2])]);
        assert_eq!(file, *b"icns\0\0\0\x12ic07\0\0\0\x0a\x07\x07");
    }
}
