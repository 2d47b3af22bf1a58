import { Fragment } from 'react';
import type { Applied, Counter } from '../../api/types.ts';
import { SaveMenu } from '../../components/save-menu.tsx';
import { Section } from '../../components/section.tsx';
import { TokenText } from '../../components/token-text.tsx';
import { formatCount } from '../../format.ts';

interface CountersProps {
  counters: { first: Counter; second: Counter };
  headings: { first: string; second: string };
  /** Of all pairs beyond the threshold, or of the listed ones. */
  of: string;
  /** Of a preview: what its normalisers were taken from. */
  sample: Applied['preview'];
  /** They began as a preview: others in their place have the same room. */
  held: boolean;
  name: string;
}

const SHOWN = 18;

/** How often each token stands on either side. */
export function Counters({ counters, headings, of, sample, held, name }: CountersProps) {
  return (
    <Section title="Counters" hint={of}>
      {(['first', 'second'] as const).map((side) => (
        <p key={side} className={held ? 'counter held' : 'counter'}>
          <span className="soft">{headings[side]}</span>{' '}
          {counters[side].slice(0, SHOWN).map(([label, count]) => (
            <Fragment key={label}>
              <span className="counted">
                <span className="token">
                  <TokenText label={label} />
                </span>
                <span className="soft"> ×{formatCount(count)}</span>
              </span>{' '}
            </Fragment>
          ))}
          {counters[side].length > SHOWN && (
            <span className="soft">and {formatCount(counters[side].length - SHOWN)} more</span>
          )}
        </p>
      ))}
      <SaveMenu
        label="counters"
        name={`${name}-counters`}
        rows={() =>
          (['first', 'second'] as const).flatMap((side) =>
            counters[side].map(([token, count]) => ({ side, token, [sample ? 'preview_count' : 'count']: count })),
          )
        }
      />
    </Section>
  );
}
