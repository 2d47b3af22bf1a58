import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { DIFFERENT_WORDS, EXAMPLES } from '../../../../src/guide/lesson.ts';
import { place, head as question } from '../../api/queries.ts';
import type { HeadMatrix, ModelInfo } from '../../api/types.ts';
import { useWords } from '../../api/use-previewed-query.ts';
import { NeuronLink } from '../../components/neuron-link.tsx';
import { PreviewMark } from '../../components/preview-mark.tsx';
import { TokenText } from '../../components/token-text.tsx';
import type { Extremes } from './columns.ts';
import { firstOf } from './first-of.ts';
import { HeadWords, type HeadWordsProps, NeuronWords, Reading } from './look-line.tsx';

interface BeginProps {
  info: ModelInfo;
  heads: Extremes | undefined;
  neurons: Extremes | undefined;
}

/**
 * Four places worth a first look, in words: of the built-in model the lesson's own, of others the extremes that were
 * found.
 */
export function Begin({ info, heads, neurons }: BeginProps) {
  if (info.id === 'sample')
    return (
      <ul className="begin" aria-label="Begin here">
        {EXAMPLES.slice(0, 4).map((example) => (
          <li key={example.title}>
            {example.kind === 'neuron' && (
              <NeuronCard info={info} layer={example.layer} neuron={example.index} title={example.title} />
            )}
            {example.kind === 'head' && (
              <HeadCard
                info={info}
                layer={example.layer}
                head={example.index}
                matrix={example.matrix}
                title={example.title}
                different
              >
                <BestPairs info={info} layer={example.layer} head={example.index} matrix={example.matrix} />
              </HeadCard>
            )}
          </li>
        ))}
      </ul>
    );
  const cards = [...firstOf(neurons, 'neuron', info.live ? 2 : 0), ...firstOf(heads, 'head', 2)];
  if (cards.length === 0) return null;
  return (
    <ul className="begin" aria-label="Begin here">
      {cards.map(({ entry: { layer, index }, kind, title, matrix }) => (
        <li key={`${kind} ${layer}:${index}`}>
          {kind === 'neuron' ? (
            <NeuronCard info={info} layer={layer} neuron={index} title={title} />
          ) : (
            <HeadCard
              info={info}
              layer={layer}
              head={index}
              matrix={matrix}
              title={title}
              different={!info.atlas && info.tokenizer !== null}
            >
              <FoundPairs info={info} layer={layer} head={index} matrix={matrix} />
            </HeadCard>
          )}
        </li>
      ))}
    </ul>
  );
}

interface NeuronCardProps {
  info: ModelInfo;
  layer: number;
  neuron: number;
  title: string;
}

function NeuronCard({ info, layer, neuron, title }: NeuronCardProps) {
  return (
    <NeuronLink model={info.id} at={{ layer, neuron }} className="" preload={false}>
      <b>{title}</b>
      <span className="soft">
        neuron {layer}:{neuron} reads → writes
      </span>
      <NeuronWords info={info} at={{ layer, neuron }} k={5} />
    </NeuronLink>
  );
}

interface HeadCardProps {
  info: ModelInfo;
  layer: number;
  head: number;
  matrix: HeadMatrix;
  title: string;
  /** Its pairs are of different words. */
  different: boolean;
  children: ReactNode;
}

function HeadCard({ info, layer, head, matrix, title, different, children }: HeadCardProps) {
  return (
    <Link
      to="/m/$model/head/$layer/$head"
      params={{ model: info.id, layer, head }}
      search={{ matrix, ...(different && DIFFERENT_IN_ADDRESS[matrix]) }}
      preload={false}
    >
      <b>{title}</b>
      <span className="soft">
        head {layer}:{head}
        {matrix === 'vo' && ' reads → writes'}
        {matrix === 'qk' && ' looks from → at'}
      </span>
      {children}
    </Link>
  );
}

/** The head's page with the same pairs as its card: {@link DIFFERENT_WORDS} as its address says them. */
const DIFFERENT_IN_ADDRESS = {
  qk: { exclude: 'fuzzy', filters: 'alnum' },
  vo: { exclude: 'same', filters: 'alnum' },
} as const;

/** An atlas has a head's pairs at hand; without one they are read. */
function FoundPairs(head: HeadWordsProps) {
  return head.info.atlas ? <HeadWords {...head} /> : <BestPairs {...head} />;
}

/** A head's first pairs of different words, read for this card; without a tokenizer there are none to compare. */
function BestPairs({ info, layer, head, matrix }: HeadWordsProps) {
  const asked = {
    param: place({ model: info.id, layer, head }),
    query: { matrix, k: 3, ...(info.tokenizer && DIFFERENT_WORDS[matrix]) },
  };
  const { data, isFetching, began, preview } = useWords(question, asked, { enabled: info.live });
  if (isFetching) return <Reading />;
  const pairs = data?.[matrix]?.pairs ?? [];
  return (
    <span className={`words ${matrix === 'vo' ? 'write' : 'read'}`} data-began={began && 'pairs'}>
      <PreviewMark began={began} exact={preview === undefined} />
      {pairs.map(({ first, second }) => (
        <span key={`${first.id} ${second.id}`} className="token toned">
          <TokenText label={`${first.label} → ${second.label}`} />
        </span>
      ))}
    </span>
  );
}
