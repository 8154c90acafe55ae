//! The head of an `.npy` array: a Python dictionary of which only three keys may occur.

use std::io::Read;

/// More than any head of an array of numbers has.
const LONGEST: usize = 1 << 16;

/// What the entries are, with their width in bytes (of text in letters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    Float(usize),
    Signed(usize),
    Unsigned(usize),
    Text(usize),
    Bytes(usize),
    /// Python objects: pickled.
    Object,
    /// Structures, dates, complex numbers, half precision.
    Other,
}

impl Element {
    /// Bytes of an entry in the file.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Float(width) | Self::Signed(width) | Self::Unsigned(width) => width,
            Self::Text(letters) => letters.saturating_mul(4),
            Self::Bytes(width) => width,
            Self::Object | Self::Other => 0,
        }
    }
}

/// What the head of an array says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) element: Element,
    /// numpy's word for the element: `<f4`.
    pub(super) descr: String,
    pub(super) big_endian: bool,
    /// Whether the first axis is the fastest.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// What is wrong with a head: the place, what was found there, what was expected.
type Fault = (&'static str, String, &'static str);

impl Header {
    pub(super) fn read(input: &mut impl Read) -> Result<Self, Fault> {
        let mut fill = |bytes: &mut [u8]| {
            let ended = |_| ("head", "cut off".to_owned(), "the whole of it");
            input.read_exact(bytes).map_err(ended)
        };
        let mut start = [0; 8];
        fill(&mut start)?;
        if &start[..6] != b"\x93NUMPY" {
            let found = "no array of numpy's".to_owned();
            return Err(("", found, "a file that np.save wrote"));
        }
        let mut length = [0; 4];
        let width = if start[6] == 1 { 2 } else { 4 };
        fill(&mut length[..width])?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST {
            let found = format!("{length} bytes long");
            return Err(("head", found, "at most 65536 bytes"));
        }
        let mut text = vec![0; length];
        fill(&mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Self::parse(&text).ok_or((
            "head",
            text.trim().chars().take(120).collect(),
            "{'descr': …, 'fortran_order': …, 'shape': (…)}",
        ))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = Words(text.trim());
        words.take("{")?;
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        while words.take("}").is_none() {
            let key = words.quoted()?;
            words.take(":")?;
            match key {
                "descr" => descr = Some(words.descr()?),
                "fortran_order" => fortran = Some(words.boolean()?),
                "shape" => shape = Some(words.lengths()?),
                _ => return None,
            }
            if words.take(",").is_none() {
                words.take("}")?;
                break;
            }
        }
        let descr = descr?.to_owned();
        let (element, big_endian) = element(&descr);
        Some(Self {
            element,
            descr,
            big_endian,
            fortran: fortran?,
            shape: shape?,
        })
    }
}

/// The element of a word such as `<f4`, and whether its first byte is the highest.
fn element(descr: &str) -> (Element, bool) {
    let big = descr.starts_with('>');
    let word = descr.trim_start_matches(['<', '>', '|', '=']);
    let mut letters = word.chars();
    let kind = letters.next();
    let width: Option<usize> = letters.as_str().parse().ok();
    let element = match (kind, width) {
        (Some('f'), Some(width @ (4 | 8))) => Element::Float(width),
        (Some('i'), Some(width @ (1 | 2 | 4 | 8))) => Element::Signed(width),
        (Some('u'), Some(width @ (1 | 2 | 4 | 8))) => Element::Unsigned(width),
        (Some('b'), Some(1)) | (Some('?'), None) => Element::Unsigned(1),
        (Some('U'), Some(letters @ 1..)) => Element::Text(letters),
        (Some('S'), Some(width @ 1..)) => Element::Bytes(width),
        (Some('O'), _) => Element::Object,
        _ => Element::Other,
    };
    (element, big)
}

/// The rest of a head.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn take(&mut self, word: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(word)?;
        Some(())
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next();
        let quote = quote.filter(|letter| matches!(letter, '\'' | '"'))?;
        let (inside, after) = rest[1..].split_once(quote)?;
        self.0 = after;
        Some(inside)
    }

    /// A word in quotes; a list, which stands for a structure, as it is written.
    fn descr(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        if !rest.starts_with('[') {
            return self.quoted();
        }
        let end = rest.rfind(']')? + 1;
        // The other keys come after the list, and hold no bracket.
        self.0 = &rest[end..];
        Some(&rest[..end])
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.take("True") {
            Some(()) => Some(true),
            None => self.take("False").map(|()| false),
        }
    }

    fn lengths(&mut self) -> Option<Vec<usize>> {
        self.take("(")?;
        let (inside, after) = self.0.split_once(')')?;
        self.0 = after;
        let inside = inside.trim().trim_end_matches(',');
        if inside.is_empty() {
            return Some(Vec::new());
        }
        // numpy has no more than 64 axes.
        let lengths = inside.split(',').take(65);
        let shape: Option<Vec<usize>> = lengths.map(|length| length.trim().parse().ok()).collect();
        shape.filter(|shape| shape.len() <= 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_numpy_writes_them() {
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 1160), }    \n";
        let header = Header::parse(head).unwrap();
        assert_eq!(header.element, Element::Float(4));
        assert_eq!((header.big_endian, header.fortran), (false, false));
        assert_eq!(header.shape, [5, 1160]);
        let scalar = "{'descr': '>i8', 'fortran_order': True, 'shape': ()}";
        let header = Header::parse(scalar).unwrap();
        assert_eq!(
            (header.element, header.big_endian),
            (Element::Signed(8), true)
        );
        assert_eq!((header.fortran, header.shape.len()), (true, 0));
        let structure =
            "{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False, 'shape': (3,), }";
        assert_eq!(Header::parse(structure).unwrap().element, Element::Other);
        for wrong in [
            "",
            "{",
            "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': 1, 'shape': (2,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
        ] {
            assert_eq!(Header::parse(wrong), None, "{wrong}");
        }
    }
}
