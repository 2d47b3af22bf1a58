//! The inner kernels of weightscope's native engine, as a Node addon. The search that calls them, and what each of them
//! computes, is TypeScript: src/engine/search/ and src/engine/kernels.ts.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernels;
mod means16;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod rows16;
mod rows8;
mod screen;
#[cfg(test)]
mod tests;
mod tile;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kernels::Kernels;
use means16::{PANEL16, STEP16};
use memory::{Call, Memory, Refused};
use napi::bindgen_prelude::{Error, Status, Uint8Array};
use napi_derive::napi;
use rows8::{ABOUT, BESIDE, Limits};
use rows16::Rows16;
use screen::{LANES, Packing, QUAD};
use tile::{PANEL32, PANEL64};

impl From<Refused> for Error {
    fn from(Refused(why): Refused) -> Self {
        Error::new(Status::InvalidArg, why)
    }
}

/// Instruction sets that this processor has kernels for, best first.
#[napi]
pub fn instruction_sets() -> Vec<&'static str> {
    kernels::available().map(|kernels| kernels.name).collect()
}

/// For benches: works through `loops` rounds of multiply-adds in registers, of fp32 (`bits` 32) or 8-bit numbers, and
/// returns how many operations those were; 0 where no kernel multiplies like that.
#[napi]
pub fn peak(instruction_set: String, bits: u32, loops: u32) -> Result<f64, Error> {
    let kernels = kernels_named(&instruction_set)?;
    let peak = if bits == 8 { kernels.peak8 } else { Some(kernels.peak32) };
    // SAFETY: `kernels` are of an instruction set that this processor has.
    Ok(peak.map_or(0.0, |peak| unsafe { peak(loops as usize) }))
}

fn kernels_named(name: &str) -> Result<&'static Kernels, Refused> {
    let refused = || Refused(format!("Expected an instruction set of this processor, got {name}."));
    kernels::available()
        .find(|kernels| kernels.name == name)
        .ok_or_else(refused)
}

/// `Kernels` of src/engine/kernels.ts over one memory: every offset is checked before anything is read or written, and a
/// panic becomes an error.
#[napi]
pub struct NativeKernels {
    memory: Memory,
    kernels: &'static Kernels,
    /// Keeps the memory where it is.
    _view: Uint8Array,
}

/// Rows that `matmul64` has in fp64 at a time.
const MATMUL_ROWS: usize = 64;

/// What a call with arguments that were not checked against each other would need.
fn product(sizes: &[u32]) -> u64 {
    sizes.iter().fold(1, |all, &size| all.saturating_mul(size.into()))
}

#[napi]
impl NativeKernels {
    /// Kernels over the memory that `view` shows, which must not be detached or resized while they are used. While a
    /// call reads or writes a place, no other thread may write it; the search gives every worker its own places to write
    /// and fills those that all read between runs.
    #[napi(constructor)]
    pub fn new(mut view: Uint8Array, instruction_set: String) -> Result<Self, Error> {
        let kernels = kernels_named(&instruction_set)?;
        // SAFETY: a typed array's bytes stay where they are while it is referenced, which `_view` does; what other
        // threads do is the condition above.
        let memory = unsafe {
            let bytes = view.as_mut();
            Memory::new(bytes.as_mut_ptr(), bytes.len())
        }?;
        Ok(Self {
            memory,
            kernels,
            _view: view,
        })
    }

    fn run<T>(&mut self, body: impl FnOnce(&mut Call, &Kernels) -> Result<T, Refused>) -> Result<T, Error> {
        let (call, kernels) = (&mut self.memory.call(), self.kernels);
        guarded(|| body(call, kernels))
    }

    #[napi]
    pub fn norms(&mut self, x: i64, rows: u32, d: u32, out: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let x = call.read(x, product(&[rows, d]))?;
            let out = call.write(out, rows.into())?;
            // SAFETY: `kernels` are of an instruction set that this processor has (as in all calls below).
            unsafe { (kernels.norms)(x, d as usize, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn dots64(&mut self, a: i64, b: i64, d: u32, list: i64, count: u32, out: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let list: &[u32] = call.read(list, product(&[count, 2]))?;
            let mut rows = [0; 2];
            for pair in list.as_chunks::<2>().0 {
                for (rows, &i) in rows.iter_mut().zip(pair) {
                    *rows = i.max(*rows);
                }
            }
            let places = rows.map(|last| (u64::from(last) + 1).saturating_mul(d.into()));
            if count == 0 {
                return Ok(());
            }
            let (a, b) = (call.read(a, places[0])?, call.read(b, places[1])?);
            let out = call.write(out, count.into())?;
            // SAFETY: as above.
            unsafe { (kernels.dots64)(a, b, d as usize, list, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn panels64(&mut self, x: i64, rows: u32, d: u32, out: i64) -> Result<(), Error> {
        self.run(|call, _| {
            let x = call.read(x, product(&[rows, d]))?;
            let out = call.write(out, product(&[rows.div_ceil(PANEL64 as u32), PANEL64 as u32, d]))?;
            portable::panels64(x, rows as usize, d as usize, out);
            Ok(())
        })
    }

    #[napi]
    pub fn matmul64(
        &mut self,
        a: i64,
        rows: u32,
        b: i64,
        panels: u32,
        d: u32,
        out: i64,
        stride: u32,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let a: &[f32] = call.read(a, product(&[rows, d]))?;
            let b = call.read(b, product(&[panels, PANEL64 as u32, d]))?;
            let out = call.write(out, tile_size(rows, panels, PANEL64, stride)?)?;
            let [panels, d, stride] = [panels, d, stride].map(|size| size as usize);
            // Rows of a in fp64, a block at a time.
            let mut block = vec![0f64; MATMUL_ROWS * d];
            for first in (0..rows as usize).step_by(MATMUL_ROWS) {
                let rows = MATMUL_ROWS.min(rows as usize - first);
                block
                    .iter_mut()
                    .zip(&a[first * d..])
                    .for_each(|(to, &value)| *to = value.into());
                // SAFETY: as above.
                unsafe { (kernels.matmul64)(&block, rows, b, panels, d, &mut out[first * stride..], stride) };
            }
            Ok(())
        })
    }

    #[napi]
    pub fn gram(
        &mut self,
        x: i64,
        rows: u32,
        every: u32,
        d: u32,
        scale: f64,
        _row: i64,
        out: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let x = call.read(x, product(&[rows, d]))?;
            let out = call.write(out, product(&[d, d]))?;
            // SAFETY: as above.
            unsafe { (kernels.gram)(x, every as usize, d as usize, scale, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn gather32(
        &mut self,
        x: i64,
        stride: u32,
        index: i64,
        rows: u32,
        prefix: u32,
        out: i64,
        extent: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            if prefix > stride {
                return Err(Refused(format!("Expected {prefix} dimensions to fit {stride}.")));
            }
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(stride.into()))?;
            let out = call.write(out, product(&[rows, stride]))?;
            let extent = call.write(extent, 2)?;
            // SAFETY: as above.
            extent.copy_from_slice(&unsafe { (kernels.gather32)(x, stride as usize, index, prefix as usize, out) });
            Ok(())
        })
    }

    #[napi]
    pub fn pack8(
        &mut self,
        x: i64,
        stride: u32,
        rows: u32,
        d: u32,
        prefix: u32,
        step: f64,
        error: f64,
        first: u32,
        pairs: u32,
        out: i64,
        offset: i64,
    ) -> Result<i32, Error> {
        self.run(|call, kernels| {
            let first = first != 0;
            let width = packed_width(pairs)?;
            if d > stride || prefix > d || prefix + 3 > width {
                return Err(Refused(format!(
                    "Expected {prefix} and three dimensions to fit {width}, of {d} of {stride}."
                )));
            }
            let x = call.read(x, product(&[rows, stride]))?;
            let padded = if first {
                rows
            } else {
                rows.next_multiple_of(LANES as u32)
            };
            let out = call.write(out, product(&[padded, width]))?;
            let sums = call.write(offset, if first { rows.into() } else { 0 })?;
            let [rows, stride, d, prefix, width] = [rows, stride, d, prefix, width].map(|size| size as usize);
            let packing = Packing {
                stride,
                d,
                prefix,
                step,
                error,
                first,
                width,
            };
            // SAFETY: as above.
            Ok(unsafe { (kernels.pack8)(x, rows, &packing, out, sums) })
        })
    }

    /// Rows are broadcast when they are read.
    #[napi]
    pub fn broadcast8(&mut self, a: i64, rows: u32, pairs: u32, out: i64) -> Result<(), Error> {
        self.run(|call, _| {
            let bytes = product(&[rows, packed_width(pairs)?]);
            let a: &[u8] = call.read(a, bytes)?;
            call.write(out, bytes)?.copy_from_slice(a);
            Ok(())
        })
    }

    #[napi]
    pub fn screen8(
        &mut self,
        a: i64,
        rows: u32,
        offset: i64,
        b: i64,
        groups: u32,
        pairs: u32,
        least: i32,
        out: i64,
    ) -> Result<i64, Error> {
        self.run(|call, kernels| {
            let width = packed_width(pairs)?;
            if !groups.is_multiple_of(2) {
                return Err(Refused(format!("Expected an even number of groups, got {groups}.")));
            }
            let (a, sums) = (call.read(a, product(&[rows, width]))?, call.read(offset, rows.into())?);
            let b = call.read(b, product(&[groups, 8, width]))?;
            let list = call.write(out, product(&[rows, groups, 8]))?;
            if groups == 0 {
                return Ok(out);
            }
            // SAFETY: as above.
            let found = unsafe { (kernels.screen8)(a, sums, b, width as usize / QUAD, least, list) };
            Ok(out + 4 * found as i64)
        })
    }

    #[napi]
    pub fn dots32(
        &mut self,
        a: i64,
        index_a: i64,
        b: i64,
        index_b: i64,
        rows_a: u32,
        rows_b: u32,
        stride: u32,
        list: i64,
        end: i64,
        least: f64,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let index_a: &[u32] = call.read(index_a, rows_a.into())?;
            let index_b: &[u32] = call.read(index_b, rows_b.into())?;
            let a = call.read(a, product(&[rows_a, stride]))?;
            let b = call.read(b, product(&[rows_b, stride]))?;
            let count = end.saturating_sub(list).max(0) as u64 / 4;
            let (list, out) = (call.read(list, count)?, call.write(out, count.saturating_mul(2))?);
            // SAFETY: as above.
            let found = unsafe { (kernels.dots32)(a, index_a, b, index_b, stride as usize, list, least as f32, out) };
            Ok(found as u32)
        })
    }

    #[napi]
    pub fn quantise(
        &mut self,
        x: i64,
        index: i64,
        rows: u32,
        d: u32,
        frame: i64,
        first: u32,
        out: i64,
        about: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let first = first != 0;
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(d.into()))?;
            let frame = call.read(frame, product(&[d, 2]))?;
            let padded = if first {
                rows
            } else {
                rows.next_multiple_of(LANES as u32)
            };
            let out = call.write(out, product(&[padded, rows8::width(d as usize) as u32]))?;
            let about = call.write(about, product(&[rows, ABOUT as u32]))?;
            // SAFETY: as above.
            unsafe { (kernels.quantise)(x, index, frame, first, kernels.most, out, about) };
            Ok(())
        })
    }

    #[napi]
    pub fn screen_rows(
        &mut self,
        a: i64,
        limits: i64,
        rows: u32,
        b: i64,
        columns: i64,
        groups: u32,
        stride: u32,
        d: u32,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let width = rows8::width(d as usize);
            let count = product(&[groups, LANES as u32]);
            if count > stride.into() {
                return Err(Refused(format!(
                    "Expected {count} columns to fit the stride, got {stride}."
                )));
            }
            let limits = Limits {
                rows: call.read(limits, product(&[rows, BESIDE as u32]))?,
                columns: call.read(columns, product(&[3, stride]) + count)?,
                stride: stride as usize,
            };
            let a = call.read(a, product(&[rows, width as u32]))?;
            let b = call.read(b, count.saturating_mul(width as u64))?;
            let list = call.write(out, count.saturating_mul(rows.into()))?;
            if width == 0 || count == 0 {
                return Err(Refused("Expected rows and columns of some length.".into()));
            }
            // SAFETY: as above.
            Ok(unsafe { (kernels.screen_rows)(a, b, width / QUAD, &limits, list) } as u32)
        })
    }

    #[napi]
    pub fn near(
        &mut self,
        a: i64,
        index_a: i64,
        rows_a: u32,
        b: i64,
        index_b: i64,
        rows_b: u32,
        d: u32,
        list: i64,
        count: u32,
        out: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let index_a: &[u32] = call.read(index_a, rows_a.into())?;
            let index_b: &[u32] = call.read(index_b, rows_b.into())?;
            let a = call.read(a, last_row(index_a).saturating_mul(d.into()))?;
            let b = call.read(b, last_row(index_b).saturating_mul(d.into()))?;
            let (list, out) = (call.read(list, count.into())?, call.write(out, count.into())?);
            // SAFETY: as above.
            unsafe { (kernels.near)(a, index_a, b, index_b, d as usize, list, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn quantise16(
        &mut self,
        x: i64,
        index: i64,
        factor: i64,
        rows: u32,
        d: u32,
        out: i64,
        about: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(d.into()))?;
            let factor = call.read(factor, rows.into())?;
            let out = call.write(out, product(&[rows, rows16::width(d as usize) as u32]))?;
            let about = call.write(about, product(&[rows, rows16::ABOUT as u32]))?;
            // SAFETY: as above.
            unsafe { (kernels.quantise16)(x, index, factor, d as usize, out, about) };
            Ok(())
        })
    }

    #[napi]
    pub fn dots16(
        &mut self,
        a: i64,
        about_a: i64,
        rows_a: u32,
        b: i64,
        about_b: i64,
        rows_b: u32,
        d: u32,
        list: i64,
        count: u32,
        top: i64,
        bottom: i64,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let mut rows = |rows: i64, about: i64, count: u32| {
                Ok::<_, Refused>(Rows16 {
                    rows: call.read(rows, product(&[count, rows16::width(d as usize) as u32]))?,
                    about: call.read(about, product(&[count, rows16::ABOUT as u32]))?,
                })
            };
            let (a, b) = (rows(a, about_a, rows_a)?, rows(b, about_b, rows_b)?);
            let limits = [call.read(top, rows_a.into())?, call.read(bottom, rows_a.into())?];
            let (list, out) = (call.write(list, count.into())?, call.write(out, count.into())?);
            // SAFETY: as above.
            Ok(unsafe { (kernels.dots16)(a, b, d as usize, list, limits, out) } as u32)
        })
    }

    #[napi]
    pub fn panels32(&mut self, x: i64, d: u32, index: i64, factor: i64, rows: u32, out: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(d.into()))?;
            let factor = call.read(factor, rows.into())?;
            let out = call.write(out, product(&[rows.div_ceil(PANEL32 as u32), PANEL32 as u32, d]))?;
            // SAFETY: as above.
            unsafe { (kernels.panels32)(x, d as usize, index, factor, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn product32(
        &mut self,
        a: i64,
        panels_a: u32,
        b: i64,
        panels_b: u32,
        d: u32,
        out: i64,
        stride: u32,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let a = call.read(a, product(&[panels_a, PANEL32 as u32, d]))?;
            let b = call.read(b, product(&[panels_b, PANEL32 as u32, d]))?;
            let out = call.write(out, tile_size(panels_a.saturating_mul(8), panels_b, PANEL32, stride)?)?;
            let [panels_a, panels_b, d, stride] = [panels_a, panels_b, d, stride].map(|size| size as usize);
            // SAFETY: as above.
            unsafe { (kernels.product32)(a, panels_a, b, panels_b, d, out, stride) };
            Ok(())
        })
    }

    #[napi]
    pub fn scan(
        &mut self,
        tile: i64,
        rows: u32,
        columns: u32,
        stride: u32,
        low: i64,
        high: i64,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let tile = call.read(tile, tile_size(rows, columns, 1, stride)?)?;
            let (low, high) = (call.read(low, rows.into())?, call.read(high, rows.into())?);
            let out = call.write(out, product(&[rows, columns]))?;
            // SAFETY: as above.
            Ok(unsafe { (kernels.scan)(tile, columns as usize, stride as usize, low, high, out) } as u32)
        })
    }

    #[napi]
    pub fn sift_tile(
        &mut self,
        tile: i64,
        rows: u32,
        columns: u32,
        stride: u32,
        top: i64,
        bottom: i64,
        column_top: i64,
        column_bottom: i64,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let tile = call.read(tile, tile_size(rows, columns, 1, stride)?)?;
            let own = [call.read(top, rows.into())?, call.read(bottom, rows.into())?];
            let others = [
                call.read(column_top, columns.into())?,
                call.read(column_bottom, columns.into())?,
            ];
            let out = call.write(out, product(&[rows, columns]))?;
            // SAFETY: as above.
            Ok(unsafe { (kernels.sift_tile)(tile, stride as usize, own, others, out) } as u32)
        })
    }

    #[napi]
    pub fn column_sums(
        &mut self,
        tile: i64,
        rows: u32,
        columns: u32,
        stride: u32,
        relu: i64,
        abs: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let tile = call.read(tile, tile_size(rows, columns, 1, stride)?)?;
            let (relu, abs) = (call.write(relu, columns.into())?, call.write(abs, columns.into())?);
            // SAFETY: as above.
            unsafe { (kernels.column_sums)(tile, rows as usize, stride as usize, relu, abs) };
            Ok(())
        })
    }

    #[napi]
    pub fn pack16(&mut self, x: i64, rows: u32, d: u32, first: u32, out: i64, scale: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let x = call.read(x, product(&[rows, d]))?;
            let panels = rows.div_ceil(PANEL16 as u32);
            let out = call.write(out, product(&[panels, d.div_ceil(2), STEP16 as u32]))?;
            let scale = call.write(scale, product(&[panels, PANEL16 as u32]))?;
            // SAFETY: as above.
            unsafe { (kernels.pack16)(x, d as usize, first != 0, scale, rows as usize, out) };
            Ok(())
        })
    }

    #[napi]
    pub fn means16(
        &mut self,
        a: i64,
        scale: i64,
        panels_a: u32,
        b: i64,
        panels_b: u32,
        d: u32,
        relu: i64,
        abs: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let steps = d.div_ceil(2);
            let a = call.read(a, product(&[panels_a, steps, STEP16 as u32]))?;
            let b = call.read(b, product(&[panels_b, steps, STEP16 as u32]))?;
            let scale = call.read(scale, product(&[panels_a, PANEL16 as u32]))?;
            let columns = product(&[panels_b, PANEL16 as u32]);
            let (relu, abs) = (call.write(relu, columns)?, call.write(abs, columns)?);
            // SAFETY: as above.
            unsafe { (kernels.means16)(a, scale, b, steps as usize, relu, abs) };
            Ok(())
        })
    }
}

/// Numbers from the first to the last of a tile with `rows` rows of `panels` x `width` columns, `stride` apart.
fn tile_size(rows: u32, panels: u32, width: usize, stride: u32) -> Result<u64, Refused> {
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
fn last_row(index: &[u32]) -> u64 {
    index.iter().max().map_or(0, |&last| u64::from(last) + 1)
}

/// Bytes of a packed row.
fn packed_width(pairs: u32) -> Result<u32, Refused> {
    let width = pairs.saturating_mul(2);
    if width == 0 || width as usize > screen::MOST || !(width as usize).is_multiple_of(QUAD) {
        return Err(Refused(format!(
            "Expected an even number of pairs of dimensions up to {}, got {pairs}.",
            screen::MOST / 2
        )));
    }
    Ok(width)
}

/// A panic is a mistake of ours, but not a reason to end the process.
fn guarded<T>(body: impl FnOnce() -> Result<T, Refused>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|panic| {
            let why = panic.downcast_ref::<&str>().map(|why| why.to_string());
            let why = why
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Refused(format!("A native kernel panicked: {why}")))
        })
        .map_err(Error::from)
}
