import { z } from '@hono/zod-openapi';
import { findTokens } from '../../reading/find-tokens.ts';
import { readToken, tokenFacts } from '../../reading/token-report.ts';
import { readVector } from '../../reading/vectors.ts';
import { answer } from '../answer.ts';
import { filters, format, modelParam, reading, readOptions, tokenParams, whole, words } from '../query.ts';
import { TokenReport, Tokens } from '../schemas.ts';
import type { ServerState } from '../served.ts';
import { columnsOf } from '../tables.ts';
import { question, routes } from './common.ts';

export function tokenRoutes(state: ServerState) {
  const { engine } = state.served;
  const list = question(
    'tokens',
    '/api/models/{model}/tokens',
    'Tokens by text, by meaning, by class (the filters)',
    {
      params: modelParam,
      query: z.strictObject({
        text: words('Exactly this text, a leading space included').optional(),
        prefix: words('Beginning so, case and a leading space aside').optional(),
        like: words('Nearest in embedding space to the token of this text, or #id').optional(),
        only: z.enum(['special', 'padding']).optional().openapi({ description: 'Only tokens of this class' }),
        k: whole('How many; default 50').optional(),
        label: reading.label,
        embedding: reading.embedding,
        ...filters,
        format,
      }),
    },
    Tokens,
  );
  const one = question(
    'tokens',
    '/api/models/{model}/tokens/{id}',
    'A token: its neighbours, the neurons that read and write it, the heads that copy, suppress and attend to it',
    {
      params: tokenParams,
      query: z.strictObject({ k: whole('How many of each; default 20', { max: 1000 }).optional(), ...reading }),
    },
    TokenReport,
  );
  return routes()
    .openapi(list, (c) => {
      const { model: id } = c.req.valid('param');
      const { text, prefix, like, only, k, ...query } = c.req.valid('query');
      const options = { engine, ...readOptions(query), k };
      const { model } = state.model(id);
      return answer<z.infer<typeof Tokens>>(c, state, {
        model: id,
        quick: async () => {
          if (like !== undefined) return undefined;
          if (model) return findTokens(model, { ...options, text, prefix, only });
          const atlas = state.matching(id, options);
          if (!atlas || only) return undefined;
          const { total, tokens } = await atlas.tokens({ text, prefix, k });
          return { total, tokens: tokens.map(({ special: _, padding: __, ...token }) => token) };
        },
        work: async (run) => {
          const expression = /^#\d+$/.test(like ?? '') ? `tok:${like}` : `tok:${JSON.stringify(like)}`;
          const { top } = await readVector(state.live(id), expression, { ...options, ...run, normalize: 'cosine' });
          return { total: top.length, tokens: top };
        },
        table: ({ tokens }) => columnsOf(tokens, ['id', 'token', 'label', ...(like === undefined ? [] : ['score'])]),
      });
    })
    .openapi(one, (c) => {
      const { model: name, id } = c.req.valid('param');
      const query = c.req.valid('query');
      const k = query.k ?? state.defaultLength(name, 'columns', 20);
      const options = { engine, ...readOptions(query), k };
      const { model } = state.model(name);
      const atlas = state.matching(name, options);
      const listed = atlas && k <= atlas.manifest.settings.columns ? atlas : undefined;
      return answer<z.infer<typeof TokenReport>>(c, state, {
        model: name,
        quick: async () => {
          if (model || !listed) return undefined;
          const { neurons, heads } = await listed.token(id, { k });
          const [token] = (await listed.tokens({ id })).tokens;
          const { special, padding, ...rest } = token;
          return {
            token: rest,
            classes: { special, padding },
            norm: null,
            nearest: [],
            neurons,
            heads,
            source: 'atlas',
          };
        },
        work: async (run) => {
          const live = state.live(name);
          if (!listed) return { ...(await readToken(live, id, { ...options, ...run })), source: 'live' };
          const facts = await tokenFacts(live, id, { ...options, ...run });
          const { neurons, heads } = await listed.token(id, { k });
          return { ...facts, neurons, heads, source: 'atlas' };
        },
      });
    });
}
