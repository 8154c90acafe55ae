//! Classes and field names as attributes tell them.

use std::collections::HashMap;

use hdf5_pure::{AttrValue, Dataset};

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

pub(super) fn numeric_class(name: &str) -> Option<(NumericClass, bool)> {
    Some(match name {
        "double" => (NumericClass::Double, false),
        "single" => (NumericClass::Single, false),
        "int8" => (NumericClass::Int8, false),
        "uint8" => (NumericClass::UInt8, false),
        "logical" => (NumericClass::UInt8, true),
        "int16" => (NumericClass::Int16, false),
        "uint16" => (NumericClass::UInt16, false),
        "int32" => (NumericClass::Int32, false),
        "uint32" => (NumericClass::UInt32, false),
        "int64" => (NumericClass::Int64, false),
        "uint64" => (NumericClass::UInt64, false),
        _ => return None,
    })
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

impl NumericClass {
    /// Numbers of this class from doubles.
    pub(super) fn numbers(self, values: Vec<f64>) -> Numbers {
        match self {
            Self::Double => Numbers::F64(values),
            Self::Single => Numbers::F32(values.into_iter().map(|value| value as f32).collect()),
            Self::Int8 => Numbers::I8(values.into_iter().map(|value| value as i8).collect()),
            Self::UInt8 => Numbers::U8(values.into_iter().map(|value| value as u8).collect()),
            Self::Int16 => Numbers::I16(values.into_iter().map(|value| value as i16).collect()),
            Self::UInt16 => Numbers::U16(values.into_iter().map(|value| value as u16).collect()),
            Self::Int32 => Numbers::I32(values.into_iter().map(|value| value as i32).collect()),
            Self::UInt32 => Numbers::U32(values.into_iter().map(|value| value as u32).collect()),
            Self::Int64 => Numbers::I64(values.into_iter().map(|value| value as i64).collect()),
            Self::UInt64 => Numbers::U64(values.into_iter().map(|value| value as u64).collect()),
        }
    }
}
