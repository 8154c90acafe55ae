//! Numbers of one stored type turned into numbers of the array's class.

use super::fault::Fault;
use super::source::Source;
use super::value::NumericClass;

/// The types of elements that hold plain values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementType {
    Number(NumericClass),
    Utf8,
    Utf16,
    Utf32,
}

impl ElementType {
    /// The type of a number in the file; `None` for what is unknown or holds other elements.
    pub(super) fn from_number(number: u32) -> Option<Self> {
        Some(Self::Number(match number {
            1 => NumericClass::Int8,
            2 => NumericClass::UInt8,
            3 => NumericClass::Int16,
            4 => NumericClass::UInt16,
            5 => NumericClass::Int32,
            6 => NumericClass::UInt32,
            7 => NumericClass::Single,
            9 => NumericClass::Double,
            12 => NumericClass::Int64,
            13 => NumericClass::UInt64,
            16 => return Some(Self::Utf8),
            17 => return Some(Self::Utf16),
            18 => return Some(Self::Utf32),
            _ => return None,
        }))
    }

    /// Bytes of one value.
    pub(super) fn width(self) -> u64 {
        match self {
            Self::Number(class) => class.bytes(),
            Self::Utf8 => 1,
            Self::Utf16 => 2,
            Self::Utf32 => 4,
        }
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

/// Reads `count` values stored as `stored` into numbers of type `T`.
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
    let class = match stored {
        ElementType::Number(class) => class,
        ElementType::Utf8 => NumericClass::UInt8,
        ElementType::Utf16 => NumericClass::UInt16,
        ElementType::Utf32 => NumericClass::UInt32,
    };
    match class {
        NumericClass::Double => values!(f64, from_f64),
        NumericClass::Single => values!(f32, from_f32),
        NumericClass::Int8 => values!(i8, from_i8),
        NumericClass::UInt8 => values!(u8, from_u8),
        NumericClass::Int16 => values!(i16, from_i16),
        NumericClass::UInt16 => values!(u16, from_u16),
        NumericClass::Int32 => values!(i32, from_i32),
        NumericClass::UInt32 => values!(u32, from_u32),
        NumericClass::Int64 => values!(i64, from_i64),
        NumericClass::UInt64 => values!(u64, from_u64),
    }
}
