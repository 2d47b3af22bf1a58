import { TokenText } from '../components/token-text.tsx';

/** `·colour, ·whilst and ·UK`, in the colour of what they are. */
export function SomeTokens({ labels, tone }: { labels: readonly string[]; tone: 'read' | 'write' | 'opposite' }) {
  return labels.map((label, i) => (
    <span key={label}>
      {i === 0 ? '' : i === labels.length - 1 ? ' and ' : ', '}
      <span className={`token toned ${tone}`}>
        <TokenText label={label} />
      </span>
    </span>
  ));
}
