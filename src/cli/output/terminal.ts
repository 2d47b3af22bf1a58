import pc from 'picocolors';

/** How text is to be laid out for where it goes. */
export interface Terminal {
  columns: number;
  style: Style;
}

export type Style = Record<'title' | 'faint' | 'read' | 'write' | 'low' | 'plain' | 'error', (text: string) => string>;

/** Width of tables that go to a file or a pipe. */
const PIPE_COLUMNS = 100;
const MIN_COLUMNS = 24;

export type Stream = { isTTY?: boolean; columns?: number };

/**
 * `COLUMNS` wins over the terminal's own width; colour follows NO_COLOR, FORCE_COLOR, TERM=dumb and whether it is a
 * terminal.
 */
export function terminalOf(stream: Stream, env: NodeJS.ProcessEnv = process.env): Terminal {
  const wanted = Number(env.COLUMNS) || (stream.isTTY ? stream.columns : undefined) || PIPE_COLUMNS;
  return { columns: Math.max(MIN_COLUMNS, Math.floor(wanted)), style: styleOf(hasColor(stream, env)) };
}

export function hasColor(stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') {
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  }
  return Boolean(stream.isTTY) && env.TERM !== 'dumb';
}

/** The tones of readings; without colour every style is the identity. */
export function styleOf(color: boolean): Style {
  const paint = pc.createColors(color);
  return {
    title: paint.bold,
    faint: paint.dim,
    read: (text) => paint.bold(paint.cyan(text)),
    write: (text) => paint.bold(paint.yellow(text)),
    low: (text) => paint.bold(paint.magenta(text)),
    plain: paint.bold,
    error: paint.red,
  };
}
