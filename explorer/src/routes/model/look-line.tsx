import { useQuery } from '@tanstack/react-query';
import { headRowsQuery, neuronAsked, neuron as question } from '../../api/queries.ts';
import type { HeadMatrix, ModelInfo } from '../../api/types.ts';
import { useWords } from '../../api/use-previewed-query.ts';
import { LitWords } from '../../components/lit-words.tsx';
import { PreviewMark } from '../../components/preview-mark.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { useSettled } from '../../components/use-settled.ts';
import { formatScore } from '../../format.ts';
import type { NeuronAt } from '../../state/neuron-at.ts';

/** What the pointer or the arrow keys are on. */
export interface Look {
  kind: 'neuron' | 'head';
  layer: number;
  index: number;
  /** Of a head. */
  matrix?: HeadMatrix;
  value: number | null | undefined;
  what: string;
}

/** The place under the pointer, in words. */
export function LookLine({ info, look }: { info: ModelInfo; look: Look | undefined }) {
  const still = useSettled(look, 120);
  return (
    <p className={still ? 'look-line' : 'look-line idle'} aria-live="polite">
      {still ? (
        <>
          <b>
            {still.kind} {still.layer}:{still.index}
          </b>{' '}
          <span className="soft">
            {still.what} {still.value === null || still.value === undefined ? '' : formatScore(still.value)}
          </span>{' '}
          {still.kind === 'neuron' ? (
            <NeuronWords info={info} at={{ layer: still.layer, neuron: still.index }} />
          ) : (
            <HeadWords info={info} layer={still.layer} head={still.index} matrix={still.matrix ?? 'vo'} />
          )}
        </>
      ) : (
        <span className="soft">Point at a head or a neuron to read it here; click to go there.</span>
      )}
    </p>
  );
}

interface NeuronWordsProps {
  info: ModelInfo;
  at: NeuronAt;
  k?: number;
  lit?: ReadonlySet<number>;
}

/** What a neuron reads and writes, in a few tokens. */
export function NeuronWords({ info, at, k = 6, lit }: NeuronWordsProps) {
  const asked = neuronAsked(info.id, at, { k, bottom: 0 });
  const { data, isFetching, began, preview } = useWords(question, asked, { enabled: info.live });
  const parts = data?.parts;
  if (!parts) return isFetching ? <Reading /> : null;
  return (
    <span className="words" data-began={began && 'words'}>
      <PreviewMark began={began} exact={preview === undefined} />
      {parts.key && <LitWords className="read" tokens={parts.key.top} lit={lit} />}
      <span className="soft"> → </span>
      {parts.value && <LitWords className="write" tokens={parts.value.top} lit={lit} />}
    </span>
  );
}

export interface HeadWordsProps {
  info: ModelInfo;
  layer: number;
  head: number;
  matrix: HeadMatrix;
}

/** A head's first pairs, where an atlas has them at hand. */
export function HeadWords({ info, layer, head, matrix }: HeadWordsProps) {
  const query = useQuery({ ...headRowsQuery(info.id, matrix), enabled: info.atlas !== null });
  if (query.isFetching) return <Reading />;
  const row = query.data?.heads.find((one) => one.layer === layer && one.head === head);
  return row ? <Words className={matrix === 'qk' ? 'read' : 'write'} labels={[row.top]} /> : null;
}

/** Stands where words will be. */
export const Reading = () => <span className="words soft">reading …</span>;

function Words({ className, labels }: { className: string; labels: readonly string[] }) {
  return (
    <span className={`token toned ${className}`}>
      <TokenText label={labels.join(' ')} />
    </span>
  );
}
