/** Text in single quotes, as a shell takes it whatever it has. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A word as a shell takes it: in quotes where it has more than letters, digits and the signs of paths. */
export const shellWord = (text: string): string =>
  /^[\p{L}\p{N}@%+=:,./\\_-]+$/u.test(text) ? text : shellQuoted(text);
