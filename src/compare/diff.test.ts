import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Model, Parameter } from '../model/types.ts';
import { openModel } from '../node.ts';
import { readHead } from '../reading/heads.ts';
import { seeded } from '../reading/random.ts';
import type { TokenPair } from '../reading/types.ts';
import { memorySource } from '../source/memory.ts';
import { changesOf } from './changes.ts';
import { diffModels } from './diff.ts';
import { directionsOf } from './directions.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/adapters/', import.meta.url));
const open = (name: string) => openModel(FIXTURES + name, { cache: undefined });

/** A model with some parameters made anew, and the number of floats that were read of it. */
function altered(model: Model, change: (name: string, data: Float32Array) => Float32Array | undefined) {
  const read = { floats: 0 };
  const parameters = new Map(
    [...model.parameters].map(([name, parameter]): [string, Parameter] => [
      name,
      {
        ...parameter,
        async read(start = 0, end = parameter.count, ...rest) {
          const all = await parameter.read(0, parameter.count, ...rest);
          read.floats += (end - start) * parameter.width;
          return (change(name, all) ?? all).slice(start * parameter.width, end * parameter.width);
        },
      },
    ]),
  );
  return { model: { ...model, derived: true, parameters } as Model, read };
}

describe('what differs between two models', () => {
  it('is the Euclidean length of the difference beside that of the parameter', async () => {
    const [a, b] = [await open('lora/base'), await open('lora/merged')];
    for (const one of await changesOf(a, b)) {
      const [x, y] = [await a.parameters.get(one.name)!.read(), await b.parameters.get(one.name)!.read()];
      expect(one.size).toBeCloseTo(Math.hypot(...x), 6);
      expect(one.change).toBeCloseTo(Math.hypot(...y.map((value, i) => value - x[i])), 6);
      expect(one.verdict).toBe(/(norm|embed)/.test(one.name) ? 'same' : 'changed');
    }
  });

  describe('has the sizes that numpy finds in an adapter’s base and merged checkpoints (sizes.py there)', () => {
    const theirs = JSON.parse(readFileSync(`${FIXTURES}sizes.json`, 'utf8')) as Record<
      string,
      Record<string, number[]>
    >;
    const folders = [FIXTURES, `${process.env.WEIGHTSCOPE_ADAPTERS ?? FIXTURES}/`];
    for (const [name, sizes] of Object.entries(theirs)) {
      // Those of WEIGHTSCOPE_ADAPTERS are not part of the repository: they are asked for by who has them.
      const folder = folders.map((of) => of + name).find((of) => existsSync(of));
      if (folder === undefined) continue;
      it(name, async () => {
        const [a, b] = [await openModel(`${folder}/base`), await openModel(`${folder}/merged`)];
        const found = await changesOf(a, b);
        await Promise.all([a.close(), b.close()]);
        expect(found.map((one) => one.name).sort()).toEqual(Object.keys(sizes).sort());
        for (const { name: parameter, change, size, relative } of found) {
          const [far, length] = sizes[parameter];
          const near = (value: number) => expect.closeTo(value, 10);
          expect([parameter, change, size, relative]).toEqual([
            parameter,
            near(far),
            near(length),
            near(length === 0 ? (far === 0 ? 0 : Infinity) : far / length),
          ]);
        }
      });
    }
  });

  it('is nothing between a model and itself, of which every number is read once', async () => {
    const plain = await open('lora/base');
    const { model, read } = altered(plain, () => undefined);
    const found = await diffModels(plain, plain);
    expect(found.same).toBe(true);
    expect(found.parameters.every(({ verdict, change }) => verdict === 'same' && change === 0)).toBe(true);
    const twice = await diffModels(model, plain);
    expect(twice.same).toBe(true);
    expect(read.floats).toBe([...plain.parameters.values()].reduce((sum, { count, width }) => sum + count * width, 0));
  });

  it('is a tensor that no parameter is made of, too, which is named', async () => {
    const plain = await open('lora-bert/base');
    const name = 'cls.predictions.transform.dense.weight';
    const info = plain.tensors.get(name)!;
    const decode: typeof info.decode = (bytes, out) => {
      info.decode(bytes, out);
      out[3] += 1;
    };
    const source = { ...info.source, name: 'another', slice: info.source.slice.bind(info.source) };
    const tensors = new Map(plain.tensors).set(name, { ...info, source, decode });
    const { same, notes, overall } = await diffModels(plain, { ...plain, tensors });
    expect([same, overall.verdict]).toEqual([false, 'same']);
    expect(notes).toEqual([`A tensor that no parameter is made of differs, too: ${name}.`]);
    expect(await diffModels(plain, plain)).toMatchObject({ same: true, notes: [] });
  });

  it('is whole numbers that no reading has a use for, another shape, or a tensor of one of both', async () => {
    const plain = await open('lora-bert/base');
    const [name, other] = plain.unread!;
    const info = plain.tensors.get(name)!;
    const refusal = { code: 'FORMAT_UNSUPPORTED', message: 'whole numbers' } as const;
    const count = (info.end - info.start) / 4;
    const whole = (last: number) => {
      const bytes = new Uint8Array(info.end - info.start);
      bytes[bytes.length - 1] = last;
      const made = {
        ...info,
        dtype: 'I32',
        source: { ...memorySource(bytes), name: `${last}` },
        start: 0,
        end: 4 * count,
      };
      return { ...plain, tensors: new Map(plain.tensors).set(name, { ...made, refusal }) };
    };
    const notes = [`A tensor that no parameter is made of differs, too: ${name}.`];
    expect(await diffModels(whole(1), whole(1))).toMatchObject({ same: true, notes: [] });
    expect(await diffModels(whole(1), whole(2))).toMatchObject({ same: false, notes });
    const turned = new Map(plain.tensors).set(name, { ...info, shape: [...info.shape].reverse().concat(1) });
    expect(await diffModels(plain, { ...plain, tensors: turned })).toMatchObject({ same: false, notes });
    const without = new Map(plain.tensors);
    for (const lost of [name, other]) without.delete(lost);
    const alone = await diffModels(plain, { ...plain, tensors: without, unread: plain.unread!.slice(2) });
    expect(alone.notes).toEqual([`2 tensors that no parameter is made of differ, too: ${name}, ${other}.`]);
  });

  it.each([
    ['NaN', Number.NaN],
    ['infinite', Number.NEGATIVE_INFINITY],
  ])(
    'is a number that is %s in one alone, beside what changed as well, and no such number in both',
    async (_, broken) => {
      const [plain, merged] = [await open('lora/base'), await open('lora/merged')];
      const with1 = (model: Model) =>
        altered(model, (name, data) => (/0\.(attn\.q|ff\.up)$/.test(name) ? data.with(1, broken) : undefined)).model;
      const found = await diffModels(plain, with1(plain));
      expect(found.same).toBe(false);
      expect(found.parameters.filter(({ verdict }) => verdict !== 'same')).toMatchObject([
        { name: 'layer.0.attn.q', verdict: 'changed', change: 0, notFinite: 1 },
        { name: 'layer.0.ff.up', verdict: 'changed', change: 0, notFinite: 1 },
      ]);
      expect((await diffModels(with1(plain), with1(plain))).same).toBe(true);
      // Its words are not read, those of the others are.
      for (const [a, b] of [
        [plain, with1(merged)],
        [with1(plain), with1(merged)],
      ]) {
        const { neurons, parameters } = await diffModels(a, b);
        expect(parameters.find(({ name }) => name === 'layer.0.ff.up')).toMatchObject({
          verdict: 'changed',
          notFinite: 1,
        });
        expect(neurons.length).toBeGreaterThan(0);
      }
    },
  );

  it('is rounding where it is no larger than a coarser type makes it', async () => {
    const plain = await open('lora/base');
    const types = new Map([...plain.tensors].map(([name, info]) => [name, { ...info, dtype: 'BF16' }]));
    const round = new DataView(new ArrayBuffer(4));
    const { model } = altered({ ...plain, tensors: types }, (name, data) =>
      /norm/.test(name)
        ? undefined
        : data.map((x) => {
            round.setFloat32(0, x);
            round.setUint32(0, (round.getUint32(0) + 0x7fff + ((round.getUint32(0) >>> 16) & 1)) & 0xffff0000);
            return round.getFloat32(0);
          }),
    );
    const found = await changesOf(plain, model);
    for (const { kind, verdict, relative, rounding } of found)
      if (!/norm/.test(kind)) {
        expect([kind, verdict]).toEqual([kind, 'rounding']);
        expect(relative / rounding!).toBeGreaterThan(0.7);
      }
  });

  it('is no rounding where one number moved further than that, or both are of the coarser type already', async () => {
    const plain = await open('lora/base');
    const ofType = (model: Model, dtype: string): Model => ({
      ...model,
      tensors: new Map([...plain.tensors].map(([name, info]) => [name, { ...info, dtype }])),
    });
    const bits = new DataView(new ArrayBuffer(4));
    const bf16 = (x: number): number => {
      bits.setFloat32(0, x);
      bits.setUint32(0, (bits.getUint32(0) + 0x7fff + ((bits.getUint32(0) >>> 16) & 1)) & 0xffff0000);
      return bits.getFloat32(0);
    };
    const rounded = altered(plain, (_, data) => data.map(bf16)).model;
    const oneOff = altered(plain, (name, data) =>
      name === 'layer.0.ff.key' ? data.map(bf16).with(5, data[5] * 1.02) : data.map(bf16),
    ).model;
    const found = await changesOf(plain, ofType(oneOff, 'BF16'));
    expect(found.filter(({ verdict }) => verdict === 'changed')).toMatchObject([{ name: 'layer.0.ff.key', beyond: 1 }]);
    // A small training in BF16: less than rounding would do to all numbers together, but in few of them, and further.
    const trained = altered(rounded, (name, data) =>
      name === 'layer.1.attn.o' ? data.map((x, i) => (i % 16 === 0 ? bf16(x * 1.03) : x)) : undefined,
    ).model;
    const small = await changesOf(ofType(rounded, 'BF16'), ofType(trained, 'BF16'));
    const [changed] = small.filter(({ verdict }) => verdict !== 'same');
    expect(changed).toMatchObject({ name: 'layer.1.attn.o', verdict: 'changed', moved: 4, beyond: 4 });
    const whole = await diffModels(ofType(rounded, 'BF16'), ofType(trained, 'BF16'), { neurons: 0, heads: 0 });
    expect(whole.overall.verdict).toBe(whole.overall.relative < 0.00153 ? 'nearly' : 'changed');
    expect((await diffModels(plain, ofType(rounded, 'BF16'))).overall.verdict).toBe('rounding');
  });

  describe('finds neurons and heads in another order', () => {
    const architecture = (name: string) =>
      openModel(fileURLToPath(new URL(`../../test/fixtures/architectures/${name}`, import.meta.url)), {
        cache: undefined,
      });
    /** Moves block i of a parameter to `to[i]`; blocks are of one size. */
    const moved = (data: Float32Array, to: readonly number[]): Float32Array => {
      const [out, size] = [new Float32Array(data.length), data.length / to.length];
      for (const [from, place] of to.entries()) out.set(data.subarray(from * size, (from + 1) * size), place * size);
      return out;
    };
    /** Layer 1 of a model with the blocks of some parameters moved. */
    const planted = async (model: Model, places: Readonly<Record<string, readonly number[]>>) => {
      const { model: other } = altered(model, (name, data) => {
        const to = places[name.replace(/^layer\.1\./, '')];
        return name.startsWith('layer.1.') && to ? moved(data, to) : undefined;
      });
      return other;
    };
    const neurons = Array.from({ length: 12 }, (_, i) => (i + 5) % 12);
    const ofFeedForward = { 'ff.key': neurons, 'ff.up': neurons, 'ff.value': neurons };

    it('a layer’s neurons, its heads, and both, and no other change', async () => {
      const plain = await open('lora/base');
      const ofAttention = { 'attn.q': [1, 0], 'attn.o': [1, 0] };
      const feedForward = {
        layer: 'layer.1.ff',
        units: 'neurons',
        moved: 12,
        count: 12,
        equivalent: true,
        parameters: ['layer.1.ff.key', 'layer.1.ff.up', 'layer.1.ff.value'],
      };
      const attention = {
        layer: 'layer.1.attn',
        units: 'heads',
        moved: 2,
        count: 2,
        keyValue: { moved: 0, count: 1 },
        equivalent: true,
        parameters: ['layer.1.attn.q', 'layer.1.attn.o', 'layer.1.attn.k', 'layer.1.attn.v'],
      };
      for (const [places, answer, names] of [
        [ofFeedForward, [feedForward], 3],
        [ofAttention, [attention], 2],
        [{ ...ofFeedForward, ...ofAttention }, [attention, feedForward], 5],
      ] as const) {
        const found = await diffModels(plain, await planted(plain, places));
        expect(found.reordered).toEqual(answer);
        expect([found.same, found.overall]).toEqual([false, { relative: 0, verdict: 'reordered' }]);
        expect(found.parameters.filter(({ verdict }) => verdict === 'reordered')).toHaveLength(names);
        expect(found.parameters.filter(({ verdict }) => verdict === 'changed')).toEqual([]);
        expect([...found.neurons, ...found.heads, ...found.directions, ...found.sides]).toEqual([]);
      }
    });

    it('two neurons of a thousand that changed places', async () => {
      const plain = await openModel('sample', { cache: undefined });
      const swap = Array.from({ length: 1536 }, (_, i) => (i === 7 ? 900 : i === 900 ? 7 : i));
      const other = await planted(plain, { 'ff.key': swap, 'ff.up': swap, 'ff.value': swap });
      const found = await diffModels(plain, other, { neurons: 0, heads: 0 });
      expect(found.reordered).toMatchObject([{ layer: 'layer.1.ff', moved: 2, count: 1536 }]);
      await plain.close();
    }, 120_000);

    const heads = [2, 3, 1, 0];
    const groups = [1, 0];
    const all = { 'attn.q': heads, 'attn.o': heads, 'attn.k': groups, 'attn.v': groups };
    it.each([
      ['qwen3', {}, true],
      ['olmo2', { 'norm.q': heads, 'norm.k': groups }, true],
      ['gpt_oss', { 'attn.q_bias': heads, 'attn.k_bias': groups, 'attn.v_bias': groups, 'attn.sinks': heads }, true],
    ] as const)('groups of heads with their key-value heads, and all that is theirs: %s', async (name, own, same) => {
      const plain = await architecture(name);
      const places: Record<string, readonly number[]> = { ...all, ...own };
      const { reordered, parameters } = await diffModels(plain, await planted(plain, places));
      expect(reordered).toMatchObject([
        { layer: 'layer.1.attn', moved: 4, count: 4, keyValue: { moved: 2, count: 2 }, equivalent: same },
      ]);
      expect(parameters.filter(({ verdict }) => verdict === 'changed')).toEqual([]);
      // What does not move with its head is a change, and not an order.
      for (const left of Object.keys(places)) {
        const { [left]: _, ...others } = places;
        const found = await diffModels(plain, await planted(plain, others), { neurons: 0, heads: 0 });
        expect([left, found.reordered]).toEqual([left, []]);
      }
    });

    it('but says that a layer may do otherwise where positions are told by a head’s number', async () => {
      const plain = await architecture('bloom');
      const { heads: count } = plain.dimensions;
      const to = Array.from({ length: count }, (_, i) => count - 1 - i);
      const names = ['q', 'k', 'v', 'o', 'q_bias', 'k_bias', 'v_bias'].map((part) => [`attn.${part}`, to] as const);
      const { reordered } = await diffModels(plain, await planted(plain, Object.fromEntries(names)));
      expect(reordered).toMatchObject([{ layer: 'layer.1.attn', equivalent: false }]);
      expect(reordered[0]).not.toHaveProperty('keyValue');
    });
  });

  it('is no move of a token that stands in another row, and a move of one that does not', async () => {
    const sample = await openModel('sample', { cache: undefined });
    const tables = new Map([...sample.parameters].filter(([name]) => /embed$/.test(name)));
    const plain: Model = { ...sample, parameters: tables };
    const swap = (id: number) => (id === 300 ? 301 : id === 301 ? 300 : id);
    const { model } = altered(plain, (name, data) => {
      if (name !== 'embed' && name !== 'unembed') return undefined;
      const [out, width] = [data.slice(), 576];
      for (const id of [300, 301]) out.set(data.subarray(swap(id) * width, (swap(id) + 1) * width), id * width);
      for (let i = 0; i < width; i++) out[400 * width + i] *= 2;
      return out;
    });
    const own = plain.vocabulary!;
    const vocabulary = new Proxy(own, {
      get(_, name) {
        const is = Reflect.get(own, name, own);
        if (typeof is !== 'function') return is;
        return (id: unknown, ...more: unknown[]) => is.call(own, typeof id === 'number' ? swap(id) : id, ...more);
      },
    });
    const asked = { neurons: 0, heads: 0, k: 1, words: 0 };
    const found = await diffModels(plain, { ...model, vocabulary }, asked);
    expect(found.rows.map(({ token }) => token.id)).toEqual([400]);
    expect(found.rows[0].relative).toBeCloseTo(1, 6);
    expect(found.notes.join(' ')).toMatch(/Some tokens stand in other rows: rows of embed and unembed are compared by/);
    const changed = ({ parameters }: typeof found) => parameters.filter(({ verdict }) => verdict !== 'same');
    expect(changed(found)).toMatchObject([{ name: 'embed', vectors: [{ index: 400 }] }]);
    // Nothing but the order of tokens: no number differs, and the headers say so.
    const { model: ordered } = altered(plain, (name, data) => {
      if (name !== 'embed' && name !== 'unembed') return undefined;
      const [out, width] = [data.slice(), 576];
      for (const id of [300, 301]) out.set(data.subarray(swap(id) * width, (swap(id) + 1) * width), id * width);
      return out;
    });
    const alone = await diffModels(plain, { ...ordered, vocabulary }, asked);
    expect(changed(alone)).toEqual([]);
    expect([alone.same, alone.overall.verdict, alone.rows]).toEqual([false, 'same', []]);
    expect(alone.notes.join(' ')).toMatch(/Some tokens stand in other rows/);
    await sample.close();
  }, 60_000);

  it.each(['', '#encoder', '#cross'])('counts what bart%s has under two names once', async (stack) => {
    const folder = fileURLToPath(new URL('../../test/fixtures/architectures/bart', import.meta.url));
    const a = await openModel(folder + stack, { cache: undefined });
    const { model } = altered(a, (name, data) =>
      /^(decoder\.)?layer\.0\.ff\.key$/.test(name) === (stack !== '#encoder' || name.startsWith('decoder'))
        ? data.map((value) => (/\.ff\.key$/.test(name) ? 1.5 * value : value))
        : undefined,
    );
    const changes = await changesOf(a, model);
    expect(changes.filter(({ verdict }) => verdict === 'changed').map(({ name }) => name)).toEqual([
      stack === '#encoder' ? 'decoder.layer.0.ff.key' : 'layer.0.ff.key',
    ]);
    const tensors = changes.map(({ name }) => String(a.parameters.get(name)!.tensors));
    expect(new Set(tensors).size).toBe(tensors.length);
  });

  it('compares two models that have no token in common as they stand, and says so', async () => {
    const sample = await openModel('sample', { cache: undefined });
    const plain: Model = {
      ...sample,
      parameters: new Map([...sample.parameters].filter(([name]) => name === 'norm.final')),
    };
    const vocabulary = new Proxy(plain.vocabulary!, {
      get(own, name) {
        const is = Reflect.get(own, name, own);
        if (typeof is !== 'function') return is;
        const other = name === 'text' || name === 'piece';
        return (...asked: unknown[]) => (other ? `other ${asked[0]}` : is.apply(own, asked));
      },
    });
    const found = await diffModels(plain, { ...plain, vocabulary }, { neurons: 0, heads: 0, k: 1, words: 0 });
    expect(found.headers.tokens).toEqual([
      'No token of sample is a token of sample: rows of embed and unembed are compared as they stand.',
    ]);
    expect([found.same, found.overall.verdict]).toEqual([false, 'same']);
    await sample.close();
  });

  it('names the neuron, the head and the token that changed most', async () => {
    const plain = await openModel('sample', { cache: undefined });
    const king = plain.vocabulary!.find(' king')[0];
    const e = await plain.parameters.get('unembed')!.read(king, king + 1);
    const { model } = altered(plain, (name, data) => {
      const width = 576;
      const out = data.slice();
      if (name === 'layer.3.ff.value') for (let i = 0; i < width; i++) out[7 * width + i] += 2 * e[i];
      else if (name === 'layer.2.attn.o') for (let i = 0; i < 64 * width; i++) out[4 * 64 * width + i] *= 2;
      else return undefined;
      return out;
    });
    const found = await diffModels(plain, model, { neurons: 1, heads: 1, k: 3, words: 0, intruders: false });
    expect(found.neurons[0]).toMatchObject({ layer: 3, neuron: 7, part: 'value' });
    expect(found.neurons[0].top[0].label).toBe('·king');
    expect(found.heads[0]).toMatchObject({ layer: 2, head: 4, matrix: 'vo' });
    // Twice the output adds the product itself: both ends of the head as it was.
    const ends = async (ascending: boolean) =>
      (await readHead(plain, 2, 4, { matrices: ['vo'], k: 3, normalize: 'cosine', ascending })).vo!.pairs;
    const words = (pairs: readonly TokenPair[]) => pairs.map(({ first, second }) => [first.id, second.id]);
    expect(words(found.heads[0].pairs)).toEqual(words(await ends(false)));
    expect(words(found.heads[0].lowest)).toEqual(words(await ends(true)));
    expect(found.directions[0].effectiveRank).toBeLessThan(70);
    await plain.close();
  }, 60_000);
});

describe('directions of a change', () => {
  it('are the singular vectors: a planted one is found, and random numbers have their own share', async () => {
    const uniform = seeded(7);
    const [rows, width] = [60, 24];
    const u = Float64Array.from({ length: rows }, () => uniform() - 0.5);
    const v = Float64Array.from({ length: width }, () => uniform() - 0.5);
    const made = (data: Float32Array): Parameter => ({
      name: 'made',
      shape: [rows, width],
      count: rows,
      width,
      tensors: [],
      read: async () => data,
    });
    const planted = await directionsOf(
      made(Float32Array.from({ length: rows * width }, (_, i) => u[Math.floor(i / width)] * v[i % width])),
      2,
    );
    const length = Math.hypot(...v);
    const cosine = planted.vectors[0].reduce((sum, x, i) => sum + (x * v[i]) / length, 0);
    expect(Math.abs(cosine)).toBeCloseTo(1, 6);
    expect(planted.shares[0]).toBeCloseTo(1, 6);
    expect(planted.values[0]).toBeCloseTo(length * Math.hypot(...u), 5);
    // Probes of ±1 give a matrix of one direction its rank up to their own spread.
    expect(planted.effectiveRank).toBeGreaterThan(0.4);
    expect(planted.effectiveRank).toBeLessThan(2.5);
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const random = await directionsOf(made(Float32Array.from({ length: rows * width }, normal)), 1);
    expect(random.shares[0] / random.random.share).toBeGreaterThan(0.8);
    expect(random.shares[0] / random.random.share).toBeLessThan(1.2);
    expect(random.effectiveRank / random.random.effectiveRank).toBeGreaterThan(0.8);
    expect(random.effectiveRank / random.random.effectiveRank).toBeLessThan(1.25);
  });
});
