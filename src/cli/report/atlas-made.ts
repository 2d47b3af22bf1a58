import type { Manifest } from '../../atlas/schema.ts';
import { shellWord } from '../output/shell.ts';
import { bytes, plural } from './reading.ts';

/** What a build made, where, and the next command to try: one line. `place`: a folder, or `s3://bucket/prefix`. */
export function atlasMade(place: string, { model, settings, files }: Manifest): string {
  const rows = (table: string): number => files.reduce((sum, file) => sum + (file.table === table ? file.rows : 0), 0);
  const has = (part: (typeof settings.what)[number]): boolean => settings.what.includes(part);
  const what = [
    ...(has('neurons') ? [plural(rows('neurons'), 'vector of neurons', 'vectors of neurons')] : []),
    ...(has('heads') ? [plural(rows('heads'), 'matrix of heads', 'matrices of heads')] : []),
    plural(rows('tokens'), 'token'),
  ];
  const size = bytes(files.reduce((sum, file) => sum + file.bytes, 0));
  return `The atlas of ${model.name} is in ${place} (${what.join(', ')}; ${size}). ${next(place, has)}`;
}

function next(place: string, has: (part: 'neurons' | 'heads' | 'statistics') => boolean): string {
  if (place.startsWith('s3://'))
    return `Copy it to ask it: aws s3 sync ${shellWord(place)} atlas, then weightscope atlas search atlas "king".`;
  const folder = shellWord(place);
  if (has('neurons') || has('heads')) return `Try: weightscope atlas search ${folder} "king".`;
  if (has('statistics')) return `Try: weightscope atlas sql ${folder} "SELECT * FROM head_stats LIMIT 20".`;
  return `Try: weightscope atlas sql ${folder} "SELECT * FROM direction_tokens LIMIT 20".`;
}
