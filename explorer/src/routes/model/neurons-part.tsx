import { lazy, Suspense, useEffect } from 'react';
import type { ByLayer } from '../../../../src/questions/standouts.ts';
import type { ModelInfo } from '../../api/types.ts';
import { Legend } from '../../components/legend.tsx';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { ErrorState, Waiting } from '../../components/states.tsx';
import { formatScore, plural } from '../../format.ts';
import { ChooseStatistic } from './choose-statistic.tsx';
import { type Extremes, histogramOf } from './columns.ts';
import { violinsSvg } from './drawings.ts';
import { LayerNeurons } from './layer-neurons.tsx';
import type { Look } from './look-line.tsx';
import { HEIGHT, outlines } from './outlines.ts';
import { useStatistic } from './use-statistic.ts';
import { Violins } from './violins.tsx';

/** The plotting library is half of the page's code, and nothing of the first view needs it. */
const Histogram = lazy(() =>
  import('../../components/histogram.tsx').then((module) => ({ default: module.Histogram })),
);

interface NeuronsPartProps {
  info: ModelInfo;
  chosen: string | undefined;
  /** The layer that is open. */
  layer: number | undefined;
  onChoose: (chosen: string) => void;
  onLook: (look: Look) => void;
  onFound: (found: Extremes | undefined) => void;
  onFailed: (failed: boolean) => void;
}

const BINS = 80;

/** All neurons as distributions by layer; one layer at a time neuron by neuron. */
export function NeuronsPart({ info, chosen, layer, onChoose, onLook, onFound, onFailed }: NeuronsPartProps) {
  const statistic = useStatistic(info.id, 'neurons', chosen, 'key_value_cosine');
  const { names, namesError, name, part, parts, what, query, drawn } = statistic;
  useEffect(() => onFound(drawn && { what, part, ...drawn }), [drawn, what, part, onFound]);
  const failed = namesError !== null || query.error !== null;
  useEffect(() => onFailed(failed), [failed, onFailed]);
  const opened = layer === undefined ? undefined : drawn?.values[layer];
  return (
    <Section
      title="Neurons"
      hint={`${info.experts > 0 ? 'of the first expert; ' : ''}each layer’s distribution; choose a layer to see its neurons`}
    >
      {name !== undefined && (
        <ChooseStatistic
          kind="neurons"
          label="Statistic of neurons"
          names={names}
          name={name}
          parts={parts}
          part={part}
          onChange={(toName, toPart) => onChoose(`${toPart}.${toName}`)}
        />
      )}
      <Violins model={info.id} values={drawn?.values} layers={info.layers} what={what} layer={layer} />
      {failed && <ErrorState error={namesError ?? query.error} retry={() => void query.refetch()} />}
      {!drawn && !failed && <Waiting query={query} what={`Computing ${what}`} />}
      {drawn && (
        <SaveMenu
          label={`${what} of neurons`}
          name={`neurons-${part}-${name}`}
          rows={() => drawn.entries.map(({ layer, index, value }) => ({ layer, neuron: index, value }))}
          figure={{
            title: `${info.id}: ${what} of its neurons by layer`,
            what: plural(drawn.entries.length, 'neuron'),
            axes: `across: layer; up: ${what}; width of a shape: how many, by the square root`,
            svg: () => violinsOf(drawn.values),
          }}
        />
      )}
      {drawn && layer !== undefined && opened && (
        <div className="layer-open">
          <h3>
            Layer {layer} <span className="soft hint">one square per neuron, in order of their index</span>
          </h3>
          <LayerNeurons
            model={info.id}
            layer={layer}
            values={opened}
            scale={drawn.scale}
            what={what}
            onLook={(of, index) => onLook({ kind: 'neuron', layer: of, index, value: opened[index], what })}
          />
          <Legend scale={drawn.scale} />
        </div>
      )}
      {drawn && drawn.entries.length > 0 && (
        <div className="distribution">
          <h3>
            {layer === undefined || !opened ? 'All layers' : `Layer ${layer}`} <span className="soft hint">{what}</span>
          </h3>
          <Suspense fallback={<div className="plot-space" />}>
            <Distribution
              what={what}
              place={layer === undefined || !opened ? `${info.id}, all layers` : `${info.id}, layer ${layer}`}
              name={`${part}-${name}-histogram`}
              values={opened?.filter((value) => value !== null) ?? drawn.entries.map(({ value }) => value)}
            />
          </Suspense>
        </div>
      )}
    </Section>
  );
}

function violinsOf(values: ByLayer): string {
  const { layers, low, high } = outlines(values);
  const paths = layers.map(({ path }) => path);
  return violinsSvg(paths, HEIGHT, [formatScore(low), formatScore(high)]);
}

interface DistributionProps {
  what: string;
  name: string;
  place: string;
  values: readonly number[];
}

function Distribution({ what, name, place, values }: DistributionProps) {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const bins = {
    edges: Array.from({ length: BINS + 1 }, (_, i) => low + ((high - low) * i) / BINS),
    counts: histogramOf(values, low, high, BINS),
  };
  return <Histogram label={what} name={name} bins={bins} tone="read" height={90} place={place} />;
}
