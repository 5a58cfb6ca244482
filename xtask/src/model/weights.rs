//! Reads safetensors, and quantises what was read.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Rows by columns; a vector is one row.
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f32>,
}

/// One scale a row or a column: value ≈ quantised × scale.
pub struct Quantised {
    pub values: Vec<u8>,
    pub scales: Vec<f32>,
}

/// The f32 tensors of a safetensors file by name, out of its whole content.
pub fn read(file: &[u8]) -> Result<HashMap<String, Matrix>> {
    let length = file.first_chunk::<8>().context("the weights have no header")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    let header = file.get(8..8 + length).context("the header of the weights is cut")?;
    let data = &file[8 + length..];
    let header: serde_json::Map<String, Value> = serde_json::from_slice(header)?;
    let mut tensors = HashMap::new();
    for (name, about) in header {
        if about["dtype"] == "F32" {
            let matrix = matrix(&about, data).with_context(|| format!("the tensor {name}"))?;
            tensors.insert(name, matrix);
        }
    }
    Ok(tensors)
}

fn matrix(about: &Value, data: &[u8]) -> Result<Matrix> {
    let numbers = |key: &str| -> Option<Vec<usize>> {
        let list = about[key].as_array()?.iter();
        list.map(|value| value.as_u64().and_then(|value| usize::try_from(value).ok())).collect()
    };
    let (rows, columns) = match numbers("shape").context("no shape")?[..] {
        [columns] => (1, columns),
        [rows, columns] => (rows, columns),
        ref shape => bail!("has the shape {shape:?}"),
    };
    let offsets = numbers("data_offsets").context("no offsets")?;
    let [start, end] = offsets[..] else { bail!("has the offsets {offsets:?}") };
    let bytes = data.get(start..end).context("lies behind the end")?;
    let (chunks, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if values.len() != rows * columns {
        bail!("has {} values for {rows} × {columns}", values.len());
    }
    Ok(Matrix { rows, columns, values })
}

impl Matrix {
    /// Linear layers are stored as outputs × inputs, and multiplied as inputs × outputs.
    pub fn transposed(&self) -> Matrix {
        let mut values = Vec::with_capacity(self.values.len());
        for column in 0..self.columns {
            values.extend((0..self.rows).map(|row| self.values[row * self.columns + column]));
        }
        Matrix { rows: self.columns, columns: self.rows, values }
    }

    /// The columns of all, side by side. They have the same number of rows.
    pub fn beside(matrices: &[&Matrix]) -> Matrix {
        let rows = matrices.first().map_or(0, |matrix| matrix.rows);
        let mut values = Vec::new();
        for row in 0..rows {
            for matrix in matrices {
                let columns = matrix.columns;
                values.extend(&matrix.values[row * columns..(row + 1) * columns]);
            }
        }
        Matrix { rows, columns: matrices.iter().map(|matrix| matrix.columns).sum(), values }
    }

    /// Symmetric int8 with a scale a row.
    pub fn quantised_rows(&self) -> Quantised {
        let rows = self.values.chunks(self.columns);
        let scales: Vec<f32> = rows.map(|row| scale(row.iter().copied())).collect();
        let pairs = self.values.iter().enumerate();
        let values = pairs.map(|(at, value)| int8(*value, scales[at / self.columns])).collect();
        Quantised { values, scales }
    }

    /// Symmetric int8 with a scale a column, which is an output channel.
    pub fn quantised_columns(&self) -> Quantised {
        let column =
            |column| (0..self.rows).map(move |row| self.values[row * self.columns + column]);
        let scales: Vec<f32> = (0..self.columns).map(|at| scale(column(at))).collect();
        let pairs = self.values.iter().enumerate();
        let values = pairs.map(|(at, value)| int8(*value, scales[at % self.columns])).collect();
        Quantised { values, scales }
    }
}

fn scale(values: impl Iterator<Item = f32>) -> f32 {
    let largest = values.fold(0.0_f32, |largest, value| largest.max(value.abs()));
    if largest == 0.0 { 1.0 } else { largest / f32::from(i8::MAX) }
}

fn int8(value: f32, scale: f32) -> u8 {
    ((value / scale).round() as i8).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_quantised_by_their_own_largest_value() {
        let matrix = Matrix { rows: 2, columns: 2, values: vec![1.0, -100.0, 0.5, 50.0] };
        let quantised = matrix.quantised_columns();
        assert_eq!(quantised.values.map_i8(), [127, -127, 64, 64]);
        let rows = matrix.quantised_rows();
        assert_eq!(rows.values.map_i8(), [1, -127, 1, 127]);
    }

    trait MapI8 {
        fn map_i8(&self) -> Vec<i8>;
    }

    impl MapI8 for Vec<u8> {
        fn map_i8(&self) -> Vec<i8> {
            self.iter().map(|byte| byte.cast_signed()).collect()
        }
    }

    #[test]
    fn a_header_that_promises_more_than_there_is_is_refused() {
        let header = br#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend(1.0_f32.to_le_bytes());
        assert!(read(&file).is_err());
        file.extend(2.0_f32.to_le_bytes());
        assert_eq!(
            read(&file).ok().and_then(|mut all| all.remove("w")).map(|w| w.values),
            Some(vec![1.0, 2.0])
        );
    }
}
