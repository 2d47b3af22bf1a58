import { z } from '@hono/zod-openapi';
import { tokenOf } from '../../reading/applied.ts';
import { embedding, norm } from '../../reading/embedding.ts';
import { findTokens } from '../../reading/find-tokens.ts';
import { checkIndex } from '../../reading/parameters.ts';
import { tokenHeads, tokenNeurons } from '../../reading/token-places.ts';
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
      const query = c.req.valid('query');
      const model = state.live(id);
      const { text, prefix, like, k } = query;
      const options = { engine, ...readOptions(query), k };
      return answer(c, state, {
        model: id,
        light: like === undefined,
        work: async (run): Promise<z.infer<typeof Tokens>> => {
          if (like === undefined) return findTokens(model, { ...options, text, prefix });
          const expression = /^#\d+$/.test(like) ? `tok:${like}` : `tok:${JSON.stringify(like)}`;
          const { top } = await readVector(model, expression, { ...options, ...run, normalize: 'cosine' });
          return { total: top.length, tokens: top };
        },
        table: ({ tokens }) => columnsOf(tokens, ['id', 'token', 'label', ...(like === undefined ? [] : ['score'])]),
      });
    })
    .openapi(one, (c) => {
      const { model: name, id } = c.req.valid('param');
      const query = c.req.valid('query');
      const model = state.live(name);
      const { k = 20 } = query;
      const options = { engine, ...readOptions(query), k };
      return answer(c, state, {
        model: name,
        work: async (run) => {
          checkIndex(id, model.dimensions.vocab, 'token');
          const e = await embedding(model, query.embedding, run.signal);
          const near = { ...options, ...run, k: k + 1, normalize: 'cosine' as const };
          const { top } = await readVector(model, `tok:#${id}`, near);
          return {
            token: tokenOf(model, id, query.label),
            classes: {
              special: model.vocabulary?.isSpecial(id) ?? false,
              padding: model.vocabulary?.isPadding(id) ?? false,
            },
            norm: norm(e.data.subarray(id * e.columns, (id + 1) * e.columns)),
            nearest: top.filter((token) => token.id !== id).slice(0, k),
            neurons: await tokenNeurons(model, id, { ...options, ...run }),
            heads: {
              vo: await tokenHeads(model, id, 'vo', { ...options, ...run }),
              qk: await tokenHeads(model, id, 'qk', { ...options, ...run }),
            },
            source: 'live' as const,
          };
        },
      });
    });
}
