//! `Kernels` of src/engine/kernels.ts, by what they serve: each call checks its places and sizes, then runs a kernel.

mod exact;
mod pairs;
mod rows;
mod tiles;

use crate::memory::Refused;
use crate::screen::{self, QUAD};

/// What a call with arguments that were not checked against each other would need.
pub fn product(sizes: &[u32]) -> u64 {
    sizes.iter().fold(1, |all, &size| all.saturating_mul(size.into()))
}

/// Numbers from the first to the last of a tile with `rows` rows of `panels` x `width` columns, `stride` apart.
pub fn tile_size(rows: u32, panels: u32, width: usize, stride: u32) -> Result<u64, Refused> {
    let columns = u64::from(panels).saturating_mul(width as u64);
    if columns > stride.into() {
        return Err(Refused(format!(
            "Expected rows of {columns} columns to fit the stride, got {stride}."
        )));
    }
    Ok(rows
        .checked_sub(1)
        .map_or(0, |rows| product(&[rows, stride]).saturating_add(columns)))
}

/// Rows up to the last that is named.
pub fn last_row(index: &[u32]) -> u64 {
    index.iter().max().map_or(0, |&last| u64::from(last) + 1)
}

/// Bytes of a packed row.
pub fn packed_width(pairs: u32) -> Result<u32, Refused> {
    let width = pairs.saturating_mul(2);
    if width == 0 || width as usize > screen::MOST || !(width as usize).is_multiple_of(QUAD) {
        return Err(Refused(format!(
            "Expected an even number of pairs of dimensions up to {}, got {pairs}.",
            screen::MOST / 2
        )));
    }
    Ok(width)
}
