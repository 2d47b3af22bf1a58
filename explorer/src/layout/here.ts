import { useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { NeuronAt } from '../state/neuron-at.ts';

export type PageKind =
  | 'model'
  | 'neuron'
  | 'head'
  | 'token'
  | 'search'
  | 'circuit'
  | 'map'
  | 'vector'
  | 'compare'
  | 'board'
  | 'open';

/** Where the reader is, and where they last were on the pages that need an index. */
export interface Here {
  model: string | undefined;
  page: PageKind | undefined;
  lastNeuron: NeuronAt | undefined;
  lastHead: { layer: number; head: number } | undefined;
}

export function useHere(): Here {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const expert = useExpert();
  const { model, page, numbers } = placeOf(path);
  const [lastNeuron, setLastNeuron] = useState<Here['lastNeuron']>();
  const [lastHead, setLastHead] = useState<Here['lastHead']>();
  const [lastModel, setLastModel] = useState<string>();
  const [layer, index] = numbers;
  useEffect(() => {
    if (model === undefined) return;
    if (model !== lastModel) {
      setLastModel(model);
      setLastNeuron(undefined);
      setLastHead(undefined);
    }
    if (layer === undefined || index === undefined) return;
    if (page === 'neuron') setLastNeuron({ layer, neuron: index, expert });
    if (page === 'head') setLastHead({ layer, head: index });
  }, [model, lastModel, page, layer, index, expert]);
  return { model: model ?? lastModel, page, lastNeuron, lastHead };
}

/** Whose neuron the address is of, in a model with experts. */
export const useExpert = (): number | undefined =>
  useRouterState({ select: ({ location }) => (location.search as { expert?: number }).expert });

const PAGES = ['neuron', 'head', 'token', 'search', 'circuit', 'map', 'vector'] as const;

/** `/m/sample/neuron/3/100` → its model, page and numbers. */
export function placeOf(path: string): { model?: string; page?: PageKind; numbers: number[] } {
  const [first, model, page, ...rest] = path.split('/').slice(1).map(decodeURIComponent);
  const alone = (['compare', 'board', 'open'] as const).find((one) => one === first);
  if (alone) return { page: alone, numbers: [] };
  if (first !== 'm' || !model) return { numbers: [] };
  const numbers = rest.filter((part) => /^\d+$/.test(part)).map(Number);
  const known = PAGES.find((one) => one === page);
  if (known) return { model, page: known, numbers };
  return { model, page: 'model', numbers };
}
