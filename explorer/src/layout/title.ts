import { neuronText } from '../state/neuron-at.ts';
import { placeOf } from './here.ts';

/** What tabs, bookmarks and the history call a page: `neuron 4:100 · sample · weightscope`. */
export function titleOf(path: string, expert?: number): string {
  const { model, page, numbers } = placeOf(path);
  const [layer, index] = numbers;
  const whole = page === 'neuron' && layer !== undefined && index !== undefined;
  const text = whole ? neuronText({ layer, neuron: index, expert }) : numbers.join(':');
  const place = page && page !== 'model' ? [[page, text].filter(Boolean).join(' ')] : [];
  return [...place, ...(model ? [model] : []), 'weightscope'].join(' · ');
}
