import { z } from 'zod';
import { EMBEDDINGS, MATRICES, NEURON_PARTS } from '../options.ts';

/** What all answers share. */

export const number = z.number();

/** A z-score is infinite where its null never varies: null in JSON. */
export const zscore = z.number().nullable();

export const part = z.enum(NEURON_PARTS);

export const matrixName = z.enum(MATRICES);

export const sign = z.enum(['+', '-']);

export const Problem = z
  .object({ error: z.object({ code: z.string().meta({ example: 'OUT_OF_RANGE' }), message: z.string() }) })
  .meta({ id: 'Problem' });

const marginText = 'Of a preview: for 95 % of scores the exact one is within score ± margin';

export const margin = number.optional().meta({ description: marginText });

export const Token = z
  .object({
    id: number,
    token: z.string().meta({ description: 'Its own text, a leading space included', example: ' king' }),
    label: z.string().meta({ description: 'Printable', example: '·king' }),
  })
  .meta({ id: 'Token' });

export const ScoredToken = Token.extend({ score: number, foldRank: number.optional(), margin }).meta({
  id: 'ScoredToken',
});

const beside = z.object({ mean: number, sd: number, z: number, p: number }).optional();

const firstScore = z
  .object({
    value: number,
    label: z.string().optional().meta({ description: 'Of tokens: whose score it is, as it is written for people' }),
    random: beside,
    shuffled: beside,
    expected: number.optional().meta({
      description: 'Of all units of the model, as many have so small a p by chance alone: the random p times units',
    }),
  })
  .optional();

const units = number.optional().meta({ description: 'How many such neurons or heads the model has' });

export const Chance = z.object({ top: firstScore, bottom: firstScore, units }).meta({
  id: 'Chance',
  description:
    "Of each list's first score: what random directions of its length (heads of its singular values) and shuffled words give",
});

export const ranked = { top: z.array(ScoredToken), bottom: z.array(ScoredToken), chance: Chance.optional() };

export const RankedTokens = z.object(ranked).meta({ id: 'RankedTokens' });

export const sampled = z
  .object({ vectors: number, of: number })
  .optional()
  .meta({ description: 'Only in a preview: how many vectors freq was taken from, and of how many' });

export const applied = {
  foldNorm: z.boolean(),
  filters: z.array(z.string()),
  embedding: z.enum(EMBEDDINGS),
  approximate: z.boolean(),
  preview: sampled,
  notes: z.array(z.string()),
};

export const Applied = z
  .object(applied)
  .meta({ id: 'Applied', description: "What was done to get a reading's numbers" });

export const normalize = z.enum(['freq', 'none', 'cosine']);

export const perPart = <T extends z.ZodType>(schema: T) =>
  z.object({ key: schema.optional(), up: schema.optional(), value: schema.optional() });
