/**
 * weightscope: a transformer's weights read as words, with no forward pass. This door runs in a browser; `node.ts` adds
 * files, the hub, the user's cache.
 */

export type { Change, LowRank } from './compare/adapter/change.ts';
export type { AdapterConfig, AdapterKind } from './compare/adapter/config.ts';
export { type Fit, fitOf, type TensorChange } from './compare/adapter/fit.ts';
export type { AdapterModule } from './compare/adapter/modules.ts';
export type { Adapter } from './compare/adapter/open.ts';
export { type AdapterReading, readAdapter } from './compare/adapter/read.ts';
export { withAdapter } from './compare/adapter/with-adapter.ts';
export { type AlignOptions, type AlignReading, alignModels, type BestMatch } from './compare/align.ts';
export type { AlignedKind, SpaceName } from './compare/aligned.ts';
export type { AlignmentNull } from './compare/alignment-null.ts';
export type { BasisTest } from './compare/basis-test.ts';
export type { ParameterChange } from './compare/changes.ts';
export { type DiffOptions, diffModels, type ModelDiff } from './compare/diff.ts';
export { difference } from './compare/difference.ts';
export type { LayerDistance } from './compare/distances.ts';
export { examineModel, type Health } from './compare/doctor.ts';
export { type HeadChangeOptions, readHeadChange } from './compare/head-change.ts';
export {
  type KinshipOptions,
  type KinshipReading,
  kinship,
  type LayerKinship,
  type SpaceKinship,
} from './compare/kinship.ts';
export type { MatchedLayer } from './compare/neuron-matching.ts';
export type { RankCorrelation } from './compare/rank-correlation.ts';
export { diffSeries, type ModelSeries } from './compare/series.ts';
export { type SharedTokens, sharedInWords, sharedTokens } from './compare/shared-tokens.ts';
export {
  type Stitching,
  type StitchingMap,
  type StitchOptions,
  stitch,
  type TranslatedKind,
} from './compare/stitch.ts';
export { readStitching, type StoredMap, writeStitching } from './compare/stitching-file.ts';
export { translated } from './compare/translated.ts';
export { type WordHistory, type WordHistoryOptions, wordHistory } from './compare/word-history.ts';
export type * from './engine/engine.ts';
export { defaultEngine, engineNames, openEngine } from './engine/select.ts';
export { type ErrorCode, WeightscopeError } from './errors.ts';
export type * from './formats/tensor.ts';
export { type OpenOptions, openCheckpoint, openModel } from './model/open.ts';
export { exportParameter } from './model/parameter.ts';
export type * from './model/types.ts';
export { embedding } from './reading/embedding.ts';
export { type EntriesOptions, type EntriesReading, readEntries } from './reading/entries.ts';
export { FactorCache } from './reading/factor-cache.ts';
export { type HeadFactors, headFactors } from './reading/factors.ts';
export { type FindTokensOptions, findTokens } from './reading/find-tokens.ts';
export {
  countRanked,
  type HeadRanking,
  HeadRankings,
  RANKED_PAIRS,
  rankHead,
  readRanked,
} from './reading/head-ranking.ts';
export { type HeadOptions, readHead, readHeadRow } from './reading/heads.ts';
export { type HeatMap, headHeatMap } from './reading/heat-map.ts';
export { type Histogram, histogram, type NeuronHistograms, neuronHistograms } from './reading/histogram.ts';
export {
  type NeuronShape,
  neuronShape,
  neuronVector,
  type ScoredNeuron,
  type SimilarNeuron,
  similarNeurons,
} from './reading/neuron-vectors.ts';
export { type NeuronOptions, readNeuron } from './reading/neurons.ts';
export {
  knownNormaliser,
  normaliser,
  normaliserNames,
  normalisers,
  parseNormalisers,
  writeNormalisers,
} from './reading/normalisers.ts';
export { type NotebookOptions, type NotebookReading, readNotebook } from './reading/notebook.ts';
export { checkNotebook, type NotebookCheck } from './reading/notebook-check.ts';
export { parseRelations } from './reading/relations/relation.ts';
export { RELATIONS } from './reading/relations/relations.ts';
export * from './reading/statistics/composition.ts';
export * from './reading/statistics/copying.ts';
export * from './reading/statistics/directions.ts';
export * from './reading/statistics/moments.ts';
export * from './reading/statistics/neurons.ts';
export * from './reading/statistics/overlap.ts';
export * from './reading/statistics/relations.ts';
export * from './reading/statistics/self.ts';
export * from './reading/statistics/spectrum.ts';
export { type StatisticRow, statisticRows, type WholeModelStatistics } from './reading/statistics/whole-model.ts';
export { type ScoredHead, tokenHeads, tokenNeurons } from './reading/token-places.ts';
export { readToken, type TokenReport } from './reading/token-report.ts';
export { neuronsByShare, type SharedNeuron } from './reading/token-shares.ts';
export type * from './reading/types.ts';
export { parseVector } from './reading/vector-file.ts';
export { readVector, vectorOf } from './reading/vectors.ts';
export { httpFolder } from './source/http.ts';
export { memoryFolder, memorySource } from './source/memory.ts';
export type * from './source/source.ts';
export type * from './vocabulary/types.ts';
