//! The search of pairs (`topPairs`).

use napi::bindgen_prelude::Error;
use napi_derive::napi;

use super::{last_row, packed_width, product};
use crate::NativeKernels;
use crate::memory::Refused;
use crate::screen::{LANES, Packing, QUAD};

#[napi]
impl NativeKernels {
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
            let found = unsafe { (kernels.dots32)(a, index_a, b, index_b, stride as usize, list, least as f32, out) };
            Ok(found as u32)
        })
    }
}
