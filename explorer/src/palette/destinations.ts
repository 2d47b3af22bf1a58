import type { LinkProps } from '@tanstack/react-router';
import type { Place } from '../api/types.ts';
import { neuronAddress } from '../components/neuron-link.tsx';

/** Where a choice leads: what router.navigate takes. */
export type Destination = Pick<LinkProps, 'to' | 'params' | 'search'>;

export function addressOf(model: string, place: Place): Destination {
  switch (place.kind) {
    case 'neuron':
      return neuronAddress(model, place);
    case 'head':
      return { to: '/m/$model/head/$layer/$head', params: { model, layer: place.layer, head: place.head } };
    case 'token':
      return { to: '/m/$model/token/$id', params: { model, id: place.token.id } };
    case 'vector':
      return { to: '/m/$model/vector', params: { model }, search: { x: place.expression } };
  }
}

/** What reads as no place may be words to search for. */
export const searchFor = (model: string, q: string): Destination => ({
  to: '/m/$model/search',
  params: { model },
  search: { q },
});

/** The pages themselves, offered before anything is typed. */
export function pagesOf(model: string): { title: string; hint: string; to: Destination }[] {
  return [
    { title: 'Model', hint: 'layers, heads and neurons at a glance', to: { to: '/m/$model', params: { model } } },
    {
      title: 'Search',
      hint: 'neurons and heads by the words that they read and write',
      to: { to: '/m/$model/search', params: { model } },
    },
    {
      title: 'Token',
      hint: 'find a token and who reads and writes it',
      to: { to: '/m/$model/token', params: { model } },
    },
    {
      title: 'Circuit',
      hint: 'which heads read what earlier heads write',
      to: { to: '/m/$model/circuit', params: { model } },
    },
    {
      title: 'Map',
      hint: 'all words of the model, and what a reading lights up among them',
      to: { to: '/m/$model/map', params: { model } },
    },
    { title: 'Expression', hint: 'read a sum of vectors as words', to: { to: '/m/$model/vector', params: { model } } },
    { title: 'Open', hint: 'another model, by its path, hub id or address', to: { to: '/open' } },
    { title: 'Compare', hint: 'what two models have different', to: { to: '/compare', search: { a: model } } },
  ];
}
