import type { Model } from '../model/types.ts';
import { type BuildOptions, buildAtlas as buildInto } from './build.ts';
import { isS3, openStore } from './open-store.node.ts';
import type { Manifest } from './schema.ts';
import { removeUnfinished } from './store.node.ts';
import type { Store } from './store.ts';

/** {@link buildInto} for a folder, which is made if need be, `s3://bucket/prefix`, or any other store. */
export async function buildAtlas(model: Model, target: string | Store, options: BuildOptions = {}): Promise<Manifest> {
  if (typeof target !== 'string') return buildInto(model, target, options);
  const manifest = await buildInto(model, await openStore(target), options);
  if (!isS3(target)) removeUnfinished(target);
  return manifest;
}

export type { Ends } from '../reading/token-places.ts';
export { openStore } from './open-store.node.ts';
export { Atlas } from './query/atlas.ts';
export type { AtlasDiff, HeadDiff, NeuronDiff } from './query/diff.ts';
export { exportAtlas } from './query/export.node.ts';
export type { AtlasSpectrum, CompositionRow, RelationRow } from './query/heads.ts';
export type { HeadRow, NeuronRow } from './query/listing.ts';
export { diffAtlases, openAtlas } from './query/open.node.ts';
export type { AtlasHead, AtlasNeuron } from './query/readings.ts';
export type { HeadHit, Match, NeuronHit, SearchOptions, SearchPart, SearchResult } from './query/search.ts';
export type { SimilarRow } from './query/similar.ts';
export type { StatisticColumn, StatisticKind } from './query/statistics.ts';
export type { AtlasToken, TokenHead, TokenNeuron } from './query/token.ts';
export { folderStore, removeUnfinished } from './store.node.ts';
