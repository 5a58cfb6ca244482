//! Writes an ONNX model: the few messages of its protobuf schema (onnx.proto3) that a graph needs.

const VARINT: u64 = 0;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;
/// The operators that ONNX Runtime adds; all nodes here that have no operator of ONNX itself.
pub const MICROSOFT: &str = "com.microsoft";

#[derive(Clone, Copy)]
pub enum Type {
    Float = 1,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
}

pub enum Attribute {
    Float(f32),
    Int(u64),
}

#[derive(Default)]
pub struct Graph {
    nodes: Vec<u8>,
    initializers: Vec<u8>,
    values: Vec<u8>,
}

impl Graph {
    /// A graph input; `None` in `shape` is a dimension that only a run knows.
    pub fn input(&mut self, name: &str, element: Type, shape: &[Option<u64>]) {
        bytes(&mut self.values, 11, &value_info(name, element, shape));
    }

    pub fn output(&mut self, name: &str, element: Type, shape: &[Option<u64>]) {
        bytes(&mut self.values, 12, &value_info(name, element, shape));
    }

    /// A constant; `data` is little-endian and row by row. Returns its name.
    pub fn constant(&mut self, name: &str, element: Type, shape: &[usize], data: &[u8]) -> String {
        let mut tensor = Vec::with_capacity(data.len() + 64);
        for dimension in shape {
            number(&mut tensor, 1, *dimension as u64);
        }
        number(&mut tensor, 2, element as u64);
        bytes(&mut tensor, 8, name.as_bytes());
        bytes(&mut tensor, 9, data);
        bytes(&mut self.initializers, 5, &tensor);
        name.to_owned()
    }

    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, Type::Float, shape, &data)
    }

    /// A node of `domain` ("" for ONNX's own operators); an empty input is one left out.
    pub fn node(
        &mut self,
        domain: &str,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) {
        let mut node = Vec::new();
        inputs.iter().for_each(|name| bytes(&mut node, 1, name.as_bytes()));
        outputs.iter().for_each(|name| bytes(&mut node, 2, name.as_bytes()));
        bytes(&mut node, 3, outputs.first().map_or("", |name| name).as_bytes());
        bytes(&mut node, 4, operator.as_bytes());
        for (name, value) in attributes {
            let mut attribute = Vec::new();
            bytes(&mut attribute, 1, name.as_bytes());
            match value {
                Attribute::Float(value) => {
                    key(&mut attribute, 2, FIXED32);
                    attribute.extend(value.to_le_bytes());
                    number(&mut attribute, 20, 1);
                }
                Attribute::Int(value) => {
                    number(&mut attribute, 3, *value);
                    number(&mut attribute, 20, 2);
                }
            }
            bytes(&mut node, 5, &attribute);
        }
        bytes(&mut node, 7, domain.as_bytes());
        bytes(&mut self.nodes, 1, &node);
    }

    /// The whole model file.
    pub fn into_model(self, name: &str) -> Vec<u8> {
        let mut graph = self.nodes;
        bytes(&mut graph, 2, name.as_bytes());
        graph.extend(self.initializers);
        graph.extend(self.values);
        let mut model = Vec::with_capacity(graph.len() + 64);
        number(&mut model, 1, IR_VERSION);
        bytes(&mut model, 2, b"quarry");
        bytes(&mut model, 7, &graph);
        for (domain, version) in [("", OPSET), (MICROSOFT, 1)] {
            let mut opset = Vec::new();
            bytes(&mut opset, 1, domain.as_bytes());
            number(&mut opset, 2, version);
            bytes(&mut model, 8, &opset);
        }
        model
    }
}

fn value_info(name: &str, element: Type, shape: &[Option<u64>]) -> Vec<u8> {
    let mut dimensions = Vec::new();
    for (position, size) in shape.iter().enumerate() {
        let mut dimension = Vec::new();
        match size {
            Some(size) => number(&mut dimension, 1, *size),
            None => bytes(&mut dimension, 2, format!("d{position}").as_bytes()),
        }
        bytes(&mut dimensions, 1, &dimension);
    }
    let mut tensor = Vec::new();
    number(&mut tensor, 1, element as u64);
    bytes(&mut tensor, 2, &dimensions);
    let mut kind = Vec::new();
    bytes(&mut kind, 1, &tensor);
    let mut info = Vec::new();
    bytes(&mut info, 1, name.as_bytes());
    bytes(&mut info, 2, &kind);
    info
}

fn key(out: &mut Vec<u8>, field: u64, wire: u64) {
    varint(out, field << 3 | wire);
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    key(out, field, VARINT);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    key(out, field, BYTES);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_seven_bits_at_a_time() {
        let mut out = Vec::new();
        number(&mut out, 1, 300);
        assert_eq!(out, [0x08, 0xac, 0x02]);
        out.clear();
        bytes(&mut out, 20, b"x");
        assert_eq!(out, [0xa2, 0x01, 1, b'x']);
    }
}
