import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rememberedToken } from './remembered-token.node.ts';

const folder = () => join(mkdtempSync(join(tmpdir(), 'weightscope-token-')), 'cache');

it('is made once, for its user alone', async () => {
  const place = folder();
  const token = await rememberedToken(place);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(await rememberedToken(place)).toBe(token);
  if (platform() !== 'win32') expect(statSync(join(place, 'explore-token')).mode & 0o777).toBe(0o600);
});

it('is made anew where what is kept is no token, and for one run where nothing can be kept', async () => {
  const place = folder();
  await rememberedToken(place);
  writeFileSync(join(place, 'explore-token'), 'x\n');
  const token = await rememberedToken(place);
  expect([token.length, readFileSync(join(place, 'explore-token'), 'utf8')]).toEqual([32, token]);
  const notAFolder = join(place, 'explore-token');
  expect(await rememberedToken(notAFolder)).not.toBe(await rememberedToken(notAFolder));
});
