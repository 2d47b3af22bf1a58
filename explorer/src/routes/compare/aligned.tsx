import { models, place } from '../../api/queries.ts';
import type { Alignment, ModelInfo } from '../../api/types.ts';
import { useLongQuery } from '../../api/use-long-query.ts';
import { Pill } from '../../components/pill.tsx';
import { Section } from '../../components/section.tsx';
import { Answer } from '../../components/states.tsx';
import { formatCount, formatP, formatScore } from '../../format.ts';
import { AlignmentHeat } from './alignment-heat.tsx';
import { BestMatches, Matching } from './matches.tsx';
import { ALIGNED, type CompareSearch, SAMPLE } from './search.ts';

const DRAWS = 19;
const LISTED = 25;

interface AlignedProps {
  a: ModelInfo;
  b: ModelInfo;
  search: CompareSearch;
  onChange: (change: CompareSearch) => void;
}

/** Layers of both against each other, over the tokens that both have. */
export function Aligned({ a, b, search: { kind = 'value', all }, onChange }: AlignedProps) {
  const kinds = ALIGNED.filter((one) => one !== 'up' || (a.gated && b.gated));
  const query = useLongQuery(models[':model'].alignment, {
    param: place({ model: a.id }),
    query: { second: b.id, kind, k: LISTED, draws: DRAWS, sample: all ? undefined : SAMPLE },
  });
  return (
    <>
      <div className="compare-controls">
        {/* biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form. */}
        <div role="group" aria-label="Which vectors are aligned">
          {kinds.map((one) => (
            <Pill
              key={one}
              pressed={kind === one}
              onClick={() => onChange({ kind: one === 'value' ? undefined : one })}
            >
              {one}
            </Pill>
          ))}
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={all === true}
            onChange={(event) => onChange({ all: event.currentTarget.checked || undefined })}
          />{' '}
          all vectors, not {SAMPLE} of a layer
        </label>
      </div>
      <Answer query={query} what={`Aligning ${a.id} and ${b.id}`}>
        {(alignment) => (
          <div className="compare-sections">
            <Section title="Mean |correlation|" hint={`${a.id} down, ${b.id} across; ringed: matched layers`}>
              <Facts alignment={alignment} />
              <AlignmentHeat alignment={alignment} a={a} b={b} />
            </Section>
            <Matching alignment={alignment} a={a} b={b} />
            <BestMatches alignment={alignment} a={a} b={b} />
            {alignment.notes.map((note) => (
              <p key={note} className="compare-facts soft">
                {note}
              </p>
            ))}
          </div>
        )}
      </Answer>
    </>
  );
}

function Facts({ alignment }: { alignment: Alignment }) {
  const { size, sample, chance, matching, onDiagonal, null: drawn } = alignment;
  const same = Math.round(onDiagonal * matching.length);
  return (
    <p className="compare-facts">
      {formatCount(size)} shared tokens{sample === null ? '' : ` · at most ${formatCount(sample)} vectors of a layer`} ·
      chance {formatScore(chance)} · {same} of {matching.length} matched layers have the same number
      {drawn &&
        ` · against ${drawn.draws} permuted vocabularies: mean p = ${formatP(drawn.pMean)}, diagonal p = ${formatP(drawn.pDiagonal)}`}
    </p>
  );
}
