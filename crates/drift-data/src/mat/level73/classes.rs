//! Classes and field names as attributes tell them.

use std::collections::HashMap;

use hdf5_pure::{AttrValue, DType, Dataset};

use crate::mat::value::{Numbers, NumericClass};

/// Field names: one text for each, or one text with commas.
pub(super) fn field_names(attributes: &HashMap<String, AttrValue>) -> Vec<String> {
    let Some(value) = attributes.get("MATLAB_fields") else {
        return Vec::new();
    };
    let texts = value.as_strings().map_or_else(
        || value.as_str().map(str::to_owned).into_iter().collect(),
        <[String]>::to_vec,
    );
    texts
        .iter()
        .flat_map(|text| text.split(','))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The class of a name, and whether it is that of logicals.
pub(super) fn numeric_class(name: &str) -> Option<(NumericClass, bool)> {
    if name == "logical" {
        return Some((NumericClass::UInt8, true));
    }
    let class = NumericClass::ALL
        .into_iter()
        .find(|class| class.name() == name)?;
    Some((class, false))
}

/// The class of a dataset that names none, as other programs than MATLAB write them.
pub(super) fn stored_class(kind: &DType) -> &'static str {
    match kind {
        DType::F32 => "single",
        DType::I8 => "int8",
        DType::U8 => "uint8",
        DType::I16 => "int16",
        DType::U16 => "uint16",
        DType::I32 => "int32",
        DType::U32 => "uint32",
        DType::I64 => "int64",
        DType::U64 => "uint64",
        DType::ObjectReference => "cell",
        _ => "double",
    }
}

pub(super) fn read_class(
    dataset: &Dataset,
    class: NumericClass,
) -> Result<Numbers, hdf5_pure::Error> {
    Ok(match class {
        NumericClass::Double => Numbers::F64(dataset.read_f64()?),
        NumericClass::Single => Numbers::F32(dataset.read_f32()?),
        NumericClass::Int8 => Numbers::I8(dataset.read_i8()?),
        NumericClass::UInt8 => Numbers::U8(dataset.read_u8()?),
        NumericClass::Int16 => Numbers::I16(dataset.read_i16()?),
        NumericClass::UInt16 => Numbers::U16(dataset.read_u16()?),
        NumericClass::Int32 => Numbers::I32(dataset.read_i32()?),
        NumericClass::UInt32 => Numbers::U32(dataset.read_u32()?),
        NumericClass::Int64 => Numbers::I64(dataset.read_i64()?),
        NumericClass::UInt64 => Numbers::U64(dataset.read_u64()?),
    })
}

/// Real and imaginary parts of pairs of a class, stored with the lowest byte first as MATLAB does.
pub(super) fn pairs(class: NumericClass, bytes: &[u8]) -> (Numbers, Numbers) {
    fn split<T, const N: usize>(bytes: &[u8], read: fn([u8; N]) -> T) -> (Vec<T>, Vec<T>) {
        let (values, _) = bytes.as_chunks::<N>();
        let (pairs, _) = values.as_chunks::<2>();
        pairs
            .iter()
            .map(|[real, imaginary]| (read(*real), read(*imaginary)))
            .unzip()
    }
    fn both<T>(
        (real, imaginary): (Vec<T>, Vec<T>),
        of: fn(Vec<T>) -> Numbers,
    ) -> (Numbers, Numbers) {
        (of(real), of(imaginary))
    }
    match class {
        NumericClass::Double => both(split(bytes, f64::from_le_bytes), Numbers::F64),
        NumericClass::Single => both(split(bytes, f32::from_le_bytes), Numbers::F32),
        NumericClass::Int8 => both(split(bytes, i8::from_le_bytes), Numbers::I8),
        NumericClass::UInt8 => both(split(bytes, u8::from_le_bytes), Numbers::U8),
        NumericClass::Int16 => both(split(bytes, i16::from_le_bytes), Numbers::I16),
        NumericClass::UInt16 => both(split(bytes, u16::from_le_bytes), Numbers::U16),
        NumericClass::Int32 => both(split(bytes, i32::from_le_bytes), Numbers::I32),
        NumericClass::UInt32 => both(split(bytes, u32::from_le_bytes), Numbers::U32),
        NumericClass::Int64 => both(split(bytes, i64::from_le_bytes), Numbers::I64),
        NumericClass::UInt64 => both(split(bytes, u64::from_le_bytes), Numbers::U64),
    }
}
