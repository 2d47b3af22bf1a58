import { useEffect, useState } from 'react';
import type { HeadMatrix } from '../../api/types.ts';
import { formatCount } from '../../format.ts';
import { POSITIONS, positionOf, type ThresholdScale, thresholdAt } from './threshold.ts';
import type { HeadAnswers } from './use-head.ts';

interface ThresholdControlProps {
  answers: HeadAnswers;
  matrix: HeadMatrix;
  end: 'highest' | 'lowest';
  /** Undefined: no threshold. */
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

/**
 * A slider and a number for the threshold, and the exact number of pairs beyond it: none at its right end, ever more to
 * the left, all at its left end.
 */
export function ThresholdControl({ answers, matrix, end, value, onChange }: ThresholdControlProps) {
  const scale = scaleOf(answers, matrix, end);
  // Several positions may round to one threshold: the slider keeps its own place where that is so.
  const [own, setOwn] = useState(ALL);
  const word = end === 'highest' ? 'above' : 'below';
  return (
    <div className="threshold">
      <label className="soft" htmlFor="threshold-slider">
        {word}
      </label>
      <input
        id="threshold-slider"
        type="range"
        min={0}
        max={POSITIONS}
        step={1}
        value={scale ? shownPosition(scale, value, own) : ALL}
        disabled={!scale}
        aria-valuetext={value === undefined ? 'all pairs' : `${word} ${value}`}
        onChange={(event) => {
          const position = event.currentTarget.valueAsNumber;
          setOwn(position);
          if (scale) onChange(position === ALL ? undefined : thresholdAt(scale, position));
        }}
      />
      <NumberField label={`Only pairs ${word} this score`} value={value} onChange={onChange} />
      {/* It keeps its place while there is none, so that nothing moves under the hand. */}
      <button
        type="button"
        className={value === undefined ? 'plain absent' : 'plain'}
        onClick={() => onChange(undefined)}
        aria-label="No threshold"
      >
        ×
      </button>
      <Count answers={answers} matrix={matrix} value={value} />
    </div>
  );
}

/** The slider's left end: no threshold. */
const ALL = 0;

/** At the highest end what the server keeps, at the lowest what is listed. */
function scaleOf({ curve, pairs }: HeadAnswers, matrix: HeadMatrix, end: 'highest' | 'lowest') {
  if (end === 'highest') return curve.data && { ...curve.data, sign: 1 as const };
  const scores = pairs.data?.[matrix]?.pairs.map(({ score }) => score);
  return scores && { scores, ranks: scores.map((_, at) => at + 1), listed: scores.length, sign: -1 as const };
}

function shownPosition(scale: ThresholdScale, value: number | undefined, own: number): number {
  if (value === undefined) return ALL;
  return thresholdAt(scale, own) === value ? own : positionOf(scale, value);
}

/** `exactly 3,163 of 268,435,456 pairs`; of a preview `3,163 pairs in the preview`: all it knows, those beyond not. */
function Count({ answers, matrix, value }: Pick<ThresholdControlProps, 'answers' | 'matrix' | 'value'>) {
  const { pairs, count, curve } = answers;
  const guessed = pairs.preview !== undefined;
  const counted = count?.count ?? (pairs.isPlaceholderData ? undefined : pairs.data?.[matrix]?.count);
  return (
    <output className="count" htmlFor="threshold-slider">
      {counted === undefined ? (
        <>
          counting … <progress {...(pairs.progress && { value: pairs.progress.done })} max={1} aria-label="Counting" />
        </>
      ) : (
        <>
          {value === undefined ? 'all ' : guessed ? '' : 'exactly '}
          <b>{formatCount(counted)}</b>
          {value !== undefined && curve.data && ` of ${formatCount(curve.data.total)}`} pairs
          {guessed && value !== undefined && ' in the preview'}
        </>
      )}
    </output>
  );
}

interface NumberFieldProps {
  label: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
}

/** A number that can be typed; taken on Enter and when it is left. */
function NumberField({ label, value, onChange }: NumberFieldProps) {
  const written = value === undefined ? '' : String(value);
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const take = (): void => {
    const typed = text.trim().replace('−', '-');
    if (typed === written) return;
    if (typed === '') onChange(undefined);
    else if (Number.isFinite(Number(typed))) onChange(Number(typed));
    else setText(written);
  };
  return (
    <input
      className="number-field mono"
      aria-label={label}
      inputMode="decimal"
      size={7}
      placeholder="any"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === 'Enter' && take()}
    />
  );
}
