interface ExpertPickerProps {
  expert: number;
  experts: number;
  /** There is one more, which all tokens share. */
  shared: boolean;
  onPick: (expert: number) => void;
}

/** Whose neuron is read, beside its place: `expert 3`. */
export function ExpertPicker({ expert, experts, shared, onPick }: ExpertPickerProps) {
  const known = Array.from({ length: experts + (shared ? 1 : 0) }, (_, i) => i);
  // What an address names is shown, whether it is there or not.
  const shown = known.includes(expert) ? known : [...known, expert];
  return (
    <label className="expert-picker">
      expert{' '}
      <select value={expert} onChange={(event) => onPick(Number(event.currentTarget.value))}>
        {shown.map((i) => (
          <option key={i} value={i}>
            {shared && i === experts ? `${i}, shared` : i}
          </option>
        ))}
      </select>
    </label>
  );
}
