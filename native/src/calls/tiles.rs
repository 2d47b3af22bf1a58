//! Tiles of products, and what is taken from them.

use napi::bindgen_prelude::Error;
use napi_derive::napi;

use super::{last_row, product, tile_size};
use crate::NativeKernels;
use crate::means16::{PANEL16, STEP16};
use crate::tile::PANEL32;

#[napi]
impl NativeKernels {
    #[napi]
    pub fn panels32(&mut self, x: i64, d: u32, index: i64, factor: i64, rows: u32, out: i64) -> Result<(), Error> {
        self.run(|call, kernels| {
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(d.into()))?;
            let factor = call.read(factor, rows.into())?;
            let out = call.write(out, product(&[rows.div_ceil(PANEL32 as u32), PANEL32 as u32, d]))?;
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
            unsafe { (kernels.means16)(a, scale, b, steps as usize, relu, abs) };
            Ok(())
        })
    }
}
