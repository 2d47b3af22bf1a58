import { adding, type ConformanceCase, fail, rejects, samePairs, sameRows, watched } from './compare.ts';
import { generator, matrix } from './data.ts';

/** Errors, cancelling, callbacks and progress. */
export const contract: ConformanceCase[] = [];
const add = adding(contract);

add('NaN and infinity name the matrix and the row', async (engine) => {
  const g = generator(15);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const [a, b] = [matrix(g, 40, 21, 'the-good'), matrix(g, 50, 21, 'the-bad')];
    b.data[37 * 21 + 20] = bad;
    // Rows that need no search count as well.
    for (const x of [a, b]) x.data.fill(0, 21, 21 * 9);
    for (const call of [
      () => engine.topPairs(a, b, { k: 3 }),
      () => engine.topPairs(b, a, { k: 0, above: 1 }),
      () => engine.topPairs({ ...a, data: new Float32Array(40 * 21) }, b, { k: 3 }),
      () => engine.topRows(a, b, { k: 3 }),
      () => engine.topRows(b, a, { k: 3 }),
      () => engine.columnMeans(a, b),
      () => engine.columnMeans(b, a),
      () => engine.matmul(a, b),
      () => engine.matmul(b, a),
      // Where no number of the other side could show it, or there is none.
      () => engine.matmul({ ...a, data: new Float32Array(40 * 21) }, b),
      () => engine.matmul(b, { ...a, rows: 0, data: new Float32Array() }),
    ]) {
      await rejects(call(), 'NOT_FINITE', 'the-bad');
      await rejects(call(), 'NOT_FINITE', 'row 37');
    }
  }
});

add('arguments out of range are refused', async (engine) => {
  const g = generator(16);
  const [a, b, c] = [matrix(g, 4, 3, 'A'), matrix(g, 5, 3, 'B'), matrix(g, 5, 2, 'C')];
  const bad = 'ARGUMENT_INVALID';
  await rejects(engine.topPairs(a, c, { k: 1 }), bad);
  await rejects(engine.topPairs(a, b, {}), bad);
  await rejects(engine.topPairs(a, b, { k: -1 }), bad, '`k`');
  await rejects(engine.topPairs(a, b, { k: 1.5 }), bad, '`k`');
  await rejects(engine.topPairs(a, b, { above: Number.NaN }), bad, '`above`');
  await rejects(engine.topPairs(a, b, { k: 1, maskA: new Uint8Array(5) }), bad, '`maskA`');
  await rejects(engine.topPairs({ ...a, rows: 5 }, b, { k: 1 }), bad);
  await rejects(engine.topRows(a, c, { k: 1 }), bad);
  await rejects(engine.topRows(a, b, { k: Number.NaN }), bad, '`k`');
  await rejects(engine.topRows(a, b, { k: 1, mask: new Uint8Array(4) }), bad, '`mask`');
  await rejects(engine.topRows(a, b, { k: 1, divisor: new Float64Array(5) }), bad, '`divisor`');
  await rejects(engine.columnMeans(a, c), bad);
  await rejects(engine.matmul(a, c), bad);
});

add('a cancelled call rejects, and the next one works', async (engine, oracle) => {
  const g = generator(17);
  const [a, b] = [matrix(g, 300, 64, 'A'), matrix(g, 300, 64, 'B')];
  const cancelled = AbortSignal.abort();
  await rejects(engine.topPairs(a, b, { k: 3, signal: cancelled }), 'ABORTED');
  await rejects(engine.topRows(a, b, { k: 3, signal: cancelled }), 'ABORTED');
  await rejects(engine.columnMeans(a, b, { signal: cancelled }), 'ABORTED');
  await rejects(engine.matmul(a, b, { signal: cancelled }), 'ABORTED');
  const controller = new AbortController();
  const visit = (): void => controller.abort();
  await rejects(engine.topPairs(a, b, { visit, signal: controller.signal }), 'ABORTED');
  await samePairs(engine, oracle, a, b, { k: 3 });
});

add('an error thrown by a callback rejects the call', async (engine, oracle) => {
  const g = generator(18);
  const [a, b] = [matrix(g, 100, 16, 'A'), matrix(g, 100, 16, 'B')];
  const thrown = new Error('from the callback');
  const boom = (): never => {
    throw thrown;
  };
  for (const options of [{ visit: boom }, { k: 5, exclude: boom }, { k: 5, progress: boom }]) {
    const error = await engine.topPairs(a, b, options).catch((error: unknown) => error);
    if (error !== thrown) fail(`Expected the callback's own error, got ${String(error)}.`);
  }
  await samePairs(engine, oracle, a, b, { k: 3 });
});

add('progress never decreases and ends at 1; calls may overlap', async (engine, oracle) => {
  const g = generator(19);
  const [a, b] = [matrix(g, 200, 40, 'A'), matrix(g, 200, 40, 'B')];
  await Promise.all([
    watched((progress) => engine.topPairs(a, b, { k: 10, progress })),
    watched((progress) => engine.topPairs(a, b, { k: 900, limitPerFirst: 5, progress })),
    watched((progress) => engine.topRows(a, b, { k: 10, progress })),
    watched((progress) => engine.columnMeans(a, b, { progress })),
    watched((progress) => engine.matmul(a, b, { progress })),
    samePairs(engine, oracle, a, b, { k: 50 }),
    sameRows(engine, oracle, b, a, { k: 5, columns: { k: 5 } }),
  ]);
});
