import { useRef, useState } from 'react';
import { useRoving } from '../../components/roving.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { useWidth } from '../../components/use-width.ts';
import { formatScore, plural } from '../../format.ts';
import { type Arc, bent, fromOf, toOf } from './arcs.ts';

interface DrawingProps {
  model: string;
  layers: number;
  heads: number;
  arcs: readonly Arc[];
  pins: ReadonlySet<string>;
  /** `K` */
  kind: string;
  onPin: (place: string) => void;
}

const LEFT = 34;
const TOP = 18;

/** Heads as dots, layer → right, head ↓; an arc says that the later head reads what the earlier one writes. */
export function Drawing({ model, layers, heads, arcs, pins, kind, onPin }: DrawingProps) {
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const [lit, setLit] = useState<string>();
  const { onKeyDown, cell } = useRoving(heads, layers, holder);
  const stepX = layers > 1 ? Math.max(18, (width - LEFT - 24) / (layers - 1)) : 0;
  const stepY = Math.max(14, Math.min(44, 460 / heads));
  const radius = Math.min(7, stepY / 2.6);
  const x = (layer: number): number => LEFT + 10 + layer * stepX;
  const y = (head: number): number => TOP + stepY * (head + 0.5);
  const most = Math.max(0, ...arcs.map(({ z }) => z)) || 1;
  const touched = new Set(arcs.flatMap((arc) => [fromOf(arc), toOf(arc)]));
  const isLit = (arc: Arc): boolean => lit === undefined || fromOf(arc) === lit || toOf(arc) === lit;
  const height = TOP + stepY * heads + 26;
  return (
    <figure className="circuit">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between its heads, which are the buttons. */}
      <div ref={holder} onKeyDown={onKeyDown} onMouseLeave={() => setLit(undefined)}>
        {width > 0 && (
          <svg width={Math.max(width, x(layers - 1) + 14)} height={height}>
            <title>{`${plural(arcs.length, 'composition')} of heads`}</title>
            <g fill="none" stroke="var(--write)">
              {arcs.map((arc) => (
                <path
                  key={`${fromOf(arc)} ${toOf(arc)}`}
                  d={bent(x(arc.fromLayer), y(arc.fromHead), x(arc.toLayer), y(arc.toHead))}
                  strokeWidth={(4 * Math.max(0, arc.z)) / most}
                  opacity={isLit(arc) ? 0.65 : 0.08}
                >
                  <title>{`${fromOf(arc)} → ${toOf(arc)}  z ${formatScore(arc.z)}`}</title>
                </path>
              ))}
            </g>
            {Array.from({ length: heads }, (_, head) =>
              Array.from({ length: layers }, (_, layer) => {
                const place = `${layer}:${head}`;
                const own = cell(head, layer);
                return (
                  // biome-ignore lint/a11y/useSemanticElements: there is no <button> in SVG.
                  <circle
                    key={place}
                    {...own}
                    role="button"
                    aria-label={`head ${place}`}
                    aria-pressed={pins.has(place)}
                    className="head"
                    cx={x(layer)}
                    cy={y(head)}
                    r={pins.has(place) ? radius + 1.5 : radius}
                    fill={pins.has(place) ? 'var(--ink)' : touched.has(place) ? 'var(--write)' : 'var(--shade)'}
                    stroke="var(--edge)"
                    onMouseEnter={() => setLit(touched.has(place) ? place : undefined)}
                    onFocus={() => {
                      own.onFocus();
                      setLit(touched.has(place) ? place : undefined);
                    }}
                    onBlur={() => setLit(undefined)}
                    onClick={() => onPin(place)}
                    onKeyDown={(event) => {
                      if (event.key !== 'Enter' && event.key !== ' ') return;
                      event.preventDefault();
                      onPin(place);
                    }}
                  >
                    <title>{`head ${place}`}</title>
                  </circle>
                );
              }),
            )}
            <g fontSize="11" fill="var(--soft)">
              <text x={LEFT - 8} y={11} textAnchor="end">
                head
              </text>
              <text x={0} y={height - 8}>
                layer
              </text>
              {Array.from({ length: heads }, (_, head) => (
                <text key={head} x={LEFT - 8} y={y(head) + 4} textAnchor="end">
                  {head % Math.ceil(heads / 16) === 0 ? head : ''}
                </text>
              ))}
              {Array.from({ length: layers }, (_, layer) => (
                <text key={layer} x={x(layer)} y={height - 8} textAnchor="middle">
                  {layer % Math.ceil(layers / 16) === 0 ? layer : ''}
                </text>
              ))}
            </g>
          </svg>
        )}
      </div>
      <SaveMenu
        label="circuit"
        name={`circuit-${kind.toLowerCase()}`}
        rows={() => arcs.map((arc) => ({ from: fromOf(arc), to: toOf(arc), score: arc.score, z: arc.z, p: arc.p }))}
        figure={{
          title: `${model}: heads that read what others write, by ${kind}-composition`,
          what: `the ${plural(arcs.length, 'strongest composition')}${pins.size > 0 ? ` of ${[...pins].join(', ')}` : ''}`,
          axes: `across: layer; down: head; width of an arc: deviations from random heads (z), up to ${formatScore(most)}`,
          legend: [
            { tone: 'write', label: 'an earlier head writes what a later one reads' },
            ...(pins.size > 0 ? [{ tone: 'ink', label: 'pinned heads' }] : []),
          ],
          svg: () => holder.current?.querySelector('svg'),
        }}
      />
    </figure>
  );
}
