/** The docs that the page leads to: as text beside it (`vite.config.ts`), so that it loads nothing from other hosts. */
export const DOCS = [
  ['start', 'the first lesson'],
  ['explorer', 'these pages, one by one'],
  ['readings', 'what the scores mean, normalisers, exclusions'],
  ['statistics', 'statistics and what chance gives'],
] as const;

/** Where such a file lies, from the page's root. Hosts say of `.md` in many ways what it is, of `.txt` in one. */
export const docPath = (name: string): string => `docs/${name}.txt`;
