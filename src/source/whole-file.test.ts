import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkWritable, removeUnfinishedFiles, writeFileWhole } from './whole-file.node.ts';

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

it('writes pieces larger than the system takes at a time', async () => {
  // Zeros that were never touched take no memory, and /dev/null reads none of them.
  await writeFileWhole('/dev/null', async (file) => {
    await file.write(new Uint8Array(2 ** 31 + 5));
  });
  expect(readdirSync('/dev').filter((name) => name.startsWith('null'))).toEqual(['null']);
});

it.skipIf(process.platform !== 'linux')('says that a device is full (skipped: only Linux has /dev/full)', async () => {
  const full = writeFileWhole('/dev/full', (file) => file.write('text'));
  await expect(full).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining('full') });
});

it('follows a link, and refuses a folder', async () => {
  const place = folder();
  writeFileSync(join(place, 'there.txt'), 'before');
  symlinkSync('there.txt', join(place, 'link.txt'));
  await writeFileWhole(join(place, 'link.txt'), (file) => file.write('after'));
  expect(readFileSync(join(place, 'there.txt'), 'utf8')).toBe('after');
  expect(readdirSync(place).sort()).toEqual(['link.txt', 'there.txt']);
  mkdirSync(join(place, 'folder'));
  for (const attempt of [checkWritable(join(place, 'folder')), writeFileWhole(join(place, 'folder'), async () => {})])
    await expect(attempt).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('EISDIR'),
    });
});

it('removes what is not finished when the process is about to end', async () => {
  const place = folder();
  const path = join(place, 'out.txt');
  const failing = writeFileWhole(path, async (file) => {
    await file.write('half');
    removeUnfinishedFiles();
    expect(readdirSync(place)).toEqual([]);
  });
  await expect(failing).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});
