//! The register tile that both products share, out_ij = Σ_t a_it b_jt, written once for every instruction set: ROWS
//! rows of a against COLUMNS vectors of columns of b, every sum held in a register, in index order. Operands are packed
//! in panels, dimension by dimension: a step loads COLUMNS vectors and broadcasts ROWS numbers for ROWS · COLUMNS
//! multiply-adds.

/// A vector of sums, one lane per column, over one or more panels of b. Methods are inlined into a function that has
/// the instruction set; each is safe to call only there, and pointers must be good for what is read or written.
pub trait Block: Copy {
    /// fp32 or fp64, in which products are summed; also the type of both operands.
    type Number: Copy;
    /// Columns in one panel of b.
    const WIDTH: usize;
    /// Panels in one vector.
    const PANELS: usize;
    /// All sums 0.
    unsafe fn zero() -> Self;
    /// One dimension of PANELS panels, which lie `panel` numbers apart.
    unsafe fn load(from: *const Self::Number, panel: usize) -> Self;
    /// `self` + *x * b
    unsafe fn add(self, x: *const Self::Number, b: Self) -> Self;
    /// Sums so far from a row of the result (only fp32 sums are interrupted).
    unsafe fn resume(out: *const f32) -> Self;
    /// Sums into a row of the result, rounded to fp32.
    unsafe fn store(self, out: *mut f32);
}

/// A [`Block`] made of one vector type and its operations.
macro_rules! block {
    (
        $(#[$doc:meta])* $name:ident($vector:ty): $number:ty, width $width:expr, panels $panels:expr;
        zero = $zero:expr;
        load($from:ident, $panel:ident) = $load:expr;
        add($sum:ident, $x:ident, $b:ident) = $add:expr;
        resume($out:ident) = $resume:expr;
        store($row:ident, $sums:ident) = $store:expr;
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($vector);

        // SAFETY of all operations: the trait's, that the caller has the instruction set and good pointers.
        #[allow(clippy::undocumented_unsafe_blocks, unused_unsafe)]
        impl Block for $name {
            type Number = $number;
            const WIDTH: usize = $width;
            const PANELS: usize = $panels;
            #[inline(always)]
            unsafe fn zero() -> Self {
                Self(unsafe { $zero })
            }
            #[inline(always)]
            unsafe fn load($from: *const $number, $panel: usize) -> Self {
                let _ = $panel;
                Self(unsafe { $load })
            }
            #[inline(always)]
            unsafe fn add(self, $x: *const $number, $b: Self) -> Self {
                let ($sum, $b) = (self.0, $b.0);
                Self(unsafe { $add })
            }
            #[inline(always)]
            unsafe fn resume($out: *const f32) -> Self {
                Self(unsafe { $resume })
            }
            #[inline(always)]
            unsafe fn store(self, $row: *mut f32) {
                let $sums = self.0;
                unsafe { $store }
            }
        }
    };
}
pub(crate) use block;

/// Where number t of row r of a lies: `a + r * row + t * step`.
#[derive(Clone, Copy)]
pub struct Rows<T> {
    pub a: *const T,
    pub row: usize,
    pub step: usize,
    /// Numbers this far ahead are wanted soon, where not 0.
    pub ahead: usize,
}

/// Has what is at `place` brought into the first cache; any place may be named.
#[inline(always)]
pub fn prefetch<T>(place: *const T) {
    // SAFETY: a hint, which reads nothing.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    let _ = place;
}

/// # Safety
/// Inside a function with B's instruction set; a holds ROWS rows and b COLUMNS * PANELS panels (`panel` numbers apart)
/// with `depth` numbers from here on; out holds ROWS rows of `stride`.
#[inline(always)]
pub unsafe fn tile<B: Block, const ROWS: usize, const COLUMNS: usize>(
    a: Rows<B::Number>,
    b: *const B::Number,
    panel: usize,
    depth: usize,
    out: *mut f32,
    stride: usize,
    resume: bool,
) {
    let lanes = B::WIDTH * B::PANELS;
    // SAFETY: the caller's promise covers each address below.
    unsafe {
        let mut sums = [[B::zero(); COLUMNS]; ROWS];
        if resume {
            for (r, row) in sums.iter_mut().enumerate() {
                for (c, sum) in row.iter_mut().enumerate() {
                    *sum = B::resume(out.add(r * stride + c * lanes));
                }
            }
        }
        let mut b = b;
        let mut x = a.a;
        for _ in 0..depth {
            if a.ahead > 0 {
                prefetch(x.wrapping_add(a.ahead));
            }
            let mut columns = [B::zero(); COLUMNS];
            for (c, column) in columns.iter_mut().enumerate() {
                *column = B::load(b.add(c * B::PANELS * panel), panel);
            }
            for (r, row) in sums.iter_mut().enumerate() {
                for (sum, &column) in row.iter_mut().zip(&columns) {
                    *sum = sum.add(x.add(r * a.row), column);
                }
            }
            b = b.add(B::WIDTH);
            x = x.add(a.step);
        }
        for (r, row) in sums.iter().enumerate() {
            for (c, sum) in row.iter().enumerate() {
                sum.store(out.add(r * stride + c * lanes));
            }
        }
    }
}

/// The most that a processor can do with vectors like B: SUMS independent sums that stay in registers, each added to
/// `loops` times. Returns the operations done, multiplications and additions.
///
/// # Safety
/// Inside a function with B's instruction set.
#[inline(always)]
pub unsafe fn peak<B: Block<Number = f32>, const SUMS: usize>(loops: usize) -> f64 {
    let ones = std::hint::black_box([1f32; 64]);
    let mut out = [0f32; 64];
    // SAFETY: no block has more than 64 lanes.
    unsafe {
        let b = B::load(ones.as_ptr(), B::WIDTH);
        let mut sums = [B::zero(); SUMS];
        for _ in 0..loops {
            for sum in &mut sums {
                *sum = sum.add(ones.as_ptr(), b);
            }
        }
        for sum in sums {
            sum.store(out.as_mut_ptr());
            std::hint::black_box(&out);
        }
    }
    2.0 * (loops * SUMS * B::WIDTH * B::PANELS) as f64
}

/// Dimensions after which fp32 sums are put down, so that what is read again and again stays in the first caches.
const DEPTH: usize = 512;
/// Rows in a panel of either operand of `product32`.
pub const PANEL32: usize = 8;
/// Columns in a panel of `matmul64`.
pub const PANEL64: usize = 4;

/// `Kernels.product32` with tiles of ROWS rows (a divisor of 8) and at most 3 vectors of columns; panels that do not
/// fill a vector of B's are left to the narrower N's.
///
/// # Safety
/// Inside a function with the instruction set of both.
#[inline(always)]
pub unsafe fn product32<B, N, const ROWS: usize, const COLUMNS: usize>(
    a: &[f32],
    panels_a: usize,
    b: &[f32],
    panels_b: usize,
    d: usize,
    out: &mut [f32],
    stride: usize,
) where
    B: Block<Number = f32>,
    N: Block<Number = f32>,
{
    let panel = PANEL32 * d;
    if panels_a == 0 || panels_b == 0 {
        return;
    }
    assert!(a.len() >= panels_a * panel && b.len() >= panels_b * panel);
    assert!(out.len() >= (PANEL32 * panels_a - 1) * stride + PANEL32 * panels_b && stride >= PANEL32 * panels_b);
    let mut from = 0;
    loop {
        let depth = DEPTH.min(d - from);
        let mut j = 0;
        while j < panels_b {
            let vectors = ((panels_b - j) / B::PANELS).min(COLUMNS);
            for i in 0..panels_a * (PANEL32 / ROWS) {
                let row = i * ROWS;
                // SAFETY: row < 8 panels_a, j + vectors * PANELS <= panels_b (or j < panels_b), from + depth <= d; the
                // assertion holds the result's size against both.
                unsafe {
                    let x = a.as_ptr().add(row / PANEL32 * panel + row % PANEL32 + from * PANEL32);
                    let a = Rows {
                        a: x,
                        row: 1,
                        step: PANEL32,
                        // Once read they stay: the first columns wait for the next panel, which lies behind this one.
                        ahead: if j == 0 { panel } else { 0 },
                    };
                    let b = b.as_ptr().add(j * panel + from * PANEL32);
                    let out = out.as_mut_ptr().add(row * stride + j * PANEL32);
                    match vectors {
                        0 => tile::<N, ROWS, 1>(a, b, panel, depth, out, stride, from > 0),
                        1 => tile::<B, ROWS, 1>(a, b, panel, depth, out, stride, from > 0),
                        2 if COLUMNS > 2 => tile::<B, ROWS, 2>(a, b, panel, depth, out, stride, from > 0),
                        _ => tile::<B, ROWS, COLUMNS>(a, b, panel, depth, out, stride, from > 0),
                    }
                }
            }
            j += (vectors * B::PANELS).max(N::PANELS);
        }
        from += depth;
        if from >= d {
            return;
        }
    }
}

/// Rows in the tiles of `matmul64` that every processor has registers for.
const FEW: usize = 4;

/// `Kernels.matmul64`: rows of a (fp64, row-major) against panels of b, in tiles of ROWS rows, FEW or one. Long rows of
/// b come from the second cache for every tile: the more rows it has, the less often.
///
/// # Safety
/// Inside a function with the instruction set of both.
#[inline(always)]
pub unsafe fn matmul64<B, N, const ROWS: usize>(
    a: &[f64],
    rows: usize,
    b: &[f64],
    panels: usize,
    d: usize,
    out: &mut [f32],
    stride: usize,
) where
    B: Block<Number = f64>,
    N: Block<Number = f64>,
{
    let panel = PANEL64 * d;
    if rows == 0 || panels == 0 {
        return;
    }
    assert!(a.len() >= rows * d && b.len() >= panels * panel);
    assert!(out.len() >= (rows - 1) * stride + PANEL64 * panels && stride >= PANEL64 * panels);
    let mut j = 0;
    while j < panels {
        let vectors = ((panels - j) / B::PANELS).min(2);
        let mut i = 0;
        while i < rows {
            let height = [ROWS, FEW, 1]
                .into_iter()
                .find(|&height| rows - i >= height)
                .unwrap_or(1);
            // SAFETY: i + height <= rows, j + vectors * PANELS <= panels (or j < panels); the assertions hold the sizes
            // of operands and result against both.
            unsafe {
                let a = Rows {
                    a: a.as_ptr().add(i * d),
                    row: d,
                    step: 1,
                    ahead: 0,
                };
                let b = b.as_ptr().add(j * panel);
                let out = out.as_mut_ptr().add(i * stride + j * PANEL64);
                match vectors {
                    0 => heights::<N, ROWS, 1>(height, a, b, panel, d, out, stride),
                    1 => heights::<B, ROWS, 1>(height, a, b, panel, d, out, stride),
                    _ => heights::<B, ROWS, 2>(height, a, b, panel, d, out, stride),
                }
            }
            i += height;
        }
        j += (vectors * B::PANELS).max(N::PANELS);
    }
}

/// A [`tile`] of `height` rows: ROWS, FEW or one.
///
/// # Safety
/// As of [`tile`], for so many rows.
#[inline(always)]
unsafe fn heights<B: Block, const ROWS: usize, const COLUMNS: usize>(
    height: usize,
    a: Rows<B::Number>,
    b: *const B::Number,
    panel: usize,
    d: usize,
    out: *mut f32,
    stride: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match height {
            1 => tile::<B, 1, COLUMNS>(a, b, panel, d, out, stride, false),
            FEW => tile::<B, FEW, COLUMNS>(a, b, panel, d, out, stride, false),
            _ => tile::<B, ROWS, COLUMNS>(a, b, panel, d, out, stride, false),
        }
    }
}
