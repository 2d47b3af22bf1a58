import type { z } from 'zod';
import { notOfToday } from '../atlas/manifest.ts';
import { defaultEngine } from '../engine/select.ts';
import { hasSharedExpert } from '../reading/parameters.ts';
import { partsOf } from '../reading/parts.ts';
import type { Opened, ServedModel } from './opened.ts';
import { model } from './parameters.ts';
import { question } from './question.ts';
import { ModelInfo, Models } from './results.ts';

export const models = question({
  name: 'models',
  title: 'The opened models',
  path: '/api/models',
  place: {},
  parameters: {},
  result: Models,
  changes: true,
  sources: {
    opened: async (_, { opened }) => ({
      version: opened.served.version,
      opens: opened.served.open !== undefined,
      models: await Promise.all(opened.served.models.map((one) => infoOf(opened, one))),
    }),
  },
});

export const modelInfo = question({
  name: 'modelInfo',
  title: 'One model',
  path: '/api/models/{model}',
  place: model,
  parameters: {},
  result: ModelInfo,
  changes: true,
  sources: { opened: (_, { opened, served }) => infoOf(opened, served) },
});

/** What a model is: from its headers, or from its atlas where only that is open. */
export async function infoOf(opened: Opened, served: ServedModel): Promise<z.infer<typeof ModelInfo>> {
  const { id, name, model, atlas, building, problem } = served;
  const size = model?.dimensions ?? (atlas?.manifest.dimensions as Record<string, number> | undefined);
  const about = model ?? atlas?.manifest.model;
  const [embed, unembed] = [model?.parameters.get('embed'), model?.parameters.get('unembed')];
  const { name: engine, description } = opened.served.engine ?? (await defaultEngine());
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
    sharedExpert: model !== undefined && hasSharedExpert(model),
    gated: Boolean(size?.gated),
    parts: partsOf(size?.gated === true),
    tied: embed && unembed ? String(embed.tensors) === String(unembed.tensors) : null,
    tokenizer: model?.vocabulary ? { kind: model.vocabulary.kind, tokens: model.vocabulary.tokens } : null,
    fingerprint: model?.fingerprint ?? atlas?.manifest.checkpoint ?? '',
    notes: [...(about?.notes ?? []), ...(model && atlas ? notOfToday(atlas.manifest) : [])],
    atlas: atlas ? { tables: tableRows(atlas.manifest), settings: { ...atlas.manifest.settings } } : null,
    building: building ?? null,
    engine: model ? { name: engine, description } : null,
  };
}

/** Tables with the number of their rows. */
export function tableRows({ files }: { files: readonly { table: string; rows: number }[] }) {
  const rows = new Map<string, number>();
  for (const { table, rows: n } of files)
    if (table !== 'arrays' && table !== 'normalisers') rows.set(table, (rows.get(table) ?? 0) + n);
  return [...rows].map(([name, n]) => ({ name, rows: n }));
}
