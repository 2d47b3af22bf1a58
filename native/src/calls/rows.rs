//! The search of rows (`topRows`).

use napi::bindgen_prelude::Error;
use napi_derive::napi;

use super::{last_row, product};
use crate::NativeKernels;
use crate::memory::Refused;
use crate::records::*;
use crate::rows8::{self, Limits};
use crate::rows16::{self, Rows16};
use crate::screen::{LANES, QUAD};

#[napi]
impl NativeKernels {
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
        rounded: i64,
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
            let rounded = call.write(rounded, product(&[rows, ROUNDED8_NUMBERS as u32]))?;
            // SAFETY: `kernels` are of an instruction set that this processor has.
            unsafe { (kernels.quantise)(x, index, frame, first, kernels.most, out, rounded) };
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
                rows: call.read(limits, product(&[rows, ROW_NUMBERS as u32]))?,
                columns: call.read(columns, product(&[COLUMN_LISTS as u32 - 1, stride]) + count)?,
                stride: stride as usize,
            };
            let a = call.read(a, product(&[rows, width as u32]))?;
            let b = call.read(b, count.saturating_mul(width as u64))?;
            let list = call.write(out, count.saturating_mul(rows.into()))?;
            if width == 0 || count == 0 {
                return Err(Refused("Expected rows and columns of some length.".into()));
            }
            // SAFETY: `kernels` are of an instruction set that this processor has.
            Ok(unsafe { (kernels.screen_rows)(a, b, width / QUAD, &limits, list) } as u32)
        })
    }

    #[napi]
    pub fn listed_dots32(
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
            // SAFETY: `kernels` are of an instruction set that this processor has.
            unsafe { (kernels.listed_dots32)(a, index_a, b, index_b, d as usize, list, out) };
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
        rounded: i64,
    ) -> Result<(), Error> {
        self.run(|call, kernels| {
            let index: &[u32] = call.read(index, rows.into())?;
            let x = call.read(x, last_row(index).saturating_mul(d.into()))?;
            let factor = call.read(factor, rows.into())?;
            let out = call.write(out, product(&[rows, rows16::width(d as usize) as u32]))?;
            let rounded = call.write(rounded, product(&[rows, ROUNDED16_NUMBERS as u32]))?;
            // SAFETY: `kernels` are of an instruction set that this processor has.
            unsafe { (kernels.quantise16)(x, index, factor, d as usize, out, rounded) };
            Ok(())
        })
    }

    #[napi]
    pub fn dots16(
        &mut self,
        a: i64,
        rounded_a: i64,
        rows_a: u32,
        b: i64,
        rounded_b: i64,
        rows_b: u32,
        d: u32,
        list: i64,
        count: u32,
        top: i64,
        bottom: i64,
        out: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            let mut rows = |rows: i64, rounded: i64, count: u32| {
                Ok::<_, Refused>(Rows16 {
                    rows: call.read(rows, product(&[count, rows16::width(d as usize) as u32]))?,
                    rounded: call.read(rounded, product(&[count, ROUNDED16_NUMBERS as u32]))?,
                })
            };
            let (a, b) = (rows(a, rounded_a, rows_a)?, rows(b, rounded_b, rows_b)?);
            let limits = [call.read(top, rows_a.into())?, call.read(bottom, rows_a.into())?];
            let (list, out) = (call.write(list, count.into())?, call.write(out, count.into())?);
            // SAFETY: `kernels` are of an instruction set that this processor has.
            Ok(unsafe { (kernels.dots16)(a, b, d as usize, list, limits, out) } as u32)
        })
    }

    #[napi]
    pub fn cut(
        &mut self,
        value: i64,
        index: i64,
        count: u32,
        rank: u32,
        error: f64,
        least: i64,
        needed: i64,
    ) -> Result<u32, Error> {
        self.run(|call, kernels| {
            if rank == 0 || rank > count {
                return Err(Refused(format!("Expected a rank of 1 to {count}, got {rank}.")));
            }
            let (value, index) = (call.write(value, count.into())?, call.write(index, count.into())?);
            let [least, needed] = [&mut call.write(least, 1)?[0], &mut call.write(needed, 1)?[0]];
            // SAFETY: `kernels` are of an instruction set that this processor has.
            Ok(unsafe { (kernels.cut)(value, index, rank as usize, error as f32, [least, needed]) } as u32)
        })
    }
}
