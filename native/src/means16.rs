//! Products of 16-bit numbers for the approximate `columnMeans`, summed per column while they are in registers:
//!
//!   relu_j += Σ_i max(v_ij, 0),  abs_j += Σ_i |v_ij|,  v_ij = scale_i Σ_t p_it p_jt,  with p whole numbers.
//!
//! Pairs of dimensions lie side by side, because one instruction multiplies two and adds them. No sum can overflow:
//! rows are rounded to norms of at most 23170 (a) and 92680 (b), and |a · b| <= |a| |b| <= 46340² < 2^31 (Cauchy and
//! Schwarz), which holds for a part of the dimensions as well. Rows of b get the finer steps: residuals of rows of a
//! average out over them.

use crate::portable;
use crate::tile::prefetch;

/// Rows in a panel of either operand; a panel has pairs of dimensions one after the other, two numbers a row.
pub const PANEL16: usize = 16;
/// Numbers in one step of a panel.
pub const STEP16: usize = 2 * PANEL16;

/// Largest norms of a rounded row of b and of a, and the largest number.
pub const NORMS: [f64; 2] = [92680.0, 23170.0];
const MOST: f64 = 32767.0;
/// Added to a number it leaves the nearest whole number in the low bits of the sum.
const ROUND: f64 = 1.5 * (1u64 << 52) as f64;

/// `Kernels.pack16`. Inlined into the functions of instruction sets.
#[inline(always)]
pub fn pack16(x: &[f32], d: usize, first: bool, scale: &mut [f64], rows: usize, out: &mut [i16]) {
    out.fill(0);
    scale.fill(0.0);
    let panel = d.div_ceil(2) * STEP16;
    for (r, scale) in scale[..rows].iter_mut().enumerate() {
        let row = &x[r * d..(r + 1) * d];
        let mut square = 0.0;
        portable::norms(row, d, std::slice::from_mut(&mut square));
        if square == 0.0 {
            continue;
        }
        let largest = row.iter().fold(0, |most, x| (x.to_bits() & 0x7fff_ffff).max(most));
        // Rounding moves each number by half a step at most.
        let factor = ((NORMS[usize::from(first)] - 0.5001 * (d as f64).sqrt()) / square.sqrt())
            .min(MOST / f64::from(f32::from_bits(largest)));
        *scale = 1.0 / factor;
        let round = |x: f32| (f64::from(x) * factor + ROUND).to_bits() as i16;
        let lanes = out[r / PANEL16 * panel..][..panel].as_chunks_mut::<STEP16>().0;
        let at = r % PANEL16 * 2;
        let (head, tail) = row.as_chunks::<PANEL16>();
        for (numbers, lanes) in head.iter().zip(lanes.chunks_mut(PANEL16 / 2)) {
            let whole = numbers.map(round);
            for (pair, lanes) in whole.as_chunks::<2>().0.iter().zip(lanes) {
                lanes[at..at + 2].copy_from_slice(pair);
            }
        }
        for (t, &x) in tail.iter().enumerate() {
            lanes[(row.len() - tail.len() + t) / 2][at + t % 2] = round(x);
        }
    }
}

/// A vector of i32 sums, one lane per column. Methods are inlined into a function that has the instruction set; each is
/// safe to call only there, and pointers must be good for what is read or written.
pub trait Sums: Copy {
    /// Columns in a vector, a divisor of PANEL16.
    const LANES: usize;
    /// All lanes 0.
    unsafe fn zero() -> Self;
    /// A pair of dimensions of LANES columns.
    unsafe fn load(from: *const i16) -> Self;
    /// `self` + x[0] b[0] + x[1] b[1]
    unsafe fn add(self, x: *const i16, b: Self) -> Self;
    /// LANES sums.
    unsafe fn store(self, out: *mut i32);
}

/// Most columns of a tile, and its rows.
const WIDEST: usize = 3 * PANEL16;
/// Terms of one sign that are summed in fp32, before fp64.
const TERMS: usize = 8;
/// Panels of a that stay near while all columns pass.
const CACHED_PANELS: usize = 4;

/// `Kernels.means16` with tiles of ROWS rows (a divisor of 8) and COLUMNS (at most 3) vectors of columns.
///
/// # Safety
/// Inside a function with the instruction set of B.
#[inline(always)]
pub unsafe fn means16<B: Sums, const ROWS: usize, const COLUMNS: usize>(
    a: &[i16],
    scale: &[f64],
    b: &[i16],
    steps: usize,
    relu: &mut [f64],
    abs: &mut [f64],
) {
    let panel = steps * STEP16;
    let (rows, columns) = (scale.len(), relu.len());
    assert!(rows.is_multiple_of(PANEL16) && columns.is_multiple_of(PANEL16) && abs.len() == columns);
    assert!(a.len() >= rows * steps * 2 && b.len() >= columns * steps * 2);
    let mut sums = [[0i32; WIDEST]; TERMS];
    for block in (0..rows).step_by(CACHED_PANELS * PANEL16) {
        let mut j = 0;
        while j < columns {
            let vectors = ((columns - j) / B::LANES).min(COLUMNS);
            let width = vectors * B::LANES;
            for i in (block..rows.min(block + CACHED_PANELS * PANEL16)).step_by(TERMS) {
                for r in (0..TERMS).step_by(ROWS) {
                    let row = i + r;
                    // SAFETY: row + ROWS <= rows and j + width <= columns, which the assertions hold a and b against;
                    // the sums have TERMS rows of WIDEST >= width.
                    unsafe {
                        // Once read they stay: the first columns wait for the next panel, which lies behind this one.
                        let ahead = if j == 0 { panel } else { 0 };
                        let x = a.as_ptr().add(row / PANEL16 * panel + row % PANEL16 * 2);
                        let out = sums.as_mut_ptr().cast::<i32>().add(r * WIDEST);
                        match vectors {
                            1 => tile::<B, ROWS, 1>(x, ahead, b, j, steps, out),
                            2 if COLUMNS > 2 => tile::<B, ROWS, 2>(x, ahead, b, j, steps, out),
                            _ => tile::<B, ROWS, COLUMNS>(x, ahead, b, j, steps, out),
                        }
                    }
                }
                let scale: [f32; TERMS] = std::array::from_fn(|r| scale[i + r] as f32);
                let (relu, abs) = (&mut relu[j..j + width], &mut abs[j..j + width]);
                // Vectors of a length that the compiler knows.
                const LANES: usize = 8;
                let totals = relu
                    .as_chunks_mut::<LANES>()
                    .0
                    .iter_mut()
                    .zip(abs.as_chunks_mut::<LANES>().0);
                for (c, (relu, abs)) in totals.enumerate() {
                    let mut terms = [[0f32; LANES]; 2];
                    for (row, &scale) in sums.iter().zip(&scale) {
                        let row = &row[c * LANES..][..LANES];
                        for lane in 0..LANES {
                            let value = row[lane] as f32 * scale;
                            terms[0][lane] += if value > 0.0 { value } else { 0.0 };
                            terms[1][lane] += value.abs();
                        }
                    }
                    for lane in 0..LANES {
                        relu[lane] += f64::from(terms[0][lane]);
                        abs[lane] += f64::from(terms[1][lane]);
                    }
                }
            }
            j += width;
        }
    }
}

/// # Safety
/// Inside a function with B's instruction set; x is inside a panel of `steps`, ROWS rows from its end or more; b has
/// COLUMNS vectors of columns from column j on; out holds ROWS rows of WIDEST.
#[inline(always)]
unsafe fn tile<B: Sums, const ROWS: usize, const COLUMNS: usize>(
    x: *const i16,
    ahead: usize,
    b: &[i16],
    j: usize,
    steps: usize,
    out: *mut i32,
) {
    // SAFETY: the caller's promise covers each address below.
    unsafe {
        let from: [*const i16; COLUMNS] = std::array::from_fn(|c| {
            let column = j + c * B::LANES;
            b.as_ptr()
                .add(column / PANEL16 * PANEL16 * 2 * steps + column % PANEL16 * 2)
        });
        let mut sums = [[B::zero(); COLUMNS]; ROWS];
        for step in 0..steps {
            let at = step * STEP16;
            if ahead > 0 {
                prefetch(x.wrapping_add(at + ahead));
            }
            let mut columns = [B::zero(); COLUMNS];
            for (column, from) in columns.iter_mut().zip(&from) {
                *column = B::load(from.add(at));
            }
            for (r, row) in sums.iter_mut().enumerate() {
                for (sum, &column) in row.iter_mut().zip(&columns) {
                    *sum = sum.add(x.add(at + 2 * r), column);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (c, sum) in row.iter().enumerate() {
                sum.store(out.add(r * WIDEST + c * B::LANES));
            }
        }
    }
}

/// A [`Sums`] made of a vector type and its operations.
macro_rules! sums {
    (
        $(#[$doc:meta])* $name:ident($vector:ty): lanes $lanes:expr;
        zero = $zero:expr;
        load($from:ident) = $load:expr;
        add($sum:ident, $x:ident, $b:ident) = $add:expr;
        store($out:ident, $sums:ident) = $store:expr;
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($vector);

        // SAFETY of all operations: the trait's, that the caller has the instruction set and good pointers.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
        impl $crate::means16::Sums for $name {
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn zero() -> Self {
                Self(unsafe { $zero })
            }
            #[inline(always)]
            unsafe fn load($from: *const i16) -> Self {
                Self(unsafe { $load })
            }
            #[inline(always)]
            unsafe fn add(self, $x: *const i16, $b: Self) -> Self {
                let ($sum, $b) = (self.0, $b.0);
                Self(unsafe { $add })
            }
            #[inline(always)]
            unsafe fn store(self, $out: *mut i32) {
                let $sums = self.0;
                unsafe { $store }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use sums;

sums! {
    /// Plain loops; a loaded vector keeps the two numbers of a column in one lane.
    Plain([i32; 8]): lanes 8;
    zero = [0; 8];
    load(from) = from.cast::<[i32; 8]>().read_unaligned();
    add(sum, x, b) = {
        let [x, y] = x.cast::<[i16; 2]>().read().map(i32::from);
        std::array::from_fn(|lane| {
            let [b, c] = pair(b[lane]);
            sum[lane] + x * b + y * c
        })
    };
    store(out, sums) = out.cast::<[i32; 8]>().write(sums);
}

/// Two 16-bit numbers that were read as one of 32 bits.
#[inline(always)]
fn pair(both: i32) -> [i32; 2] {
    let [a, b, c, d] = both.to_ne_bytes();
    [i16::from_ne_bytes([a, b]).into(), i16::from_ne_bytes([c, d]).into()]
}

/// `Kernels.means16` for any processor.
pub fn plain(a: &[i16], scale: &[f64], b: &[i16], steps: usize, relu: &mut [f64], abs: &mut [f64]) {
    // SAFETY: plain operations need no instruction set.
    unsafe { means16::<Plain, 4, 1>(a, scale, b, steps, relu, abs) };
}
