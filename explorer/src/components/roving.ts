import { type KeyboardEvent, type RefObject, useState } from 'react';

/**
 * Arrow keys within a grid of links: one of them is in the tab order, arrows move to its neighbours, Home and End along
 * a row.
 */
export function useRoving(rows: number, columns: number, holder: RefObject<HTMLElement | null>) {
  const [at, setAt] = useState({ row: 0, column: 0 });
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(at, event.key, rows, columns);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    setAt(next);
    holder.current?.querySelector<HTMLElement>(`[data-cell="${next.row}:${next.column}"]`)?.focus();
  };
  /** What a cell's link needs. */
  const cell = (row: number, column: number) => ({
    'data-cell': `${row}:${column}`,
    tabIndex: row === at.row && column === at.column ? 0 : -1,
    onFocus: () => setAt({ row, column }),
  });
  return { onKeyDown, cell };
}

interface Cell {
  row: number;
  column: number;
}

/** Where a key leads; undefined for keys of another meaning. */
export function moved({ row, column }: Cell, key: string, rows: number, columns: number): Cell | undefined {
  switch (key) {
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) };
    case 'ArrowRight':
      return { row, column: Math.min(columns - 1, column + 1) };
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column };
    case 'ArrowDown':
      return { row: Math.min(rows - 1, row + 1), column };
    case 'Home':
      return { row, column: 0 };
    case 'End':
      return { row, column: columns - 1 };
    default:
      return undefined;
  }
}
