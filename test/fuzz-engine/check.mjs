/** Asks an engine, and says in one sentence where its answer differs from the oracle's; undefined where it does not. */
export const differs = async (engine, { operation, a, b, n, m, d, options }, expected) => {
  const [first, second] = [
    { data: a, rows: n, columns: d },
    { data: b, rows: m, columns: d },
  ];
  let last = 0;
  let back;
  const progress = (done) => {
    if (!(done >= last && done <= 1)) back ??= `progress went from ${last} to ${done}`;
    last = done;
  };
  const answer = await ASK[operation](engine, first, second, { ...options, progress });
  const { error, ...arrays } = answer;
  const wrong = operation === 'columnMeans' ? farFrom(arrays, expected, error) : notSame(arrays, expected);
  return wrong ?? back ?? (last === 1 ? undefined : `progress ended at ${last}`);
};

const ASK = {
  topRows: async (engine, x, e, options) => {
    const found = await engine.topRows(x, e, options);
    return Object.fromEntries(
      Object.entries(found).flatMap(([name, { index, score }]) => [
        [`${name}.index`, index],
        [`${name}.score`, score],
      ]),
    );
  },
  topPairs: async (engine, a, b, { visit, exclude, ...options }) => {
    const seen = [];
    const found = await engine.topPairs(a, b, {
      ...options,
      ...(exclude && { exclude: (i, j) => (i * exclude[0] + j * exclude[1]) % exclude[2] === 0 }),
      ...(visit && {
        visit: ({ length, first, second, score }) => {
          for (let p = 0; p < length; p++) seen.push([first[p], second[p], score[p]]);
        },
      }),
    });
    seen.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    const { first, second, score, count } = found;
    return {
      first,
      second,
      score,
      count: [count],
      ...(visit && {
        'visited.first': seen.map(([i]) => i),
        'visited.second': seen.map(([, j]) => j),
        'visited.score': seen.map(([, , value]) => value),
      }),
    };
  },
  columnMeans: (engine, x, e, options) => engine.columnMeans(x, e, options),
  matmul: async (engine, a, b, options) => ({ data: (await engine.matmul(a, b, options)).data }),
};

const notSame = (got, expected) => {
  for (const name of new Set([...Object.keys(got), ...Object.keys(expected)])) {
    const [ours, theirs] = [got[name], expected[name]];
    if (ours?.length !== theirs?.length) return `${name} has ${ours?.length} entries, expected ${theirs?.length}`;
    for (let i = 0; i < ours.length; i++) {
      if (!Object.is(ours[i], theirs[i])) return `${name}[${i}] is ${ours[i]}, expected ${theirs[i]}`;
    }
  }
  return undefined;
};

const farFrom = (got, expected, error = 1e-6) => {
  if (!(error <= 5e-3)) return `error is ${error}, expected at most 5e-3`;
  for (const name of ['relu', 'abs']) {
    if (got[name].length !== expected[name].length) return `${name} has ${got[name].length} entries`;
    for (const [i, value] of got[name].entries()) {
      if (!(Math.abs(value - expected[name][i]) <= error * expected[name][i])) {
        return `${name}[${i}] is ${value}, expected ${expected[name][i]} within ${error}`;
      }
    }
  }
  return undefined;
};
