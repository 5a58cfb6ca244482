//! The graph of a BERT encoder, with int8 weights and the fused operators of ONNX Runtime's CPU
//! kernels: attention, and products that quantise their left side as they run. Scales are per
//! output channel: one scale a matrix costs a tenth of the precision.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::onnx::{Attribute, Graph, MICROSOFT, Type};
use super::weights::{Matrix, Quantised};

struct Writer {
    graph: Graph,
    weights: HashMap<String, Matrix>,
    epsilon: f32,
}

/// The model file for `weights`, named as Hugging Face's `BertModel` names them, with the
/// `config.json` beside them. Inputs `input_ids` and `attention_mask`, output `last_hidden_state`.
pub fn model(weights: HashMap<String, Matrix>, config: &Value) -> Result<Vec<u8>> {
    let number = |key: &str| config[key].as_u64().with_context(|| format!("no `{key}` in config"));
    let width = number("hidden_size")?;
    let (layers, heads) = (number("num_hidden_layers")?, number("num_attention_heads")?);
    let epsilon = config["layer_norm_eps"].as_f64().context("no `layer_norm_eps`")? as f32;

    let mut writer = Writer { graph: Graph::default(), weights, epsilon };
    let sizes = [None, None];
    writer.graph.input("input_ids", Type::Int64, &sizes);
    writer.graph.input("attention_mask", Type::Int64, &sizes);
    writer.graph.output("last_hidden_state", Type::Float, &[None, None, Some(width)]);
    writer.embeddings()?;
    let mask = [("to", Attribute::Int(Type::Int32 as u64))];
    writer.graph.node("", "Cast", &["attention_mask"], &["mask"], &mask);
    for layer in 0..layers {
        let input = if layer == 0 { "embedded".to_owned() } else { format!("{}.out", layer - 1) };
        let output =
            if layer + 1 == layers { "last_hidden_state".into() } else { format!("{layer}.out") };
        writer.layer(layer, heads, &input, &output)?;
    }
    Ok(writer.graph.into_model("encoder"))
}

impl Writer {
    fn weight(&self, name: &str) -> Result<&Matrix> {
        self.weights.get(name).with_context(|| format!("the weights have no {name}"))
    }

    /// A vector of the weights as a constant of the same name.
    fn vector(&mut self, name: &str) -> Result<String> {
        let matrix = self.weight(name)?;
        let (length, values) = (matrix.columns, matrix.values.clone());
        Ok(self.graph.floats(name, &[length], &values))
    }

    fn quantised(&mut self, name: &str, shape: [usize; 2], quantised: &Quantised) -> [String; 2] {
        let values = self.graph.constant(name, Type::Int8, &shape, &quantised.values);
        let scales = quantised.scales.len();
        [values, self.graph.floats(&format!("{name}.scale"), &[scales], &quantised.scales)]
    }

    /// Word, position and (always the first) segment; words are int8 with a scale a word.
    fn embeddings(&mut self) -> Result<()> {
        let words = self.weight("embeddings.word_embeddings.weight")?;
        let (shape, quantised) = ([words.rows, words.columns], words.quantised_rows());
        let values = self.graph.constant("words", Type::Int8, &shape, &quantised.values);
        let scales = self.graph.floats("words.scale", &[shape[0], 1], &quantised.scales);
        let graph = &mut self.graph;
        graph.node("", "Gather", &[&values, "input_ids"], &["word.rows"], &[]);
        let float = [("to", Attribute::Int(Type::Float as u64))];
        graph.node("", "Cast", &["word.rows"], &["word.floats"], &float);
        graph.node("", "Gather", &[&scales, "input_ids"], &["word.scales"], &[]);
        graph.node("", "Mul", &["word.floats", "word.scales"], &["word"], &[]);

        let segment = self.weight("embeddings.token_type_embeddings.weight")?;
        let segment: Vec<f32> = segment.values[..segment.columns].to_vec();
        let positions = self.weight("embeddings.position_embeddings.weight")?;
        let shape = [positions.rows, positions.columns];
        let pairs = positions.values.iter().zip(segment.iter().cycle());
        let sums: Vec<f32> = pairs.map(|(position, segment)| position + segment).collect();
        let positions = self.graph.floats("positions", &shape, &sums);
        let zero = self.graph.constant("zero", Type::Int64, &[1], &0_i64.to_le_bytes());
        let (gain, bias) = self.norm("embeddings.LayerNorm")?;
        let length = [("start", Attribute::Int(1)), ("end", Attribute::Int(2))];
        let epsilon = [("epsilon", Attribute::Float(self.epsilon))];
        let graph = &mut self.graph;
        graph.node("", "Shape", &["input_ids"], &["length"], &length);
        graph.node("", "Slice", &[&positions, &zero, "length", &zero], &["position"], &[]);
        graph.node("", "Add", &["word", "position"], &["sum"], &[]);
        graph.node("", "LayerNormalization", &["sum", &gain, &bias], &["embedded"], &epsilon);
        Ok(())
    }

    fn norm(&mut self, name: &str) -> Result<(String, String)> {
        Ok((self.vector(&format!("{name}.weight"))?, self.vector(&format!("{name}.bias"))?))
    }

    fn layer(&mut self, layer: u64, heads: u64, input: &str, output: &str) -> Result<()> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let at = |part: &str| format!("{layer}.{part}");
        self.attention(&name("attention.self"), &at("attention"), heads, input)?;
        let dense = name("attention.output.dense");
        self.product(&dense, &at("attention"), &at("projected"), None)?;
        let norm = name("attention.output.LayerNorm");
        self.add_and_norm(&norm, &dense, [&at("projected"), input], &at("attended"))?;

        let up = name("intermediate.dense");
        let bias = self.vector(&format!("{up}.bias"))?;
        self.product(&up, &at("attended"), &at("wide"), Some(&bias))?;
        self.graph.node(MICROSOFT, "Gelu", &[&at("wide")], &[&at("active")], &[]);
        let down = name("output.dense");
        self.product(&down, &at("active"), &at("narrow"), None)?;
        self.add_and_norm(
            &name("output.LayerNorm"),
            &down,
            [&at("narrow"), &at("attended")],
            output,
        )
    }

    fn attention(&mut self, name: &str, output: &str, heads: u64, input: &str) -> Result<()> {
        let mut parts = Vec::new();
        let mut bias = Vec::new();
        for part in ["query", "key", "value"] {
            parts.push(self.weight(&format!("{name}.{part}.weight"))?.transposed());
            bias.extend(&self.weight(&format!("{name}.{part}.bias"))?.values);
        }
        let joined = Matrix::beside(&parts.iter().collect::<Vec<_>>());
        let shape = [joined.rows, joined.columns];
        let [weight, scale] = self.quantised(name, shape, &joined.quantised_columns());
        let bias = self.graph.floats(&format!("{name}.bias"), &[bias.len()], &bias);
        let quantised = ["int8", "scale", "zero"].map(|part| format!("{output}.in.{part}"));
        let [values, input_scale, zero] = quantised.each_ref().map(String::as_str);
        self.graph.node("", "DynamicQuantizeLinear", &[input], &[values, input_scale, zero], &[]);
        let inputs = [values, &weight, &bias, input_scale, &scale, "mask", zero];
        let heads = [("num_heads", Attribute::Int(heads))];
        self.graph.node(MICROSOFT, "QAttention", &inputs, &[output], &heads);
        Ok(())
    }

    fn product(
        &mut self,
        dense: &str,
        input: &str,
        output: &str,
        bias: Option<&str>,
    ) -> Result<()> {
        let matrix = self.weight(&format!("{dense}.weight"))?.transposed();
        let shape = [matrix.rows, matrix.columns];
        let [weight, scale] = self.quantised(dense, shape, &matrix.quantised_columns());
        let inputs = [input, &weight, &scale, "", bias.unwrap_or("")];
        let inputs = if bias.is_some() { &inputs[..] } else { &inputs[..3] };
        self.graph.node(MICROSOFT, "DynamicQuantizeMatMul", inputs, &[output], &[]);
        Ok(())
    }

    /// `norm(product + bias + skipped)`, the bias being that of the product's layer.
    fn add_and_norm(
        &mut self,
        norm: &str,
        dense: &str,
        [product, skipped]: [&str; 2],
        output: &str,
    ) -> Result<()> {
        let (gain, bias) = self.norm(norm)?;
        let dense = self.vector(&format!("{dense}.bias"))?;
        let inputs = [product, skipped, &gain, &bias, &dense];
        let epsilon = [("epsilon", Attribute::Float(self.epsilon))];
        self.graph.node(MICROSOFT, "SkipLayerNormalization", &inputs, &[output], &epsilon);
        Ok(())
    }
}
