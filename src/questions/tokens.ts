import { findTokens } from '../reading/find-tokens.ts';
import { readToken, tokenFacts } from '../reading/token-report.ts';
import { readVector } from '../reading/vectors.ts';
import { choice, filters, index, model, preview, reading, readOptions, whole, words } from './parameters.ts';
import { question } from './question.ts';
import { TokenReport, Tokens } from './results.ts';
import { columnsOf, rankedRows, withMargin } from './table.ts';

export const tokens = question({
  name: 'tokens',
  title: 'Tokens by text, by meaning, by class (the filters)',
  path: '/api/models/{model}/tokens',
  place: model,
  parameters: {
    text: words('Exactly this text, a leading space included'),
    prefix: words('Beginning so, case and a leading space aside'),
    like: words('Nearest in embedding space to the token of this text, or #id'),
    only: choice('Only tokens of this class', ['special', 'padding']),
    k: whole('How many', { default: 50 }),
    label: reading.label,
    embedding: reading.embedding,
    ...filters,
  },
  result: Tokens,
  sources: {
    opened: async ({ text, prefix, like, only, k, label, ...asked }, { opened, served }) => {
      if (like !== undefined) return undefined;
      const options = { engine: opened.served.engine, ...readOptions({ label, ...asked }), k };
      if (served.model) return findTokens(served.model, { ...options, text, prefix, only });
      const atlas = opened.matching(served.id, options);
      if (!atlas || only) return undefined;
      const { total, tokens } = await atlas.tokens({ text, prefix, k });
      return { total, tokens: tokens.map(({ special: _, padding: __, ...token }) => token) };
    },
    weights: async (model, { like, k }, options) => {
      const expression = /^#\d+$/.test(like ?? '') ? `tok:${like}` : `tok:${JSON.stringify(like)}`;
      const { top } = await readVector(model, expression, { ...options, k, normalize: 'cosine' });
      return { total: top.length, tokens: top };
    },
  },
  table: ({ tokens }, { like }) =>
    columnsOf(tokens, ['id', 'token', 'label', ...(like === undefined ? [] : ['score'])]),
});

export const token = question({
  name: 'token',
  title: 'A token: its neighbours, the neurons that read and write it, the heads that copy, suppress and attend to it',
  path: '/api/models/{model}/tokens/{id}',
  place: { ...model, id: index('A row of E') },
  parameters: { k: whole('How many of each', { max: 1000, default: 20, lists: 'columns' }), ...reading, ...preview },
  result: TokenReport,
  sources: {
    lists: {
      // With the checkpoint its neighbours are known as well.
      alone: true,
      read: async (atlas, { id, k }) => {
        const { neurons, heads } = await atlas.token(id, { k });
        const [{ special, padding, ...token }] = (await atlas.tokens({ id })).tokens;
        const classes = { special, padding };
        return { token, classes, norm: null, nearest: [], neurons, heads, source: 'atlas' as const };
      },
    },
    weights: async (model, { id, k }, { factorCache: _, ...options }, { listed }) => {
      if (!listed) return { ...(await readToken(model, id, { ...options, k })), source: 'live' as const };
      const facts = await tokenFacts(model, id, { ...options, k });
      const { neurons, heads } = await listed.token(id, { k });
      return { ...facts, neurons, heads, source: 'atlas' as const };
    },
  },
  table: ({ neurons, heads }) => {
    const rows = Object.entries({ ...neurons, ...heads }).flatMap(([of, ends]) => rankedRows(ends, { of }));
    const places = ['layer', 'expert', 'neuron', 'head'];
    return columnsOf(
      rows,
      withMargin(rows, ['of', 'end', 'rank', ...places, 'share', 'score', 'top', 'bottom', 'pairRank']),
    );
  },
});
