import { howOf } from '../../../src/display/said.ts';
import { type CardReading, cardLists } from '../share/lists.ts';
import { nameOf, type Pin } from '../share/pin.ts';

/** A question with its answer, as Python gives them to its card. */
export interface Answered {
  /** What the card is of. */
  question: Pin['kind'];
  asked: { model?: string; normalize?: string; foldNorm?: boolean; embedding?: string };
  answer: object;
}

/** More rows make a notebook slow; the reading itself has them. */
const MOST = 1000;

/** What the card of an answer shows. */
export function cardOf({ question, asked, answer }: Answered): { name: string; model: string; reading: CardReading } {
  const { model, layer, neuron, head, token } = answer as {
    [K in 'layer' | 'neuron' | 'head']?: number;
  } & { model?: string; token?: { label: string } };
  const numbers = [layer ?? 0, neuron ?? head ?? 0];
  const name = token ? `token ${token.label}` : nameOf({ model: '', kind: question, numbers, query: '' });
  return {
    name,
    model: model ?? asked.model ?? '',
    reading: {
      lists: cardLists(question, answer, MOST),
      how: howOf('applied' in answer ? { ...answer } : saidBy(asked)),
    },
  };
}

/** A token's answer does not say how it was read; then what was asked does. */
const saidBy = ({ normalize = 'freq', foldNorm = false, embedding }: Answered['asked']) => ({
  normalize,
  applied: { foldNorm, notes: embedding === 'own' ? ['each side by its own embedding'] : [] },
});
