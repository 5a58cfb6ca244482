//! What Quarry and its worker say to each other: frames with a length before them. A frame is
//! small and complete, so that a worker which dies in the middle of one loses nothing else.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

/// Changes with every change of a frame; both sides are the same program, but for an update under
/// a running one.
pub const VERSION: u32 = 2;

/// No text and no vector comes near this: a longer frame is noise.
const LONGEST_FRAME: u32 = 16 << 20;

#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub id: u64,
    /// Lower ones come first.
    pub priority: u8,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub version: u32,
    /// The id of the model that it has loaded. One of another version may not say it.
    #[serde(default)]
    pub model: String,
    pub dimensions: usize,
    pub threads: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    ModelMissing,
    ModelDamaged,
    RuntimeFailed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Hello(Hello),
    Vector {
        id: u64,
        /// Of the text, without the model's own.
        tokens: u32,
        /// What the model took.
        micros: u64,
        /// Of length 1.
        values: Vec<f32>,
    },
    /// This text has no vector; the next one may.
    Rejected {
        id: u64,
        message: String,
    },
    /// It has grown too large and ends; what was sent and not answered is to be sent again.
    Leaving,
    /// It cannot work at all, and ends.
    Refused {
        cause: Refusal,
        message: String,
    },
}

impl Request {
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut body = Vec::with_capacity(self.text.len() + 9);
        body.extend(self.id.to_le_bytes());
        body.push(self.priority);
        body.extend(self.text.as_bytes());
        write_frame(to, &body)
    }

    /// `None` at the end of the stream.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Request>> {
        let Some(body) = read_frame(from)? else { return Ok(None) };
        let mut body = Body(&body);
        let id = body.u64()?;
        let [priority] = body.array()?;
        Ok(Some(Request { id, priority, text: body.text()? }))
    }
}

impl Reply {
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut body = Vec::new();
        match self {
            Reply::Hello(hello) => {
                body.push(0);
                serde_json::to_writer(&mut body, hello)?;
            }
            Reply::Vector { id, tokens, micros, values } => {
                body.push(1);
                body.extend(id.to_le_bytes());
                body.extend(tokens.to_le_bytes());
                body.extend(micros.to_le_bytes());
                body.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Reply::Rejected { id, message } => {
                body.push(2);
                body.extend(id.to_le_bytes());
                body.extend(message.as_bytes());
            }
            Reply::Leaving => body.push(3),
            Reply::Refused { cause, message } => {
                body.push(4);
                serde_json::to_writer(&mut body, &(cause, message))?;
            }
        }
        write_frame(to, &body)
    }

    /// `None` at the end of the stream.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Reply>> {
        let Some(body) = read_frame(from)? else { return Ok(None) };
        let mut body = Body(&body);
        let [kind] = body.array()?;
        Ok(Some(match kind {
            0 => Reply::Hello(serde_json::from_slice(body.0)?),
            1 => {
                let (id, tokens, micros) =
                    (body.u64()?, u32::from_le_bytes(body.array()?), body.u64()?);
                let (values, rest) = body.0.as_chunks::<4>();
                if !rest.is_empty() {
                    return Err(noise("a vector is cut"));
                }
                let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                Reply::Vector { id, tokens, micros, values }
            }
            2 => Reply::Rejected { id: body.u64()?, message: body.text()? },
            3 => Reply::Leaving,
            4 => {
                let (cause, message) = serde_json::from_slice(body.0)?;
                Reply::Refused { cause, message }
            }
            _ => return Err(noise("an unknown kind of reply")),
        }))
    }
}

struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| noise("a short frame"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn u64(&mut self) -> io::Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&self) -> io::Result<String> {
        String::from_utf8(self.0.to_vec()).map_err(|_| noise("text that is not UTF-8"))
    }
}

fn noise(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn write_frame(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LONGEST_FRAME);
    let length = length.ok_or_else(|| noise("a frame that is too long"))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(body)?;
    to.flush()
}

fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > LONGEST_FRAME {
        return Err(noise("a frame that is too long"));
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn replies() -> impl Strategy<Value = Reply> {
        let values = prop::collection::vec(-1.0_f32..1.0, 0..8);
        prop_oneof![
            (".*", 1_usize..9, 1_usize..9).prop_map(|(model, dimensions, threads)| {
                Reply::Hello(Hello { version: VERSION, model, dimensions, threads })
            }),
            (any::<u64>(), any::<u32>(), any::<u64>(), values).prop_map(
                |(id, tokens, micros, values)| Reply::Vector { id, tokens, micros, values }
            ),
            (any::<u64>(), ".*").prop_map(|(id, message)| Reply::Rejected { id, message }),
            Just(Reply::Leaving),
            ".*".prop_map(|message| Reply::Refused { cause: Refusal::ModelDamaged, message }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(sent in prop::collection::vec(replies(), 0..4)) {
            let mut pipe = Vec::new();
            sent.iter().for_each(|reply| reply.write(&mut pipe).unwrap());
            let mut from = pipe.as_slice();
            for reply in sent {
                prop_assert_eq!(Reply::read(&mut from).unwrap(), Some(reply));
            }
            prop_assert_eq!(Reply::read(&mut from).unwrap(), None);
        }

        #[test]
        fn requests_keep_their_text(id: u64, priority: u8, text in ".*") {
            let request = Request { id, priority, text };
            let mut pipe = Vec::new();
            request.write(&mut pipe).unwrap();
            prop_assert_eq!(Request::read(&mut pipe.as_slice()).unwrap(), Some(request));
        }

        #[test]
        fn noise_is_an_error_and_never_a_panic(noise in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Reply::read(&mut noise.as_slice());
            let _ = Request::read(&mut noise.as_slice());
        }
    }
}
