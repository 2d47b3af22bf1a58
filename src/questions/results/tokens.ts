import { z } from 'zod';
import { margin, number, perPart, ScoredToken, sampled, Token } from './common.ts';

const classes = z.object({ special: z.boolean(), padding: z.boolean() });

export const Tokens = z
  .object({
    total: number.meta({ description: 'Tokens that match, of which the first are listed' }),
    tokens: z.array(Token.extend({ score: number.optional().meta({ description: 'Cosine, with `like`' }) })),
  })
  .meta({ id: 'Tokens' });

const TokenNeuron = z.object({
  layer: number,
  expert: number,
  neuron: number,
  score: number,
  share: number.meta({
    description: 'How far the token stands out within the neuron: |score| by the length of all its listed scores',
  }),
  margin,
  shareMargin: margin,
  top: z.string().optional().meta({ description: "Labels of the neuron's first tokens, with an atlas" }),
  bottom: z.string().optional(),
});

const TokenHead = z.object({
  layer: number,
  head: number,
  score: number,
  margin,
  pairRank: number.nullable().optional().meta({ description: "Its place among the head's pairs, with an atlas" }),
});

const bothEnds = <T extends z.ZodType>(schema: T) => z.object({ top: z.array(schema), bottom: z.array(schema) });

export const TokenReport = z
  .object({
    token: Token,
    classes,
    norm: number.nullable(),
    nearest: z.array(ScoredToken).meta({ description: 'By cosine of rows of E, itself left out' }),
    neurons: perPart(bothEnds(TokenNeuron)).meta({
      description:
        'Neurons for which the token scores highest and lowest, in order of share: key and up read it, value writes it',
    }),
    heads: z.object({ vo: bothEnds(TokenHead).optional(), qk: bothEnds(TokenHead).optional() }).meta({
      description:
        "By the token's diagonal score, the highest and the lowest (suppression where it is below 0): vo copies it, qk attends from it to itself",
    }),
    preview: sampled,
    source: z.enum(['atlas', 'live']),
  })
  .meta({ id: 'TokenReport' });

export const VocabularyMap = z
  .object({
    tokens: number.meta({ description: 'Rows of E, V' }),
    points: z.string().meta({ description: 'fp32 [V, 2] in [-1, 1], little endian, base64' }),
    texts: z.array(z.string()),
    labels: z.array(z.string()),
    scores: z.string().nullable().meta({ description: 'fp32 [V], NaN where a row is of no word; base64' }),
  })
  .meta({ id: 'VocabularyMap' });
