import type { ModelDiff, ModelInfo } from '../../api/types.ts';
import { Section } from '../../components/section.tsx';
import { formatCount, plural } from '../../format.ts';

/** Names that are listed; the rest is counted. */
const LISTED = 12;

interface HeadersProps {
  headers: ModelDiff['headers'];
  a: ModelInfo;
  b: ModelInfo;
}

/** What differs before any number: config, tokenizer, parameters of one alone, types. */
export function Headers({ headers, a, b }: HeadersProps) {
  const { config, types, onlyA, onlyB, reshaped, tokens } = headers;
  if (headers.same) return null;
  const otherTypes = types.filter((one) => one.a !== one.b);
  return (
    <Section title="Headers">
      <ul className="plain headers">
        {config.slice(0, LISTED).map(({ name, a, b }) => (
          <li key={name}>
            <code>{name}</code> {a || '–'} → {b || '–'}
          </li>
        ))}
        {config.length > LISTED && <li>and {plural(config.length - LISTED, 'setting')} more</li>}
        {otherTypes.length > 0 && (
          <li>
            types of tensors:{' '}
            {otherTypes.map(({ type, a, b }) => `${type} ${formatCount(a)} → ${formatCount(b)}`).join(', ')}
          </li>
        )}
        <Names what={`only in ${a.id}`} names={onlyA} />
        <Names what={`only in ${b.id}`} names={onlyB} />
        <Names what="of another shape" names={reshaped.map(({ name, a, b }) => `${name} ${a} → ${b}`)} />
        {tokens.slice(0, LISTED).map((said) => (
          <li key={said}>{said}</li>
        ))}
      </ul>
    </Section>
  );
}

function Names({ what, names }: { what: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <li>
      {what}: <span className="mono">{names.slice(0, LISTED).join(', ')}</span>
      {names.length > LISTED && ` and ${plural(names.length - LISTED, 'parameter')} more`}
    </li>
  );
}
