//! Exact scores and norms.

use napi::bindgen_prelude::Error;
use napi_derive::napi;

use super::{product, tile_size};
use crate::tile::PANEL64;
use crate::{NativeKernels, portable};

/// Rows that `matmul64` has in fp64 at a time: few, so that long ones and panels beside them stay in a second cache.
const MATMUL_ROWS: usize = 16;

#[napi]
impl NativeKernels {
    #[napi]
    pub fn norms(&mut self, x: i64, rows: u32, d: u32, out: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let x = call.read(x, product(&[rows, d]))?;
            let out = call.write(out, rows.into())?;
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            let mut block = Vec::with_capacity(MATMUL_ROWS.min(rows as usize) * d);
            for first in (0..rows as usize).step_by(MATMUL_ROWS) {
                let rows = MATMUL_ROWS.min(rows as usize - first);
                block.clear();
                block.extend(a[first * d..][..rows * d].iter().map(|&value| f64::from(value)));
                // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
            unsafe { (kernels.gram)(x, every as usize, d as usize, scale, out) };
            Ok(())
        })
    }
}
