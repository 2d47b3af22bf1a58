import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkWritable, writeFileWhole } from './file.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'weightscope-file-'));

it('has nothing at the path until all is written', async () => {
  const place = folder();
  const path = join(place, 'out.txt');
  await writeFileWhole(path, async (file) => {
    await file.write('half');
    expect(readdirSync(place)).toEqual([`out.txt.partial-${process.pid}`]);
    await file.write(', whole');
  });
  expect(readdirSync(place)).toEqual(['out.txt']);
  expect(readFileSync(path, 'utf8')).toBe('half, whole');
});

it('leaves what was there, and nothing else, when writing fails', async () => {
  const place = folder();
  const path = join(place, 'out.txt');
  writeFileSync(path, 'before');
  const failing = writeFileWhole(path, async (file) => {
    await file.write('half');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(readdirSync(place)).toEqual(['out.txt']);
  expect(readFileSync(path, 'utf8')).toBe('before');
});

it('says where it cannot write, before and while writing', async () => {
  const path = join(folder(), 'no', 'out.txt');
  await expect(checkWritable(path)).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  await expect(writeFileWhole(path, async () => {})).rejects.toThrow(`Cannot write ${path} (ENOENT)`);
});
