import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { NORMALIZERS, SWITCHES } from '../../../src/questions/options.ts';
import { modelQuery } from '../api/queries.ts';
import type { Normalize } from '../api/types.ts';
import { FILTERS, type FilterName, joinFilters, type ReadingSearch, splitFilters } from '../state/reading-search.ts';
import { Pill } from './pill.tsx';
import './filter-bar.css';

const ALL = Object.keys(NORMALIZERS) as Normalize[];

interface FilterBarProps {
  value: ReadingSearch;
  /** Gets the keys that change; undefined means the default. */
  onChange: (change: { [K in keyof ReadingSearch]?: ReadingSearch[K] | undefined }) => void;
  /** Which filters to offer; default: all but padding. */
  filters?: readonly FilterName[];
  /** Offer to fold the layer's norm gain in. */
  fold?: boolean;
  /** The normalisers to offer, the usual one first; default all. */
  normalizers?: readonly Normalize[];
}

const USUAL: readonly FilterName[] = ['ascii', 'english', 'alnum', 'no-brackets', 'no-special'];

/** Whether this page's model has two embeddings, so that it matters which one a side is read with. */
function useUntied(): boolean {
  const { model } = useParams({ strict: false });
  const { data } = useQuery({ ...modelQuery(model ?? ''), enabled: model !== undefined });
  return data?.tied === false;
}

/** How scores are made comparable, and which tokens count. */
export function FilterBar({ value, onChange, filters = USUAL, fold = true, normalizers = ALL }: FilterBarProps) {
  const chosen = splitFilters(value.filters);
  const untied = useUntied();
  const toggle = (name: FilterName) =>
    onChange({
      filters: joinFilters(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]),
    });
  return (
    <div className="filter-bar">
      {normalizers.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: pills in a line, not a form.
        <div role="group" aria-label="Normaliser">
          {normalizers.map((name) => (
            <Pill
              key={name}
              pressed={(value.normalize ?? normalizers[0]) === name}
              title={NORMALIZERS[name]}
              onClick={() => onChange({ normalize: name === 'freq' ? undefined : name })}
            >
              {name}
            </Pill>
          ))}
        </div>
      )}
      {filters.length > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        <div role="group" aria-label="Filters">
          <span className="soft">filters</span>
          {FILTERS.filter(({ name }) => filters.includes(name)).map(({ name, label, title }) => (
            <Pill key={name} pressed={chosen.includes(name)} title={title} onClick={() => toggle(name)}>
              {label}
            </Pill>
          ))}
        </div>
      )}
      {fold && (
        <Pill
          pressed={value.fold === true}
          title={SWITCHES.foldNorm.sentence}
          onClick={() => onChange({ fold: value.fold ? undefined : true })}
        >
          {SWITCHES.foldNorm.label}
        </Pill>
      )}
      {fold && (untied || value.embedding) && (
        <Pill
          pressed={value.embedding === 'own'}
          title="Read what is read with the input embedding, what is written with the unembedding"
          onClick={() => onChange({ embedding: value.embedding ? undefined : 'own' })}
        >
          own embeddings
        </Pill>
      )}
    </div>
  );
}
