import { tokenOf } from '../reading/applied.ts';
import { readVector } from '../reading/vectors.ts';
import { vocabularyMap as mapOf } from '../reading/vocabulary-map/map.ts';
import { base64Of } from './base64.ts';
import { as, model, reading, words } from './parameters.ts';
import { question } from './question.ts';
import { VocabularyMap } from './results.ts';

export const vocabularyMap = question({
  name: 'vocabularyMap',
  title: 'A map of the whole vocabulary, with the scores of a vector where one is given',
  path: '/api/models/{model}/map',
  place: model,
  parameters: {
    expression: words('Such as ff:0:381.value: every token gets its score', { max: 4000 }),
    normalize: as(reading.normalize, { cli: { value: 'how', default: 'none' } }),
    embedding: reading.embedding,
    label: reading.label,
  },
  result: VocabularyMap,
  sources: {
    weights: async (model, { expression }, options) => {
      const points = await mapOf(model, options);
      const count = points.length / 2;
      const tokens = Array.from({ length: count }, (_, id) => tokenOf(model, id, options.labels));
      const texts = { texts: tokens.map(({ token }) => token), labels: tokens.map(({ label }) => label) };
      if (expression === undefined) return { tokens: count, points: base64Of(points), ...texts, scores: null };
      const { top } = await readVector(model, expression, { ...options, k: count });
      const scores = new Float32Array(count).fill(Number.NaN);
      for (const { id, score } of top) scores[id] = score;
      return { tokens: count, points: base64Of(points), ...texts, scores: base64Of(scores) };
    },
  },
  table: ({ points, texts, labels, scores }) => {
    const places = numbersOf(points);
    const axis = (which: 0 | 1) => texts.map((_, id) => places[2 * id + which]);
    return {
      columns: {
        token: texts.map((_, id) => id),
        text: texts,
        label: labels,
        x: axis(0),
        y: axis(1),
        ...(scores && { score: Array.from(numbersOf(scores), (score) => (Number.isNaN(score) ? null : score)) }),
      },
    };
  },
});

/** What base64Of wrote. */
function numbersOf(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
