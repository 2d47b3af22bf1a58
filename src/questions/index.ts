/** All questions about a served model: what every door goes through. */
import { align, kinship, stitch } from './alignment.ts';
import { headRows, neuronRows, search, sql, tables } from './atlas.ts';
import { compare } from './compare.ts';
import { diff, headChange } from './diff.ts';
import { doctor } from './doctor.ts';
import { head, headRow, headStatistics, heatMap, pairCount, scoreCurve, spectrum } from './heads.ts';
import { modelInfo, models } from './models.ts';
import { histogram, neuron, neuronNumbers, similar, tokenMap } from './neurons.ts';
import { compositions, relationRows, relations } from './relations.ts';
import { resolve } from './resolve.ts';
import { statistic, statisticNames, statisticRows } from './statistics.ts';
import { token, tokens } from './tokens.ts';
import { vector } from './vectors.ts';
import { vocabularyMap } from './vocabulary-map.ts';

export const QUESTIONS = [
  models,
  modelInfo,
  neuron,
  histogram,
  similar,
  neuronNumbers,
  tokenMap,
  head,
  pairCount,
  scoreCurve,
  headRow,
  spectrum,
  headStatistics,
  heatMap,
  vector,
  tokens,
  token,
  statisticRows,
  vocabularyMap,
  statisticNames,
  statistic,
  search,
  sql,
  tables,
  neuronRows,
  headRows,
  relations,
  relationRows,
  compositions,
  compare,
  diff,
  headChange,
  doctor,
  align,
  kinship,
  stitch,
  resolve,
] as const;

export type Questions = (typeof QUESTIONS)[number];
