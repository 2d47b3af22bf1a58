import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useId, useState } from 'react';
import { vectorChanceQuery, vectorQuery } from '../api/queries.ts';
import { listOf, listsSvg } from '../export/lists.ts';
import { formatScore } from '../format.ts';
import type { ReadingSearch } from '../state/reading-search.ts';
import { AppliedNote } from './applied-note.tsx';
import { ChanceLine } from './chance-line.tsx';
import { SaveMenu } from './save-menu.tsx';
import { ScoreBars } from './score-bars.tsx';
import { Answer } from './states.tsx';
import './vector-reader.css';

interface VectorReaderProps {
  model: string;
  search: ReadingSearch;
  /** What is read; empty: nothing yet. */
  expression: string;
  /** Put into the box by a click. */
  examples: readonly string[];
  onRead: (expression: string) => void;
}

/** What is asked of an expression. */
export const readQuery = (model: string, expression: string, search: ReadingSearch) =>
  vectorQuery(model, expression, { ...search, k: 24, bottom: 12 });

/** A box for an expression, and what it reads as. */
export function VectorReader({ model, search, expression, examples, onRead }: VectorReaderProps) {
  const id = useId();
  const [text, setText] = useState(expression);
  useEffect(() => setText(expression), [expression]);
  return (
    <div className="vector-reader">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onRead(text.trim());
        }}
      >
        <label htmlFor={id} className="visually-hidden">
          Expression
        </label>
        <input
          id={id}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          placeholder={examples[0]}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
        />
        <button type="submit" className="pill">
          read
        </button>
      </form>
      <p className="examples">
        {examples.map((example) => (
          <button type="button" key={example} onClick={() => onRead(example)}>
            {example}
          </button>
        ))}
      </p>
      {expression !== '' && <VectorTokens model={model} search={search} expression={expression} />}
    </div>
  );
}

function VectorTokens({ model, search, expression }: Pick<VectorReaderProps, 'model' | 'search' | 'expression'>) {
  const query = useQuery(readQuery(model, expression, search));
  // The lists first: what chance gives takes longer, and has its room above them.
  const chance = useQuery({
    ...vectorChanceQuery(model, expression, search),
    enabled: query.data !== undefined,
  });
  return (
    <Answer query={query} what="Reading the expression">
      {({ top, bottom, norm, applied, normalize }) => (
        <>
          <p className="page-line">
            <code>{expression}</code> has length {formatScore(norm)} and reads as follows;{' '}
            <Link to="/m/$model/map" params={{ model }} search={{ x: expression }} preload={false}>
              among all words
            </Link>
          </p>
          {!chance.error && <ChanceLine lists={chance.data && [['', chance.data]]} />}
          <div className="vector-tokens">
            <ScoreBars label="Top tokens of the expression" tokens={top} tone="write" model={model} />
            <ScoreBars label="Bottom tokens of the expression" tokens={bottom} tone="opposite" model={model} />
            <AppliedNote applied={applied} normalize={normalize} />
          </div>
          <SaveMenu
            label="tokens of the expression"
            name="expression"
            rows={() => [...top, ...bottom].map(({ id, token, score }) => ({ id, token, score }))}
            json={() => query.data}
            figure={{
              title: `${expression} as words`,
              what: `the ${top.length} highest and ${bottom.length} lowest tokens`,
              axes: 'bar: score',
              legend: [
                { tone: 'write', label: 'highest' },
                { tone: 'opposite', label: 'lowest' },
              ],
              normalised: 'cosine',
              svg: () =>
                listsSvg([
                  listOf('highest', 'write', { top, bottom: [] }),
                  listOf('lowest', 'opposite', { top: bottom, bottom: [] }),
                ]),
            }}
          />
        </>
      )}
    </Answer>
  );
}
