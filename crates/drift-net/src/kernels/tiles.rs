//! Cutting a range into tiles, and calling what is compiled for each length of a tile.

/// Blocks that a group holds at most.
pub(super) const MAX_GROUP: usize = 2;

/// Start and length of tiles of nearly equal length, none longer than `longest`.
#[inline(always)]
pub(super) fn tiles(length: usize, longest: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = length.div_ceil(longest);
    let (base, longer) = (length / count.max(1), length % count.max(1));
    (0..count).map(move |tile| {
        (
            tile * base + tile.min(longer),
            base + usize::from(tile < longer),
        )
    })
}

/// `$body` with `$T` a constant that equals `$length`, from 1 to 10 or of those given. What exceeds
/// a level's own limit is cut off inside, where that limit is known.
macro_rules! with_length {
    ($length:expr, $T:ident => $body:expr) => {
        with_length!($length, $T of [1 2 3 4 5 6 7 8 9 10] => $body)
    };
    ($length:expr, $T:ident of [$($value:literal)+] => $body:expr) => {
        match $length {
            $($value => {
                const $T: usize = $value;
                $body
            })+
            length => unreachable!("a tile of {length}"),
        }
    };
}
