import { useEffect, useRef, useState } from 'react';

/** The value, how to change it, and how to report one at once. */
type Settling<T> = [draft: T, setDraft: (value: T) => void, tell: (value: T) => void];

/**
 * A value that follows at once and is reported when it has rested for so many milliseconds: an address need not follow
 * each letter, nor each step of a slider. What was reported comes back as `value`, on a busy machine when the next
 * letter is there already: that is no reason to take the letter away, as another value is, such as one of Back.
 */
export function useSettling<T>(value: T, report: (value: T) => void, milliseconds: number): Settling<T> {
  const [draft, setDraft] = useState(value);
  const told = useRef<T[]>([]);
  const tell = (settled: T): void => {
    told.current.push(settled);
    report(settled);
  };
  useEffect(() => {
    const at = told.current.findIndex((one) => Object.is(one, value));
    if (at < 0) setDraft(value);
    told.current = at < 0 ? [] : told.current.slice(at + 1);
  }, [value]);
  useEffect(() => {
    if (Object.is(draft, value)) return;
    const timer = setTimeout(() => tell(draft), milliseconds);
    return () => clearTimeout(timer);
  }, [draft]);
  return [draft, setDraft, tell];
}
