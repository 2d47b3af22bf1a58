import type { StatisticKind } from '../../../../src/reading/statistics/catalogue.ts';
import { columnNamed } from '../../../../src/reading/statistics/columns.ts';
import type { StatisticNames } from '../../api/types.ts';
import { Pill } from '../../components/pill.tsx';

interface ChooseStatisticProps {
  kind: StatisticKind;
  label: string;
  names: StatisticNames['statistics'];
  name: string;
  /** Undefined while the statistic is on its way. */
  parts: readonly string[] | undefined;
  part: string;
  onChange: (name: string, part: string) => void;
}

/** Which statistic, and of which part. */
export function ChooseStatistic({ kind, label, names, name, parts = [], part, onChange }: ChooseStatisticProps) {
  const chosen = names.find((one) => one.name === name);
  return (
    <div className="choose-statistic">
      <select aria-label={label} value={name} onChange={(event) => onChange(event.currentTarget.value, part)}>
        {names.map((one) => (
          <option key={one.name} value={one.name}>
            {titleOf(kind, one.name)}
          </option>
        ))}
      </select>
      {parts.length > 1 &&
        parts.map((one) => (
          <Pill key={one} pressed={one === part} onClick={() => onChange(name, one)}>
            {one === 'vo' || one === 'qk' ? one.toUpperCase() : one}
          </Pill>
        ))}
      <span className="soft">
        {[chosen?.description, chosen?.source === 'live' ? 'computed now' : 'from the atlas']
          .filter(Boolean)
          .join(' · ')}
      </span>
    </div>
  );
}

/** A statistic's own title; that of another column of the atlas is its name. */
export const titleOf = (kind: StatisticKind, name: string): string =>
  columnNamed(kind, name)?.title ?? ENDS[name] ?? name.replaceAll('_', ' ');

/** What the scores of an atlas without statistics are called. */
const ENDS: Readonly<Record<string, string>> = { best: 'best score', worst: 'lowest score' };
