//! A file of vectors with room for [`CAPACITY`] of them. Its length is fixed from the beginning
//! (the file is sparse), so that one that is shorter is known to be damaged before it is mapped:
//!
//! header | an entry a vector: key, scale, checksum | coarse rows, i8 | fine rows, i8
//!
//! A value is `scale × (coarse + fine / 254)`: the coarse rows lie one behind the other for the
//! scan, the fine ones give the best of them their exact order. An entry is written after its rows.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use xxhash_rust::xxh3::Xxh3Default;

use super::Key;

/// 13 MB of file with 384 dimensions.
pub const CAPACITY: usize = 16_384;
const MAGIC: [u8; 8] = *b"quarryv1";
const HEADER: usize = 64;
const ENTRY: usize = 32;
/// The fine part of a value counts in steps of the coarse one's 254th: half a step either way.
pub const FINE_STEPS: f32 = 254.0;

#[derive(Debug)]
pub struct Segment {
    pub number: u32,
    path: PathBuf,
    file: File,
    map: Mmap,
    pub dimensions: usize,
}

/// A vector as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub key: Key,
    pub scale: f32,
    pub coarse: Vec<i8>,
    pub fine: Vec<i8>,
}

impl Record {
    pub fn new(key: Key, vector: &[f32]) -> Record {
        let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / f32::from(i8::MAX) } else { 1.0 };
        let coarse: Vec<i8> = vector.iter().map(|value| (value / scale).round() as i8).collect();
        let pairs = vector.iter().zip(&coarse);
        let fine = pairs
            .map(|(value, coarse)| ((value / scale - f32::from(*coarse)) * FINE_STEPS) as i8)
            .collect();
        Record { key, scale, coarse, fine }
    }

    fn checksum(&self) -> u64 {
        checksum(self.key, self.scale, bytes(&self.coarse), bytes(&self.fine))
    }
}

fn checksum(key: Key, scale: f32, coarse: &[u8], fine: &[u8]) -> u64 {
    let mut hash = Xxh3Default::new();
    hash.update(&key.0.to_le_bytes());
    hash.update(&scale.to_le_bytes());
    hash.update(coarse);
    hash.update(fine);
    // Zero is an entry that was never written.
    hash.digest().max(1)
}

fn bytes(values: &[i8]) -> &[u8] {
    bytemuck::cast_slice(values)
}

impl Segment {
    pub fn create(path: &Path, number: u32, dimensions: usize) -> io::Result<Segment> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&MAGIC);
        let stored = u32::try_from(dimensions).map_err(|_| io::ErrorKind::InvalidInput)?;
        header[8..12].copy_from_slice(&stored.to_le_bytes());
        file.write_all(&header)?;
        file.set_len(length(dimensions))?;
        Self::map(path, number, file, dimensions)
    }

    /// `InvalidData` for a file that is not a whole segment.
    pub fn open(path: &Path, number: u32) -> io::Result<Segment> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(|_| io::ErrorKind::InvalidData)?;
        let dimensions = header[8..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let dimensions = dimensions as usize;
        let whole = header[..8] == MAGIC
            && (1..=1 << 16).contains(&dimensions)
            && file.metadata()?.len() == length(dimensions);
        if !whole {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(path, number, file, dimensions)
    }

    fn map(path: &Path, number: u32, file: File, dimensions: usize) -> io::Result<Segment> {
        #[allow(
            unsafe_code,
            reason = "the file is whole, and in a folder that only this process writes; its length \
                      is looked at again before every scan"
        )]
        // SAFETY: bytes that change under the map are plain integers, and every entry has a
        // checksum; the length is checked above and by `is_whole`.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Segment { number, path: path.to_owned(), file, map, dimensions })
    }

    /// Whether the file is as long as its map: reading a map beyond its file ends the process.
    pub fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.len() >= length(self.dimensions))
    }

    /// Whether the file is still where it was.
    pub fn is_linked(&self) -> bool {
        self.path.is_file()
    }

    /// The keys of the entries that are as they were written, by slot, and the slots that are taken.
    /// Reads the file and not its map, whose pages would count as this process's memory.
    pub fn entries(&self) -> io::Result<(Vec<(usize, Key)>, usize)> {
        let mut all = vec![0; HEADER + CAPACITY * ENTRY];
        self.read_at(0, &mut all)?;
        let mut sound = Vec::new();
        let mut taken = 0;
        let mut rows = Rows::new(self);
        for slot in 0..CAPACITY {
            let Some((key, scale, sum)) = entry(&all, slot) else { break };
            if sum == 0 {
                continue;
            }
            taken = slot + 1;
            let (coarse, fine) = rows.at(slot)?;
            if checksum(key, scale, coarse, fine) == sum {
                sound.push((slot, key));
            }
        }
        Ok((sound, taken))
    }

    fn read_at(&self, at: usize, into: &mut [u8]) -> io::Result<()> {
        (&self.file).seek(SeekFrom::Start(at as u64))?;
        (&self.file).read_exact(into)
    }

    fn entry(&self, slot: usize) -> Option<(Key, f32, u64)> {
        entry(&self.map, slot)
    }

    pub fn scale(&self, slot: usize) -> f32 {
        self.entry(slot).map_or(0.0, |(_, scale, _)| scale)
    }

    pub fn coarse(&self, slot: usize) -> &[i8] {
        self.row(HEADER + CAPACITY * ENTRY, slot)
    }

    pub fn fine(&self, slot: usize) -> &[i8] {
        self.row(HEADER + CAPACITY * (ENTRY + self.dimensions), slot)
    }

    fn row(&self, region: usize, slot: usize) -> &[i8] {
        let at = region + slot * self.dimensions;
        bytemuck::cast_slice(self.map.get(at..at + self.dimensions).unwrap_or_default())
    }

    /// The vector in a slot, of about length 1.
    pub fn vector(&self, slot: usize) -> Vec<f32> {
        let scale = self.scale(slot);
        let values = self.coarse(slot).iter().zip(self.fine(slot));
        let value = |(coarse, fine): (&i8, &i8)| f32::from(*coarse) + f32::from(*fine) / FINE_STEPS;
        values.map(|both| value(both) * scale).collect()
    }

    pub fn record(&self, slot: usize) -> Option<Record> {
        let (key, scale, _) = self.entry(slot)?;
        let (coarse, fine) = (self.coarse(slot).to_vec(), self.fine(slot).to_vec());
        Some(Record { key, scale, coarse, fine })
    }

    pub fn write(&self, slot: usize, record: &Record) -> io::Result<()> {
        let mut entry = Vec::with_capacity(ENTRY);
        entry.extend(record.key.0.to_le_bytes());
        entry.extend(record.scale.to_le_bytes());
        entry.extend([0; 4]);
        entry.extend(record.checksum().to_le_bytes());
        let coarse = HEADER + CAPACITY * ENTRY + slot * self.dimensions;
        let fine = coarse + CAPACITY * self.dimensions;
        for (at, bytes) in [
            (coarse, bytes(&record.coarse)),
            (fine, bytes(&record.fine)),
            (HEADER + slot * ENTRY, &entry),
        ] {
            (&self.file).seek(SeekFrom::Start(at as u64))?;
            (&self.file).write_all(bytes)?;
        }
        Ok(())
    }

    /// Takes the file away; who still reads its map may go on.
    pub fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

/// Key, scale and checksum of a slot, in a file that begins like `bytes`.
fn entry(bytes: &[u8], slot: usize) -> Option<(Key, f32, u64)> {
    let at = HEADER + slot * ENTRY;
    let entry = bytes.get(at..at + ENTRY)?;
    let (key, rest) = entry.split_first_chunk::<16>()?;
    let (scale, rest) = rest.split_first_chunk::<4>()?;
    let sum = rest[4..].first_chunk::<8>()?;
    let key = Key(u128::from_le_bytes(*key));
    Some((key, f32::from_le_bytes(*scale), u64::from_le_bytes(*sum)))
}

/// The rows of a segment one behind the other, from its file.
struct Rows<'a> {
    segment: &'a Segment,
    /// The slots that `coarse` and `fine` hold.
    slots: std::ops::Range<usize>,
    coarse: Vec<u8>,
    fine: Vec<u8>,
}

/// Rows that are read at once.
const READ_AT_ONCE: usize = 1024;

impl<'a> Rows<'a> {
    fn new(segment: &'a Segment) -> Rows<'a> {
        Rows { segment, slots: 0..0, coarse: Vec::new(), fine: Vec::new() }
    }

    fn at(&mut self, slot: usize) -> io::Result<(&[u8], &[u8])> {
        let size = self.segment.dimensions;
        if !self.slots.contains(&slot) {
            self.slots = slot..(slot + READ_AT_ONCE).min(CAPACITY);
            for (rows, region) in [(&mut self.coarse, 0), (&mut self.fine, CAPACITY * size)] {
                rows.resize(self.slots.len() * size, 0);
                self.segment.read_at(HEADER + CAPACITY * ENTRY + region + slot * size, rows)?;
            }
        }
        let at = (slot - self.slots.start) * size;
        Ok((&self.coarse[at..at + size], &self.fine[at..at + size]))
    }
}

fn length(dimensions: usize) -> u64 {
    (HEADER + CAPACITY * (ENTRY + 2 * dimensions)) as u64
}
