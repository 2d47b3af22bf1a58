interface ExpertPickerProps {
  expert: number;
  experts: number;
  /** There is one more, which all tokens share. */
  shared: boolean;
  onPick: (expert: number) => void;
}

/** Whose neuron is read, beside its place: `of expert 3`. */
export function ExpertPicker({ expert, experts, shared, onPick }: ExpertPickerProps) {
  return (
    <label className="expert-picker">
      of expert{' '}
      <select value={expert} onChange={(event) => onPick(Number(event.currentTarget.value))}>
        {Array.from({ length: Math.max(experts + (shared ? 1 : 0), expert + 1) }, (_, i) => (
          <option key={i} value={i}>
            {i === experts ? `${i}, shared` : i}
          </option>
        ))}
      </select>
    </label>
  );
}
