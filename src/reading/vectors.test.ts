import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as brute from '../../test/brute-force.ts';
import { type TinyModel, tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { WeightscopeError } from '../errors.ts';
import { readSafetensors } from '../formats/safetensors/read.ts';
import { writeSafetensors } from '../formats/safetensors/write.ts';
import { memorySource } from '../source/memory.ts';
import { type Expression, parseExpression } from './expression.ts';
import { parseVector } from './vector-file.ts';
import { readVector, vectorOf } from './vectors.ts';

const engine = referenceEngine();
const model = tinyModel({ words: [' king', 'queen', 'say "hi"\n', 'é'] });
const row = (name: string, i: number) => brute.rowsOf(model.arrays.get(name)!)[i];

async function safetensors(arrays: Record<string, { shape: number[]; data: Float32Array }>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(Object.entries(arrays).map(([name, array]) => ({ name, ...array }))))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('vectorOf', () => {
  it.each([
    ['ff:1:4.key', () => row('layer.1.ff.key', 4)],
    ['ff:0:5.up', () => row('layer.0.ff.up', 5)],
    ['head:1:2.q[1]', () => row('layer.1.attn.q', 7)],
    ['head:1:2.k[0]', () => row('layer.1.attn.k', 3)],
    ['head:1:3.v[2]', () => row('layer.1.attn.v', 5)],
    ['head:0:3.o[2]', () => row('layer.0.attn.o', 11)],
    ['tok:" king"', () => row('unembed', 0)],
    ['tok:"say \\"hi\\"\\n"', () => row('unembed', 2)],
    ['tok:"\\u00e9"', () => row('unembed', 3)],
    ['tok:#29', () => row('unembed', 29)],
    ['pos:3', () => row('positions', 3)],
    ['layer.1.attn.o_bias', () => row('layer.1.attn.o_bias', 0)],
    ['norm.final', () => row('norm.final', 0)],
    ['layer.0.ff.key[2]', () => row('layer.0.ff.key', 2)],
  ])('knows %s', async (text, expected) => {
    expect([...(await vectorOf(model, text))]).toEqual(expected());
  });

  it('computes in fp64 and rounds once', async () => {
    const [a, b] = [row('layer.1.ff.value', 0), row('unembed', 0)];
    const text = '-(2 - .5) * ff:1:0.value + 3e-1*(tok:" king" - -tok:#0)*2 - norm.final';
    const norm = row('norm.final', 0);
    const expected = a.map((x, i) => Math.fround(x * 1.5 * -1 + 0.3 * (b[i] + b[i]) * 2 - norm[i]));
    for (const [i, x] of (await vectorOf(model, text)).entries()) expect(x).toBeCloseTo(expected[i], 6);
    expect([...(await vectorOf(model, 'ff:1:0.value-tok:#0'))]).toEqual(a.map((x, i) => Math.fround(x - b[i])));
  });

  it('reads the other embedding and folded gains on request', async () => {
    expect([...(await vectorOf(model, 'tok:#1', { embedding: 'embed' }))]).toEqual(row('embed', 1));
    const folded = brute.vectors(model, 1, 'attn.q', { foldNorm: true })[0];
    expect([...(await vectorOf(model, 'head:1:0.q[0]', { foldNorm: true }))]).toEqual(folded);
  });

  it.each([
    ['', 'Expected a vector or a number', 0],
    ['ff:1:4.bias', 'Expected .key, .up or .value at position 7, found ".bias"', 6],
    ['ff:1', 'Expected ":" and a neuron', 4],
    ['head:0:0.q', 'Expected .q[i], .k[i], .v[i] or .o[i]', 8],
    ['tok:king', 'Expected a token in double quotes', 4],
    ['tok:"king', 'Expected a closing double quote', 4],
    ['tok:"\\q"', 'Expected escapes as in JSON', 4],
    ['tok:#0 * tok:#1', 'Expected a number on one side of "*", got two vectors', 7],
    ['tok:#0 + 1', 'Expected two vectors or two numbers around "+"', 7],
    ['2 * 3', 'Expected a vector, got only numbers', 0],
    ['(tok:#0', 'Expected ")" at position 8, found the end', 7],
    ['tok:#0 tok:#1', 'Expected an operator (+, - or *) or the end', 7],
    ['tok:#0 / 2', 'Expected an operator', 7],
    ['1e999 * tok:#0', 'Expected a finite number', 0],
    [`${'('.repeat(300)}tok:#0`, 'Expected at most 200 levels', 200],
  ])('says where %j goes wrong', async (text, sentence, caret) => {
    const error = await vectorOf(model, text).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'WeightscopeError', code: 'EXPRESSION_INVALID' });
    expect(error.message).toContain(sentence);
    expect(error.message.split('\n').slice(1)).toEqual([`  ${text}`, `  ${' '.repeat(caret)}^`]);
  });

  it.each([
    ['ff:2:0.key', 'OUT_OF_RANGE'],
    ['ff:0:6.key', 'OUT_OF_RANGE'],
    ['head:0:4.q[0]', 'OUT_OF_RANGE'],
    ['head:0:0.q[3]', 'OUT_OF_RANGE'],
    ['pos:10', 'OUT_OF_RANGE'],
    ['tok:#30', 'OUT_OF_RANGE'],
    ['tok:"king"', 'TOKEN_UNKNOWN'],
    ['layer.0.ff.kez', 'PARAMETER_UNKNOWN'],
    ['layer.0.ff.key', 'ARGUMENT_INVALID'],
    ['tensor:nothing[0]', 'TENSOR_MISSING'],
  ])('says that the model has no %s', async (text, code) => {
    const error = await vectorOf(model, `norm.final + ${text}`).catch((thrown) => thrown);
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(/\n {2}norm\.final \+ .*\n {15}\^$/);
  });

  it('asks whether a bare word is meant as a token', async () => {
    const words = tinyModel({ words: [' king', 'queen', 'x'] });
    await expect(vectorOf(words, 'king')).rejects.toThrow(/bare word "king"; is the token tok:" king" meant\?/);
    await expect(vectorOf(words, 'queen')).rejects.toThrow(/tok:"queen" meant/);
    await expect(vectorOf(words, 'norm.finale')).rejects.toThrow(/Expected a parameter of tiny, got `norm.finale`/);
  });

  it('says why a model with rotary positions has no position embeddings', async () => {
    const rotary = Object.assign(tinyModel(), { config: { rope_theta: 1e4 } });
    (rotary.parameters as Map<string, unknown>).delete('positions');
    const expected = {
      code: 'PARAMETER_UNKNOWN',
      message: expect.stringMatching(/pos:1, but tiny has none: .*rotary/),
    };
    await expect(vectorOf(rotary, 'pos:1')).rejects.toMatchObject(expected);
  });

  it('says which normaliser suits a sum of tokens', async () => {
    const note = async (text: string, normalize?: 'cosine') =>
      (await readVector(tinyModel(), text, { engine, normalize })).applied.notes.some((said) => /`cosine`/.test(said));
    expect(await note('tok:#1 - tok:#2')).toBe(true);
    expect(await note('tok:#1 - tok:#2', 'cosine')).toBe(false);
    expect(await note('tok:#1')).toBe(false);
    expect(await note('tok:#1 + ff:0:1.key')).toBe(false);
  });

  it('says which token there is when only the space is missing', async () => {
    await expect(vectorOf(model, 'tok:"king"')).rejects.toThrow('there is tok:" king"');
  });

  it('reads rows of tensors by their names in the file', async () => {
    const data = Float32Array.from({ length: 48 }, (_, i) => i);
    const bytes = await safetensors({
      'a.b/c:d': { shape: [6, 8], data },
      'with-minus': { shape: [2, 3, 8], data },
      bias: { shape: [8], data: data.slice(0, 8) },
      long: { shape: [3, 16], data },
    });
    const { tensors } = await readSafetensors(memorySource(bytes));
    const opened: TinyModel = { ...model, tensors };
    const read = async (text: string) => [...(await vectorOf(opened, text))];
    expect(await read('tensor:a.b/c:d[5]')).toEqual([...data.slice(40, 48)]);
    expect(await read('tensor:"with-minus"[4] - tensor:bias')).toEqual(Array(8).fill(32));
    await expect(read('tensor:a.b/c:d[6]')).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
    await expect(read('tensor:a.b/c:d')).rejects.toThrow('Expected tensor:a.b/c:d[row] with row in 0..5');
    await expect(read('tensor:long[0]')).rejects.toThrow(
      "residual stream's width, 8, got 16 numbers in a row of long [3, 16]",
    );
  });
});

describe('parseExpression', () => {
  const vector = fc.constantFrom(
    'ff:1:2.key',
    'head:0:1.o[2]',
    'tok:" a\\"b"',
    'tok:#7',
    'pos:0',
    'norm.final',
    'tensor:x[1]',
  );
  const number = fc.double({ min: 0, max: 1e6, noNaN: true }).map(String);
  const tree = fc.letrec<{ vector: string; number: string }>((tie) => ({
    number: fc.oneof(
      { depthSize: 'small' },
      number,
      tie('number').map((n) => `-${n}`),
      tie('number').map((n) => `(${n}+2)`),
    ),
    vector: fc.oneof(
      { depthSize: 'small' },
      vector,
      tie('vector').map((v) => `-${v}`),
      fc.tuple(tie('vector'), fc.constantFrom(' + ', '-'), tie('vector')).map((parts) => `(${parts.join('')})`),
      fc.tuple(tie('number'), tie('vector')).map(([n, v]) => `${n} * ${v}`),
      fc.tuple(tie('vector'), tie('number')).map(([v, n]) => `(${v})*${n}`),
    ),
  })).vector;

  it('accepts every expression of the grammar, and blanks between its parts change nothing', () => {
    const bare = (node: Expression): unknown =>
      JSON.parse(JSON.stringify(node, (key, value) => (key === 'at' ? undefined : value)));
    fc.assert(
      fc.property(tree, (text) => {
        const spaced = text.replace(/[()*]/g, ' $& ').replace(/^/, '\n');
        expect(bare(parseExpression(spaced))).toEqual(bare(parseExpression(text)));
      }),
    );
  });

  it('fails with nothing but EXPRESSION_INVALID on damaged text', () => {
    const damaged = fc.tuple(tree, fc.nat(), fc.string({ maxLength: 3 })).map(([text, at, noise]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + noise + text.slice(from + (at % 3));
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WeightscopeError);
          expect((error as WeightscopeError).code).toBe('EXPRESSION_INVALID');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('readVector', () => {
  it('defaults to no normaliser, and takes freq where one kind of parameter is read', async () => {
    const value = row('layer.1.ff.value', 0);
    const best = (normalize: 'none' | 'freq' | 'cosine') =>
      Math.max(...brute.tokenScores(model, value, 'ff.value', { normalize }));
    const none = await readVector(model, 'ff:1:0.value', { engine, k: 2, bottom: 1 });
    expect(none).toMatchObject({ model: 'tiny', vector: 'ff:1:0.value', normalize: 'none' });
    expect([none.top.length, none.bottom.length, none.top[0].score]).toEqual([2, 1, best('none')]);
    for (const normalize of ['freq', 'cosine'] as const) {
      const read = await readVector(model, 'ff:1:0.value', { engine, normalize });
      expect(read.top[0].score).toBe(best(normalize));
    }
    for (const mixed of ['ff:1:0.value - ff:1:0.key', 'tok:#1', { name: 'mine', data: Float32Array.from(value) }])
      await expect(readVector(model, mixed, { engine, normalize: 'freq' })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      });
  });

  it('reads numbers from elsewhere, of the right width and finite', async () => {
    const data = Float64Array.from(row('unembed', 3));
    const read = await readVector(model, { name: 'mine', data }, { engine, normalize: 'cosine', k: 1 });
    expect(read.top).toMatchObject([{ id: 3, label: 'é' }]);
    expect(read.top[0].score).toBeCloseTo(1, 12);
    const readAs = (values: number[]) =>
      readVector(model, { name: 'mine', data: Float64Array.from(values) }, { engine });
    await expect(readAs([1, 2])).rejects.toThrow('width, 8, got 2 numbers in mine');
    await expect(readAs([...data.slice(1), Number.NaN])).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await expect(readAs([...data.slice(1), 1e60])).rejects.toMatchObject({ code: 'NOT_FINITE' });
  });
});

describe('parseVector', () => {
  const values = [1, -2.5, 3];
  const data = Float32Array.from(values);
  const json = (text: string) => parseVector(new TextEncoder().encode(text), 'v');

  it('reads JSON, .npy and .safetensors, told apart by their contents', async () => {
    for (const text of ['[1, -2.5, 3]', '\ufeff \n[[1,-2.5,3]]']) expect([...(await json(text)).data]).toEqual(values);
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".padEnd(117);
    const npy = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(`${header}\n`),
      Buffer.from(data.buffer),
    ]);
    expect(await parseVector(npy, 'v')).toEqual({ name: 'v', data });
    const one = await safetensors({ x: { shape: [3], data } });
    expect(await parseVector(one, 'v')).toEqual({ name: 'v:x', data });
  });

  it('asks for a name where several tensors fit', async () => {
    const two = await safetensors({
      x: { shape: [3], data },
      y: { shape: [1, 3], data },
      z: { shape: [2], data: data.slice(1) },
    });
    await expect(parseVector(two, 'v')).rejects.toThrow('Expected the name of one tensor of v, which has 3: x, y, z.');
    expect((await parseVector(two, 'v', { tensor: 'y' })).data).toEqual(data);
    expect((await parseVector(two, 'v', { width: 2 })).name).toBe('v:z');
    await expect(parseVector(two, 'v', { tensor: 'w' })).rejects.toMatchObject({ code: 'TENSOR_MISSING' });
    const table = await safetensors({ t: { shape: [3, 1], data } });
    await expect(parseVector(table, 'v')).rejects.toMatchObject({ code: 'TENSOR_SHAPE' });
  });

  it.each([
    ['{"a":1}', /found a JSON object: write its numbers as an array/],
    ['0.1 -2\n3e-4', /found numbers without brackets/],
    ['PK\u0003\u0004 and what a zip holds', /found a zip archive: of numpy's \.npz, save one array with numpy\.save/],
  ])('says what %j is', async (text, message) => {
    await expect(parseVector(new TextEncoder().encode(text), 'v')).rejects.toThrow(message);
  });

  it('refuses everything else in a sentence', async () => {
    for (const text of ['', '[1, "2"]', '[1, 2', '[[1],[2]]', '{}', 'hello world'])
      await expect(json(text)).rejects.toMatchObject({ code: expect.stringMatching(/^FORMAT_/) });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await parseVector(bytes, 'v').catch((error) => expect(error).toBeInstanceOf(WeightscopeError));
      }),
    );
  });
});
