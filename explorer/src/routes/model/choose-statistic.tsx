import type { StatisticNames } from '../../api/types.ts';
import { Pill } from '../../components/pill.tsx';

interface ChooseStatisticProps {
  label: string;
  names: StatisticNames['statistics'];
  name: string;
  /** Undefined while the statistic is on its way. */
  parts: readonly string[] | undefined;
  part: string;
  onChange: (name: string, part: string) => void;
}

/** Which statistic, and of which part. */
export function ChooseStatistic({ label, names, name, parts = [], part, onChange }: ChooseStatisticProps) {
  const chosen = names.find((one) => one.name === name);
  return (
    <div className="choose-statistic">
      <select aria-label={label} value={name} onChange={(event) => onChange(event.currentTarget.value, part)}>
        {names.map((one) => (
          <option key={one.name} value={one.name}>
            {titleOf(one.name)}
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

/** `key_value_cosine_z` → `key value cosine, z` */
export function titleOf(name: string): string {
  return name
    .replace(/_shuffled_([zp])$/, ', $1 against a shuffled vocabulary')
    .replace(/_others_z$/, ', z against other heads’ halves')
    .replace(/_([zp])$/, ', $1')
    .replace(/_q$/, ', q: false discoveries with as small a p')
    .replaceAll('_', ' ');
}

/** The statistic to begin with: one that is already computed, copying before others. */
export function firstChoice(names: StatisticNames['statistics'], wish: string): string | undefined {
  const stored = names.filter(({ source }) => source === 'atlas');
  const from = stored.length > 0 ? stored : names;
  return (from.find(({ name }) => name === wish) ?? from[0])?.name;
}
