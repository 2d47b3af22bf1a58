import './token-label.css';

/** A label whose spaces and line ends (`·`, `↵`, `⇥`) are drawn faintly. */
export function TokenText({ label }: { label: string }) {
  const parts = label.split(/([·↵⇥]+)/);
  return parts.map((part, index) => (index % 2 === 1 ? <i key={index}>{part}</i> : part));
}
