import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { neuronAddress } from '../../components/neuron-link.tsx';
import { moved } from '../../components/roving.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { useWidth } from '../../components/use-width.ts';
import { formatScore, plural } from '../../format.ts';
import { color, useScheme } from '../../style/theme.ts';
import { type ColourScale, strength } from './columns.ts';
import { legendOf, squaresSvg } from './drawings.ts';
import './layer-neurons.css';

interface LayerNeuronsProps {
  model: string;
  layer: number;
  /** One number per neuron. */
  values: readonly (number | null)[];
  scale: ColourScale;
  what: string;
  onLook: (layer: number, neuron: number) => void;
}

const LEAST = 11;

/** All neurons of a layer, one square each, in the order of their index. Click, or arrows and Enter, go there. */
export function LayerNeurons({ model, layer, values, scale, what, onLook }: LayerNeuronsProps) {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(holder);
  const scheme = useScheme();
  const navigate = useNavigate();
  const [at, setAt] = useState(0);
  const columns = Math.max(1, Math.min(64, Math.floor(width / LEAST)));
  const rows = Math.ceil(values.length / columns);
  const side = width / columns;

  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, width, columns, values, scale, at, scheme);
  }, [width, columns, values, scale, at, scheme]);

  const look = (neuron: number) => {
    if (neuron < 0 || neuron >= values.length || neuron === at) return;
    setAt(neuron);
    onLook(layer, neuron);
  };
  const go = (neuron: number) => navigate(neuronAddress(model, { layer, neuron }));
  const under = (event: { nativeEvent: MouseEvent }) =>
    Math.floor(event.nativeEvent.offsetY / side) * columns + Math.floor(event.nativeEvent.offsetX / side);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') return void go(at);
    const next = moved({ row: Math.floor(at / columns), column: at % columns }, event.key, rows, columns);
    if (!next) return;
    event.preventDefault();
    look(next.row * columns + next.column);
  };
  const value = values[at];
  const text = `neuron ${layer}:${at}${value === null || value === undefined ? '' : `, ${what} ${formatScore(value)}`}`;
  return (
    <figure>
      <div ref={holder} className="layer-neurons">
        <div
          role="slider"
          tabIndex={0}
          aria-label={`Neurons of layer ${layer}; Enter opens one`}
          aria-valuemin={0}
          aria-valuemax={values.length - 1}
          aria-valuenow={at}
          aria-valuetext={text}
          title={text}
          onKeyDown={onKeyDown}
          onMouseMove={(event) => look(under(event))}
          onClick={(event) => {
            const neuron = under(event);
            if (neuron >= 0 && neuron < values.length) void go(neuron);
          }}
        >
          <canvas ref={canvas} style={{ height: rows * side }} />
        </div>
      </div>
      <SaveMenu
        label={`neurons of layer ${layer}`}
        name={`layer-${layer}-neurons`}
        rows={() => values.map((number, neuron) => ({ layer, neuron, value: number }))}
        figure={{
          title: `Layer ${layer}: ${what} of its neurons`,
          what: `${plural(values.length, 'neuron')}, one square each, in order of their index`,
          axes: `${columns} in a row`,
          legend: legendOf(scale),
          svg: () => squaresSvg(values, columns, scale),
        }}
      />
    </figure>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  width: number,
  columns: number,
  values: readonly (number | null)[],
  scale: ColourScale,
  at: number,
  _scheme: string,
): void {
  const ratio = devicePixelRatio || 1;
  const side = width / columns;
  canvas.width = width * ratio;
  canvas.height = Math.ceil(values.length / columns) * side * ratio;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  const colours = { positive: color(scale.signed ? 'write' : 'read'), negative: color('opposite'), ink: color('ink') };
  const box = (i: number) => [(i % columns) * side, Math.floor(i / columns) * side, side - 1, side - 1] as const;
  values.forEach((value, i) => {
    if (value === null || value === undefined) return;
    const share = strength(scale, value);
    context.fillStyle = share < 0 ? colours.negative : colours.positive;
    context.globalAlpha = 0.06 + 0.9 * Math.abs(share);
    context.fillRect(...box(i));
  });
  context.globalAlpha = 1;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.strokeRect(...box(at));
}
