import { useSyncExternalStore } from 'react';

/** `auto` follows the system. Kept in localStorage: it is the reader's, not the view's, so it is not in the URL. */
export type Theme = 'auto' | 'light' | 'dark';
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];
const KEY = 'weightscope.theme';

const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let chosen: Theme = stored();

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** theme.css does the rest: without the attribute the colours follow the system. */
function apply(): void {
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  for (const listener of listeners) listener();
}

function scheme(): 'light' | 'dark' {
  if (chosen !== 'auto') return chosen;
  return system.matches ? 'dark' : 'light';
}

system.addEventListener('change', apply);
apply();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function next(): void {
  chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]!;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Private windows may refuse; the choice then holds until the page is closed.
  }
  apply();
}

/** What was chosen, and a function that goes on to the next choice. */
export function useTheme(): { theme: Theme; next: () => void } {
  return { theme: useSyncExternalStore(subscribe, () => chosen), next };
}

/** `light` or `dark`, whatever chose it: for canvases, which must draw again when it changes. */
export function useScheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, scheme);
}

const probe = document.createElement('i');

/** A colour of theme.css (`read`, `line`, …) as it is now, in a form that a canvas takes. */
export function color(name: string): string {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.documentElement.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
