//! Words for the library's enums.

/// Makes a function from a word to a value; another word is refused with the choices.
macro_rules! choice {
    ($name:ident: $kind:ty { $($word:literal => $value:expr),* $(,)? }) => {
        /// The value that a word stands for.
        pub fn $name(word: &str) -> Result<$kind, $crate::error::Raised> {
            match word {
                $($word => Ok($value),)*
                _ => Err($crate::error::Raised::value(format!(
                    concat!(stringify!($name), " is {:?}, expected one of {}"),
                    word,
                    [$($word),*].join(", "),
                ))),
            }
        }
    };
}
pub(crate) use choice;
