import type { ModelDiff } from '../../compare/diff.ts';
import type { WordHistory } from '../../compare/word-history.ts';
import { layersSvg } from './layers-svg.ts';

/** Parts of a whole as cells of a picture have room for. */
const percent = (share: number): string =>
  Number.isFinite(share) ? `${Number((100 * share).toPrecision(2))} %` : 'new';

/** How much every layer's parameters changed, and what became of its neurons' words. */
export function changePictures({ parameters, words, a, b }: ModelDiff): string[] {
  const own = parameters.filter(
    ({ layer, kind, verdict }) => layer !== undefined && !/_bias$/.test(kind) && verdict !== 'reordered',
  );
  const kinds = [...new Set(own.flatMap(({ kind, verdict }) => (verdict === 'same' ? [] : [kind])))];
  const layers = [...new Set(own.map(({ layer }) => layer!))];
  const of = new Map(own.map((one) => [`${one.layer} ${one.kind}`, one.relative]));
  const sizes =
    kinds.length === 0
      ? []
      : [
          layersSvg({
            title: 'How much changed, by layer and kind of parameters',
            subtitle: `length of the change of ${b} over that of ${a}; equal steps of colour are equal ratios`,
            layers,
            kinds,
            values: layers.map((layer) => kinds.map((kind) => of.get(`${layer} ${kind}`))),
            format: percent,
            log: true,
          }),
        ];
  return [...sizes, ...(words ? wordPictures(words) : [])];
}

/** The share of neurons' words that went, a picture for each step. */
export function wordPictures({ layers: all, models, k }: WordHistory): string[] {
  const layers = [...new Set(all.map(({ layer }) => layer))];
  const kinds = [...new Set(all.map(({ part }) => part))];
  return models.slice(1).map((model, step) =>
    layersSvg({
      title: `How many of the first ${k} words of neurons went`,
      subtitle: `from ${models[step]} to ${model}`,
      layers,
      kinds,
      values: layers.map((layer) =>
        kinds.map((part) => {
          const own = all.filter((one) => one.layer === layer && one.part === part);
          return own.length === 0
            ? undefined
            : own.reduce((sum, { steps }) => sum + 1 - steps[step].kept, 0) / own.length;
        }),
      ),
      format: percent,
      log: false,
    }),
  );
}
