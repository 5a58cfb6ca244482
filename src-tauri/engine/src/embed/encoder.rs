//! The model itself, inside the worker process only: fastembed over ONNX Runtime.
//!
//! Texts run one by one. With int8 weights the scales of a run follow from all that is in it, so
//! that a vector would depend on its neighbours; and on a processor a batch gains nothing over
//! single texts, which need no padding and stay in the cache.

use fastembed::{
    InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};

use ort::environment::Environment;
use tokenizers::Tokenizer;

use super::model::{Model, ModelError};
use super::published::known;

/// A text that is longer than this many windows of the model is cut behind them.
const MOST_WINDOWS: usize = 8;

/// Before and after every text.
const SPECIAL_TOKENS: usize = 2;

pub struct Encoder {
    embedding: TextEmbedding,
    /// The same tokenizer without its limit.
    splitter: Tokenizer,
    /// The tokens of a text that the model takes at once, its own two not counted.
    window: usize,
}

pub struct Encoded {
    /// Of length 1.
    pub vector: Vec<f32>,
    pub tokens: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("ONNX Runtime cannot be used: {0}")]
    Library(#[from] ort::LoadDynamicError),
    #[error("ONNX Runtime cannot be used: {0}")]
    Runtime(#[from] ort::Error),
    #[error("the model cannot be used: {0}")]
    Fastembed(#[from] fastembed::Error),
    #[error("the text cannot be split into tokens: {0}")]
    Tokens(String),
}

impl Encoder {
    /// The library of ONNX Runtime, for all encoders of this process.
    pub fn load_library(model: &Model) -> Result<Environment, EncoderError> {
        Ok(ort::init_from(&model.library)?.with_name("quarry").build()?)
    }

    /// One session with one thread.
    pub fn new(model: &Model, environment: &Environment) -> Result<Encoder, EncoderError> {
        let (
            encoder,
            [tokenizer_file, config_file, special_tokens_map_file, tokenizer_config_file],
        ) = model.read()?;
        let files = TokenizerFiles {
            tokenizer_file,
            config_file,
            special_tokens_map_file,
            tokenizer_config_file,
        };
        let known = model.published.as_deref().and_then(known);
        let pooling = known.as_ref().and_then(TextEmbedding::get_default_pooling_method);
        let pooling = pooling.unwrap_or(Pooling::Mean);
        let mut defined = UserDefinedEmbeddingModel::new(encoder, files).with_pooling(pooling);
        if let Some(known) = known {
            defined.output_key = TextEmbedding::get_model_info(&known)?.output_key.clone();
        }
        let no_arena = ort::ep::CPU::default().with_arena_allocator(false).build();
        let options = InitOptionsUserDefined::new()
            .with_environment(environment.clone())
            .with_max_length(model.max_tokens)
            .with_intra_threads(1)
            .with_execution_providers(vec![no_arena])
            .with_session_config("session.x64quantprecision", exact_sums());
        let embedding = TextEmbedding::try_new_from_user_defined(defined, options)?;
        let mut splitter = embedding.tokenizer.clone();
        splitter.with_padding(None);
        let unlimited = splitter.with_truncation(None);
        unlimited.map_err(|error| EncoderError::Tokens(error.to_string()))?;
        let window = model.max_tokens - SPECIAL_TOKENS;
        Ok(Encoder { embedding, splitter, window })
    }

    /// A text that does not fit into the model's window is taken window by window, and its vector
    /// is their mean by tokens: nothing of it is left out by luck.
    pub fn encode(&mut self, text: &str) -> Result<Encoded, EncoderError> {
        let encoding = self.splitter.encode(text, false);
        let encoding = encoding.map_err(|error| EncoderError::Tokens(error.to_string()))?;
        let offsets = encoding.get_offsets();
        let tokens = u32::try_from(offsets.len()).unwrap_or(u32::MAX);
        if offsets.len() <= self.window {
            return Ok(Encoded { vector: normalised(self.run(text)?), tokens });
        }
        let mut sum: Vec<f32> = Vec::new();
        for window in offsets.chunks(self.window).take(MOST_WINDOWS) {
            let part = window.first().zip(window.last());
            let part = part.and_then(|(first, last)| text.get(first.0..last.1)).unwrap_or_default();
            let vector = normalised(self.run(part)?);
            sum.resize(vector.len(), 0.0);
            let weight = window.len() as f32;
            sum.iter_mut().zip(&vector).for_each(|(sum, value)| *sum += value * weight);
        }
        Ok(Encoded { vector: normalised(sum), tokens })
    }

    fn run(&mut self, text: &str) -> Result<Vec<f32>, EncoderError> {
        Ok(self.embedding.embed([text], None)?.pop().unwrap_or_default())
    }
}

/// "1" where int8 products are summed in 16 bits, which overflow: slower, but right. A processor
/// with an int8 dot product sums in 32 bits.
fn exact_sums() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    let overflows = !is_x86_feature_detected!("avx512vnni") && !is_x86_feature_detected!("avxvnni");
    #[cfg(not(target_arch = "x86_64"))]
    let overflows = false;
    if overflows { "1" } else { "0" }
}

fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}
