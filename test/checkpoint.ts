import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { readTensor } from '../src/formats/read.ts';
import { readSafetensors } from '../src/formats/safetensors/read.ts';
import { type TensorToWrite, writeSafetensors } from '../src/formats/safetensors/write.ts';
import type { Model } from '../src/model/types.ts';
import { memorySource } from '../src/source/memory.ts';
import { concat, fixture } from './bytes.ts';

/** Small checkpoints in memory, from the fixtures of architectures, and what may be changed in them. */

export type Files = Record<string, Uint8Array>;
export const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function filesOf(name: string): Files {
  const dir = fixture(`architectures/${name}`);
  const names = readdirSync(dir).filter((file) => !file.startsWith('expected'));
  return Object.fromEntries(names.map((file) => [file, new Uint8Array(readFileSync(`${dir}/${file}`))]));
}

export async function tensorsOf(files: Files): Promise<(TensorToWrite & { data: Float32Array })[]> {
  const { tensors } = await readSafetensors(memorySource(files['model.safetensors']));
  return Promise.all(
    [...tensors.values()].map(async (t) => ({ name: t.name, shape: t.shape, data: await readTensor(t) })),
  );
}

/** The checkpoint with its tensors' names changed, and without those that get none. */
export async function renamed(files: Files, change: (name: string) => string | undefined): Promise<Files> {
  const tensors = (await tensorsOf(files)).flatMap((t) => {
    const name = change(t.name);
    return name === undefined ? [] : [{ ...t, name }];
  });
  return { ...files, 'model.safetensors': await concat(writeSafetensors(tensors)) };
}

export const configured = (files: Files, change: Record<string, unknown>): Files => ({
  ...files,
  'config.json': text({ ...JSON.parse(new TextDecoder().decode(files['config.json'])), ...change }),
});

export async function expectSame(a: Model, b: Model): Promise<void> {
  expect([...a.parameters.keys()]).toEqual([...b.parameters.keys()]);
  for (const [name, parameter] of a.parameters)
    expect(await parameter.read(), name).toEqual(await b.parameters.get(name)!.read());
}
