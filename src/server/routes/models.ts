import { z } from '@hono/zod-openapi';
import { defaultEngine } from '../../engine/select.ts';
import { answer } from '../answer.ts';
import { modelParam } from '../query.ts';
import { ModelInfo, Models } from '../schemas.ts';
import type { ServedModel, ServerState } from '../served.ts';
import { question, routes } from './common.ts';

export function modelRoutes(state: ServerState) {
  const { served } = state;
  const all = question('models', '/api/models', 'The opened models', { query: z.strictObject({}) }, Models);
  const one = question(
    'models',
    '/api/models/{model}',
    'One model',
    { params: modelParam, query: z.strictObject({}) },
    ModelInfo,
  );
  return routes()
    .openapi(all, (c) =>
      answer(c, state, {
        quick: async () => ({
          version: served.version,
          models: await Promise.all(served.models.map((model) => infoOf(state, model))),
        }),
      }),
    )
    .openapi(one, (c) => {
      const model = state.model(c.req.valid('param').model);
      return answer(c, state, { quick: () => infoOf(state, model) });
    });
}

/** What a model is: from its headers, or from its atlas where only that is open. */
async function infoOf(state: ServerState, served: ServedModel): Promise<z.infer<typeof ModelInfo>> {
  const { id, name, model, atlas, building, problem } = served;
  const size = model?.dimensions ?? (atlas?.manifest.dimensions as Record<string, number> | undefined);
  const about = model ?? atlas?.manifest.model;
  const [embed, unembed] = [model?.parameters.get('embed'), model?.parameters.get('unembed')];
  const { name: engine, description } = state.served.engine ?? (await defaultEngine());
  return {
    id,
    name,
    state: problem === undefined ? 'ready' : 'failed',
    ...(problem !== undefined && { problem }),
    live: model !== undefined,
    architecture: about?.architecture ?? '',
    type: about?.modelType ?? '',
    layers: size?.layers ?? 0,
    hidden: size?.hidden ?? 0,
    heads: size?.heads ?? 0,
    kvHeads: size?.kvHeads ?? 0,
    headDim: size?.headDim ?? 0,
    neurons: size?.neurons ?? 0,
    vocab: size?.vocab ?? 0,
    experts: size?.experts ?? 0,
    gated: Boolean(size?.gated),
    parts: size?.gated ? ['key', 'up', 'value'] : ['key', 'value'],
    tied: embed && unembed ? String(embed.tensors) === String(unembed.tensors) : null,
    tokenizer: model?.vocabulary ? { kind: model.vocabulary.kind, tokens: model.vocabulary.tokens } : null,
    fingerprint: model?.fingerprint ?? atlas?.manifest.checkpoint ?? '',
    notes: [...(about?.notes ?? [])],
    atlas: atlas ? { tables: tablesOf(atlas.manifest), settings: { ...atlas.manifest.settings } } : null,
    building: building ?? null,
    engine: model ? { name: engine, description } : null,
  };
}

/** Tables with the number of their rows. */
export function tablesOf({ files }: { files: readonly { table: string; rows: number }[] }) {
  const rows = new Map<string, number>();
  for (const { table, rows: n } of files)
    if (table !== 'arrays' && table !== 'normalisers') rows.set(table, (rows.get(table) ?? 0) + n);
  return [...rows].map(([name, n]) => ({ name, rows: n }));
}
