//! Trees of files that keep an index busy.

use std::fs;
use std::path::Path;

/// Writes so many files below `root`, in some hundred folders. Most words occur once, which an
/// index is slow at; the others are `letter` on every line, `word0` to `word4999` here and there,
/// `module_0` to `module_99` by the file's number, and a `rare_needle_…` in every fiftieth file.
pub fn grow(root: &Path, files: u64, lines: u64) {
    let mut random = Random(88_172_645_463_325_252);
    for file in 0..files {
        let folder = root.join(format!("part{}/group{}", file % 7, file % 31));
        fs::create_dir_all(&folder).unwrap();
        let mut text = format!("//! Part of module_{}.\n\n", file % 100);
        for line in 0..lines {
            let (once, often) = (random.next(), random.next() % 5000);
            text.push_str(&format!("begin word{often} = call{once:x}(letter, {line});\n"));
        }
        if file % 50 == 0 {
            text.push_str(&format!("// rare_needle_{} in file {file}\n", file / 50));
        }
        fs::write(folder.join(format!("file{file}.rs")), text).unwrap();
    }
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
