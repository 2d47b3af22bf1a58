import { placeOf } from './here.ts';

/** What tabs, bookmarks and the history call a page: `neuron 4:100 · sample · weightscope`. */
export function titleOf(path: string): string {
  const { model, page, numbers } = placeOf(path);
  const place = page && page !== 'model' ? [[page, numbers.join(':')].filter(Boolean).join(' ')] : [];
  return [...place, ...(model ? [model] : []), 'weightscope'].join(' · ');
}
