//! Numbers of one stored type turned into numbers of the array's class.

use super::fault::Fault;
use super::source::Source;
use super::value::{Numbers, NumericClass};

/// The types an element can have, numbered as in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementType {
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Single,
    Double,
    Int64,
    UInt64,
    Matrix,
    Compressed,
    Utf8,
    Utf16,
    Utf32,
}

impl ElementType {
    pub(super) fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Int8,
            2 => Self::UInt8,
            3 => Self::Int16,
            4 => Self::UInt16,
            5 => Self::Int32,
            6 => Self::UInt32,
            7 => Self::Single,
            9 => Self::Double,
            12 => Self::Int64,
            13 => Self::UInt64,
            14 => Self::Matrix,
            15 => Self::Compressed,
            16 => Self::Utf8,
            17 => Self::Utf16,
            18 => Self::Utf32,
            _ => return None,
        })
    }

    /// Bytes of one value; `None` for what holds no plain values.
    pub(super) fn width(self) -> Option<usize> {
        Some(match self {
            Self::Int8 | Self::UInt8 | Self::Utf8 => 1,
            Self::Int16 | Self::UInt16 | Self::Utf16 => 2,
            Self::Int32 | Self::UInt32 | Self::Single | Self::Utf32 => 4,
            Self::Double | Self::Int64 | Self::UInt64 => 8,
            Self::Matrix | Self::Compressed => return None,
        })
    }

    /// The name of the numeric type; `None` for text and containers.
    pub(super) fn numeric_name(self) -> Option<&'static str> {
        Some(match self {
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Int16 => "int16",
            Self::UInt16 => "uint16",
            Self::Int32 => "int32",
            Self::UInt32 => "uint32",
            Self::Single => "single",
            Self::Double => "double",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            _ => return None,
        })
    }
}

/// A number that every stored type converts to, as MATLAB does when it reads a narrowly stored array.
pub(super) trait Number: Copy {
    /// Bytes of one number in memory.
    const BYTES: u64;
    fn from_i8(value: i8) -> Self;
    fn from_u8(value: u8) -> Self;
    fn from_i16(value: i16) -> Self;
    fn from_u16(value: u16) -> Self;
    fn from_i32(value: i32) -> Self;
    fn from_u32(value: u32) -> Self;
    fn from_i64(value: i64) -> Self;
    fn from_u64(value: u64) -> Self;
    fn from_f32(value: f32) -> Self;
    fn from_f64(value: f64) -> Self;
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Number for $number {
            const BYTES: u64 = size_of::<$number>() as u64;
            fn from_i8(value: i8) -> Self { value as $number }
            fn from_u8(value: u8) -> Self { value as $number }
            fn from_i16(value: i16) -> Self { value as $number }
            fn from_u16(value: u16) -> Self { value as $number }
            fn from_i32(value: i32) -> Self { value as $number }
            fn from_u32(value: u32) -> Self { value as $number }
            fn from_i64(value: i64) -> Self { value as $number }
            fn from_u64(value: u64) -> Self { value as $number }
            fn from_f32(value: f32) -> Self { value as $number }
            fn from_f64(value: f64) -> Self { value as $number }
        }
    )*};
}

number!(f64, f32, i8, u8, i16, u16, i32, u32, i64, u64);

/// Reads `count` values stored as `stored` (a numeric type) into numbers of type `T`.
pub(super) fn read_as<T: Number>(
    source: &mut Source<'_>,
    stored: ElementType,
    count: usize,
    big_endian: bool,
) -> Result<Vec<T>, Fault> {
    macro_rules! values {
        ($stored:ty, $from:ident) => {
            if big_endian {
                source.values(count, |bytes| T::$from(<$stored>::from_be_bytes(bytes)))
            } else {
                source.values(count, |bytes| T::$from(<$stored>::from_le_bytes(bytes)))
            }
        };
    }
    match stored {
        ElementType::Int8 => values!(i8, from_i8),
        ElementType::Int16 => values!(i16, from_i16),
        ElementType::UInt16 | ElementType::Utf16 => values!(u16, from_u16),
        ElementType::Int32 => values!(i32, from_i32),
        ElementType::UInt32 | ElementType::Utf32 => values!(u32, from_u32),
        ElementType::Single => values!(f32, from_f32),
        ElementType::Double => values!(f64, from_f64),
        ElementType::Int64 => values!(i64, from_i64),
        ElementType::UInt64 => values!(u64, from_u64),
        ElementType::UInt8 | ElementType::Utf8 | ElementType::Matrix | ElementType::Compressed => {
            values!(u8, from_u8)
        }
    }
}

impl NumericClass {
    /// Bytes that one number of the class takes in memory.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Single | Self::Int32 | Self::UInt32 => 4,
            Self::Double | Self::Int64 | Self::UInt64 => 8,
        }
    }

    /// Reads numbers of this class.
    pub(super) fn read(
        self,
        source: &mut Source<'_>,
        stored: ElementType,
        count: usize,
        big_endian: bool,
    ) -> Result<Numbers, Fault> {
        Ok(match self {
            Self::Double => Numbers::F64(read_as(source, stored, count, big_endian)?),
            Self::Single => Numbers::F32(read_as(source, stored, count, big_endian)?),
            Self::Int8 => Numbers::I8(read_as(source, stored, count, big_endian)?),
            Self::UInt8 => Numbers::U8(read_as(source, stored, count, big_endian)?),
            Self::Int16 => Numbers::I16(read_as(source, stored, count, big_endian)?),
            Self::UInt16 => Numbers::U16(read_as(source, stored, count, big_endian)?),
            Self::Int32 => Numbers::I32(read_as(source, stored, count, big_endian)?),
            Self::UInt32 => Numbers::U32(read_as(source, stored, count, big_endian)?),
            Self::Int64 => Numbers::I64(read_as(source, stored, count, big_endian)?),
            Self::UInt64 => Numbers::U64(read_as(source, stored, count, big_endian)?),
        })
    }
}
