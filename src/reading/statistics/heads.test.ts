import { describe, expect, it } from 'vitest';
import * as brute from '../../../test/brute-force.ts';
import { type TinyModel, tinyModel } from '../../../test/tiny-model.ts';
import { referenceEngine } from '../../engine/reference/reference.ts';
import { headFactors } from '../factors.ts';
import { compositions } from './composition.ts';
import { copyingScore, headCopying } from './copying.ts';
import { eigenvalues } from './eigenvalues.ts';
import { type Dense, dense, singular, times, timesTransposed, transposed } from './linear.ts';
import { gaussian, nullOf } from './nulls.ts';
import { headSelf } from './self.ts';
import { headSpectrum, spanScores, spansOf } from './spectrum.ts';

const engine = referenceEngine();
const MATRICES = ['vo', 'qk'] as const;

/** Heads of normal random numbers; head 0 copies (what it reads it writes), head 1 does the opposite. */
function planted(seed = 1): TinyModel {
  const model = tinyModel({ vocab: 300, hidden: 32, headDim: 16, heads: 6, kvHeads: 6, layers: 1 });
  for (const [i, name] of [
    'unembed',
    'layer.0.attn.v',
    'layer.0.attn.o',
    'layer.0.attn.q',
    'layer.0.attn.k',
  ].entries()) {
    const { data } = model.arrays.get(name)!;
    data.set(gaussian(data.length, 10 * seed + i));
  }
  // All tokens have much in common, as those of real models.
  const e = model.arrays.get('unembed')!.data;
  for (let i = 0; i < e.length; i += 32) e[i] += 6;
  for (const [first, second] of [
    ['v', 'o'],
    ['q', 'k'],
  ]) {
    const [a, b] = [first, second].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data);
    const size = 16 * 32;
    b.set(a.subarray(0, size), 0);
    b.set(
      a.subarray(size, 2 * size).map((x) => -x),
      size,
    );
  }
  return model;
}

/** W₁ᵀ W₂ [d, d] of a head. */
function whole(model: TinyModel, layer: number, head: number, matrix: 'vo' | 'qk'): Dense {
  const { heads, kvHeads, headDim, hidden } = model.dimensions;
  const part = (name: 'q' | 'k' | 'v' | 'o'): Dense => {
    const own = name === 'q' || name === 'o' ? head : Math.floor((head * kvHeads) / heads);
    const rows = brute.vectors(model, layer, `attn.${name}`, {}).slice(own * headDim, (own + 1) * headDim);
    return dense({ data: rows.flat(), rows: headDim, columns: hidden });
  };
  const [one, two] = matrix === 'vo' ? [part('v'), part('o')] : [part('q'), part('k')];
  return times(transposed(one), two);
}

async function collected<T>(generated: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of generated) all.push(one);
  return all;
}

const norm = ({ data }: Dense) => Math.hypot(...data);

describe('headCopying', () => {
  it.each(['none', 'freq'] as const)(
    'has the eigenvalues and the diagonal of the V x V matrix, with %s',
    async (normalize) => {
      const model = tinyModel();
      for (const matrix of MATRICES) {
        const options = { engine, normalize, draws: 2, centre: false };
        const found = await headCopying(model, 1, matrix, options);
        expect(found.map(({ head }) => head)).toEqual([0, 1, 2, 3]);
        for (const { head, score, diagonal, eigenvalues: values } of found) {
          const m = brute.interaction(model, 1, head, matrix, { normalize });
          const all = eigenvalues(dense({ data: m.flat(), rows: 30, columns: 30 }));
          const moduli = all.real.map((x, i) => Math.hypot(x, all.imaginary[i])).sort((p, q) => q - p);
          for (const [i, { real, imaginary }] of values.entries())
            expect(Math.hypot(real, imaginary) / moduli[i]).toBeCloseTo(1, 4);
          const trace = m.reduce((sum, row, i) => sum + row[i], 0);
          expect(score.value).toBeCloseTo(trace / moduli.slice(0, 3).reduce((a, b) => a + b), 4);
          expect(diagonal.value / (trace / 30)).toBeCloseTo(1, 4);
        }
      }
    },
  );

  it('finds a planted copying head at z > 5, its opposite at z < -5, random heads at |z| < 3', async () => {
    const random: number[] = [];
    for (const seed of [1, 2, 3]) {
      for (const matrix of MATRICES) {
        const [copies, opposes, ...others] = await headCopying(planted(seed), 0, matrix, { engine });
        expect(copies.score.value).toBeCloseTo(1, 6);
        expect(opposes.score.value).toBeCloseTo(-1, 6);
        for (const [head, sign] of [
          [copies, 1],
          [opposes, -1],
        ] as const) {
          expect(sign * head.score.random!.z).toBeGreaterThan(5);
          expect(sign * head.score.shuffled!.z).toBeGreaterThan(5);
          expect(sign * head.diagonal.random!.z).toBeGreaterThan(5);
          expect(sign * head.diagonal.shuffled!.z).toBeGreaterThan(5);
        }
        random.push(...others.flatMap(({ score, diagonal }) => [score.random!.z, diagonal.random!.z]));
      }
    }
    expect(Math.max(...random.map(Math.abs))).toBeLessThan(3);
    // The deviation is that of a standard normal: the null is neither too wide nor too narrow.
    expect(nullOf(random).sd).toBeGreaterThan(0.6);
    expect(nullOf(random).sd).toBeLessThan(1.4);
  });

  /** Planted heads over an E whose other dimensions are so much smaller. */
  const large = (seed: number, dimensions: readonly number[], others: number): TinyModel => {
    const model = planted(seed);
    const e = model.arrays.get('unembed')!.data;
    for (let at = 0; at < e.length; at++) if (!dimensions.includes(at % 32)) e[at] *= others;
    return model;
  };

  it('finds a copying head where E has some large dimensions, and takes random ones for what they are', async () => {
    const others: number[] = [];
    for (const seed of [1, 2]) {
      // The deviation of a random head's score is 0.3 to 0.4 then: a copier's score of 1 is but three of them.
      const [copies, opposes, ...random] = await headCopying(large(seed, [3, 7, 11], 1 / 8), 0, 'vo', {
        engine,
      });
      for (const { score } of [copies, opposes]) {
        expect(Math.abs(score.random!.z)).toBeLessThan(4.5);
        expect(score.random!.p).toBeLessThan(1e-3);
        expect(score.shuffled!.p).toBeLessThan(1e-3);
      }
      others.push(...random.map(({ score }) => score.random!.p));
    }
    expect(Math.min(...others)).toBeGreaterThan(0.005);
  });

  it('says of no head that it copies where E has one direction, in which every head does or does the opposite', async () => {
    for (const seed of [1, 2]) {
      for (const { score } of await headCopying(large(seed, [3], 0), 0, 'vo', { engine })) {
        expect(Math.abs(score.value)).toBeCloseTo(1, 6);
        expect([score.random!.p, score.shuffled!.p]).toEqual([1, 1]);
      }
      // Two directions: both eigenvalues have one sign in a fifth of all heads.
      const [copies] = await headCopying(large(seed, [3, 7], 0), 0, 'vo', { engine });
      expect(copies.score.random!.p).toBeGreaterThan(0.1);
    }
  });

  it('has the nulls that random heads and shuffled vocabularies really give', async () => {
    const model = planted();
    const [{ score, diagonal }] = await headCopying(model, 0, 'vo', {
      engine,
      from: 3,
      to: 4,
      centre: false,
      draws: 400,
    });
    const { a, b } = await headFactors(model, 0, 3, 'vo', { engine, normalize: 'none' });
    const [A, B] = [dense(a), dense(b)];
    const shuffledDraws = Array.from({ length: 400 }, (_, i) => {
      const keys = gaussian(300, 5000 + i);
      const order = Array.from(keys.keys()).sort((p, q) => keys[p] - keys[q]);
      const data = Float64Array.from(A.data, (__, at) => A.data[order[Math.floor(at / 16)] * 16 + (at % 16)]);
      return times(transposed(B), { ...A, data });
    });
    const trace = ({ data }: Dense) => Array.from({ length: 16 }, (_, i) => data[i * 17]).reduce((x, y) => x + y) / 300;
    const e = dense(model.arrays.get('unembed')!);
    const size = 16 * 32;
    const w = (part: string): Dense => ({
      data: Float64Array.from(model.arrays.get(`layer.0.attn.${part}`)!.data.subarray(3 * size, 4 * size)),
      rows: 16,
      columns: 32,
    });
    const reads = times(times(transposed(e), e), transposed(w('v')));
    const turnedDraws = Array.from({ length: 400 }, (_, i) => {
      // W_O turned at random: its Gram matrix kept, its directions new.
      const { u, s } = singular(w('o'));
      const frame = singular({ data: gaussian(size, 7000 + i), rows: 16, columns: 32 }).v;
      const turned = timesTransposed(
        { ...u, data: u.data.map((x, at) => x * s[at % 16]) },
        { ...frame, data: frame.data },
      );
      return times(turned, reads);
    });
    for (const [theirs, ours, ofScore] of [
      [shuffledDraws, diagonal.shuffled!, score.shuffled!],
      [turnedDraws, diagonal.random!, score.random!],
    ] as const) {
      const traces = nullOf(theirs.map(trace));
      expect(Math.abs(traces.mean - ours.mean)).toBeLessThan(0.2 * ours.sd);
      expect(Math.abs(traces.sd / ours.sd - 1)).toBeLessThan(0.12);
      const scores = nullOf(theirs.map((m) => copyingScore(eigenvalues(m))));
      expect(Math.abs(scores.mean - ofScore.mean)).toBeLessThan(0.25 * ofScore.sd);
      expect(Math.abs(scores.sd / ofScore.sd - 1)).toBeLessThan(0.2);
    }
  });

  it('finds a planted copier of an untied model where each side stands against its own table, and not elsewhere', async () => {
    // W_E W_V W_O W_U with W_V = 1 and W_O = W_Eᵀ W_U: all eigenvalues are positive.
    const model = tinyModel({ vocab: 60, hidden: 8, headDim: 8, heads: 1, kvHeads: 1, layers: 1 });
    const [e, u] = ['embed', 'unembed'].map((name) => dense(model.arrays.get(name)!));
    const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data.fill(0));
    for (let i = 0; i < 8; i++) v[i * 9] = 1;
    o.set(times(transposed(e), u).data);
    const scored = async (options: object) => {
      const [{ score, diagonal }] = await headCopying(model, 0, 'vo', { engine, centre: false, ...options });
      return { score: score.value, diagonal: diagonal.random!.p };
    };
    const own = await scored({ embedding: 'own' });
    expect(own.score).toBeCloseTo(1, 6);
    expect(own.diagonal).toBeLessThan(1e-3);
    for (const embedding of ['embed', 'unembed']) expect((await scored({ embedding })).score).toBeLessThan(0.7);
    // Against the V x V matrix itself.
    const m = timesTransposed(
      times(e, times(transposed(dense(model.arrays.get('layer.0.attn.v')!)), dense({ data: o, rows: 8, columns: 8 }))),
      u,
    );
    const [{ diagonal }] = await headCopying(model, 0, 'vo', { engine, centre: false, embedding: 'own' });
    const trace = Array.from({ length: 60 }, (_, i) => m.data[i * 61]).reduce((a, b) => a + b) / 60;
    expect(diagonal.value / trace).toBeCloseTo(1, 5);
    const [{ top1 }] = await headSelf(model, 0, 'vo', { engine, embedding: 'own' });
    const best = Array.from({ length: 60 }, (_, i) => {
      const row = m.data.subarray(i * 60, (i + 1) * 60);
      return row.indexOf(Math.max(...row)) === i;
    });
    expect(top1.value).toBe(best.filter(Boolean).length / 60);
  });

  it('has a p that does not hang on the few draws', async () => {
    const p: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const [, , head] = await headCopying(planted(seed), 0, 'vo', { engine, seed });
      const [, , same] = await headCopying(planted(seed), 0, 'vo', { engine, seed: seed + 50 });
      expect(Math.abs(Math.log(head.score.random!.p / same.score.random!.p))).toBeLessThan(0.7);
      p.push(head.score.random!.p, head.score.shuffled!.p);
    }
    expect(Math.min(...p)).toBeGreaterThan(1e-3);
  });

  it('scores 0 where there is nothing', () => {
    expect(copyingScore({ real: [0, 0], imaginary: [0, 0] })).toBe(0);
    expect(copyingScore({ real: [1, 1], imaginary: [1, -1] })).toBeCloseTo(Math.SQRT1_2, 12);
  });
});

describe('headSelf', () => {
  it('equals whole rows, sorted, equal scores by id', async () => {
    for (const coarse of [false, true]) {
      const model = tinyModel({ seed: 3, coarse });
      for (const matrix of MATRICES) {
        for (const { head, ...found } of await headSelf(model, 0, matrix, { engine, randomHeads: 0 })) {
          const m = brute.interaction(model, 0, head, matrix, { normalize: 'none' });
          const place = (i: number, sign: number) =>
            m[i].filter((s, j) => sign * s > sign * m[i][i] || (s === m[i][i] && j < i)).length;
          const share = (sign: number, k: number) => m.filter((_, i) => place(i, sign) < k).length / 30;
          expect(found.top1.value).toBe(share(1, 1));
          expect(found.top5.value).toBe(share(1, 5));
          expect(found.bottom1.value).toBe(share(-1, 1));
          expect(found.bottom5.value).toBe(share(-1, 5));
          expect(found.top5.shuffled!.mean).toBeCloseTo(5 / 30, 12);
        }
      }
    }
  });

  it('finds planted heads that copy and suppress, and no others', async () => {
    for (const matrix of MATRICES) {
      const [copies, opposes, ...others] = await headSelf(planted(), 0, matrix, { engine, sample: 100 });
      expect(copies.top5.value).toBeGreaterThan(0.3);
      for (const tested of [copies.top1, copies.top5, opposes.bottom1, opposes.bottom5]) {
        expect(tested.random!.z).toBeGreaterThan(5);
        expect(tested.shuffled!.z).toBeGreaterThan(5);
      }
      const z = others.flatMap(({ top1, top5, bottom1, bottom5 }) =>
        [top1, top5, bottom1, bottom5].map((t) => t.random!.z),
      );
      expect(Math.max(...z.map(Math.abs))).toBeLessThan(3);
    }
  });
});

describe('headSpectrum', () => {
  it.each([{}, { hidden: 4, headDim: 6 }])('puts W₁ᵀW₂ together again (%o)', async (sizes) => {
    const model = tinyModel(sizes);
    for (const matrix of MATRICES) {
      const found = await headSpectrum(model, 1, 3, matrix);
      const m = whole(model, 1, 3, matrix);
      const { s } = singular(m);
      const left = dense(found.left);
      const data = left.data.map((x, at) => x * found.values[Math.floor(at / left.columns)]);
      const again = times(transposed({ ...left, data }), dense(found.right));
      for (const [i, x] of again.data.entries()) expect(x).toBeCloseTo(m.data[i], 5);
      for (const [i, value] of found.values.entries()) expect(value).toBeCloseTo(s[i], 10);
      expect(found.fit.value).toBeCloseTo(norm(m) ** 2, 8);
      expect(found.effectiveRank).toBeLessThanOrEqual(found.values.length);
    }
  });

  it('tells directions from spans', async () => {
    expect(spansOf([3, 2, 2, 1, 0], 0.01)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 3 },
      { start: 3, end: 4 },
    ]);
    expect(spansOf([1, 0.995, 0.99, 0.5], 0.01).map(({ end }) => end)).toEqual([3, 4]);
    expect(spansOf([0, 0], 0.01)).toEqual([]);
    const model = tinyModel({ headDim: 4, heads: 1, kvHeads: 1 });
    const [v, o] = ['v', 'o'].map((part) => model.arrays.get(`layer.0.attn.${part}`)!.data.fill(0));
    for (const [i, s] of [3, 2, 2, 1].entries()) {
      v[i * 8 + i] = s;
      o[i * 8 + 7 - i] = 1;
    }
    const { values, spans, left, right } = await headSpectrum(model, 0, 0, 'vo');
    for (const [i, s] of [3, 2, 2, 1].entries()) expect(values[i]).toBeCloseTo(s, 12);
    expect(spans.map(({ start, end }) => end - start)).toEqual([1, 2, 1]);
    // Directions come with a sign that does not depend on the solver; a span's scores do not depend on its basis.
    expect([left.data[0], right.data[7]]).toEqual([1, 1]);
    const e = model.arrays.get('unembed')!;
    const span = { ...left, data: left.data.subarray(8, 24), rows: 2 };
    const scores = await spanScores(e, span, { engine });
    for (let i = 0; i < 30; i++) expect(scores[i]).toBeCloseTo(Math.hypot(e.data[i * 8 + 1], e.data[i * 8 + 2]), 5);
    await expect(headSpectrum(model, 0, 0, 'vo', { gap: 1 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('tests how well the halves fit: a head that copies a subspace does, random ones do not', async () => {
    const z = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (head) => (await headSpectrum(planted(2), 0, head, 'vo')).fit.random!.z),
    );
    expect(Math.min(z[0], z[1])).toBeGreaterThan(5);
    expect(Math.max(...z.slice(2).map(Math.abs))).toBeLessThan(3);
  });
});

describe('compositions', () => {
  it('equals the norms of whole products', async () => {
    const model = tinyModel({ layers: 3 });
    const seen: string[] = [];
    for await (const { from, to, heads, score, baseline } of compositions(model, { engine })) {
      seen.push(`${from}-${to}`);
      expect(heads).toEqual([4, 4]);
      expect(baseline).toBeCloseTo(1 / Math.sqrt(8), 12);
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const [vo, later, qk] = [whole(model, from, i, 'vo'), whole(model, to, j, 'vo'), whole(model, to, j, 'qk')];
          const ratio = (x: Dense, y: Dense) => norm(times(x, y)) / norm(x) / norm(y);
          expect(score.q[i * 4 + j]).toBeCloseTo(ratio(vo, qk), 5);
          expect(score.k[i * 4 + j]).toBeCloseTo(ratio(vo, transposed(qk)), 5);
          expect(score.v[i * 4 + j]).toBeCloseTo(ratio(vo, later), 5);
        }
      }
    }
    expect(seen).toEqual(['0-1', '0-2', '1-2']);
  });

  it('finds a planted pair of heads among random ones', async () => {
    const model = tinyModel({ hidden: 48, headDim: 6, heads: 4, kvHeads: 4 });
    for (const [i, [name, { data }]] of [...model.arrays].entries())
      if (name.includes('attn.')) data.set(gaussian(data.length, i));
    // Head 2 of layer 1 looks for what head 1 of layer 0 wrote.
    const wrote = model.arrays.get('layer.0.attn.o')!.data.subarray(6 * 48, 12 * 48);
    model.arrays.get('layer.1.attn.k')!.data.set(wrote, 12 * 48);
    const [{ z, score }] = await collected(compositions(model, { engine }));
    const at = 1 * 4 + 2;
    expect(z.k[at]).toBeGreaterThan(5);
    expect(score.k[at]).toBe(Math.max(...score.k));
    const others = [...z.q, ...z.v, ...z.k.filter((_, i) => i !== at)];
    expect(Math.max(...others.map(Math.abs))).toBeLessThan(3.5);
    const none = await collected(compositions(model, { engine, pairs: () => false }));
    expect(none).toEqual([]);
  });
});
