interface ExpertPickerProps {
  expert: number;
  experts: number;
  onPick: (expert: number) => void;
}

/** Whose neuron is read, beside its place: `of expert 3`. */
export function ExpertPicker({ expert, experts, onPick }: ExpertPickerProps) {
  return (
    <label className="expert-picker">
      of expert{' '}
      <select value={expert} onChange={(event) => onPick(Number(event.currentTarget.value))}>
        {Array.from({ length: experts }, (_, i) => (
          <option key={i} value={i}>
            {i}
          </option>
        ))}
      </select>
    </label>
  );
}
