import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What npm makes of options that it takes for abbreviations of its own. */
const COMPLETED = { engine: 'engine_strict', quiet: 'loglevel' };

/**
 * The options of `program` that npm took from the command line instead of passing them on, as
 * `npm start neuron sample 4 100 --json` does where `--` is missing: npm leaves most in the environment as one of its
 * own settings, without `no-`.
 *
 * @param {import('commander').Command} program
 * @param {NodeJS.ProcessEnv} env
 */
export function swallowedOptions(program, env) {
  const commands = [program];
  for (const command of commands) commands.push(...command.commands);
  const options = new Set(commands.flatMap((command) => command.options.flatMap(({ short, long }) => [short, long])));
  options.delete(undefined);
  return [...options].filter((option) => {
    const name = option.replace(/^--?(no-)?/, '');
    return `npm_config_${(COMPLETED[name] ?? name).replaceAll('-', '_')}` in env;
  });
}

/**
 * The options that npm took, by its own log: it writes down what it was given before it starts a script, and there
 * alone does it leave a trace of some (`-k 8` is `--key 8` to it, which it hands on to nobody). `args` is what reached
 * the script. None where two dashes stood before the command; undefined where there is no log of this run.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 * @returns {string[] | undefined}
 */
export function optionsInLog(env, args) {
  const folder = env.npm_config_logs_dir || (env.npm_config_cache && join(env.npm_config_cache, '_logs'));
  if (!folder) return undefined;
  try {
    // The names begin with the time.
    const newest = readdirSync(folder)
      .filter((name) => name.endsWith('-debug-0.log'))
      .sort()
      .slice(-4)
      .reverse();
    for (const name of newest) {
      const log = readFileSync(join(folder, name), 'utf8');
      // `npm start info sample`, `npm run start info sample`; never that of the `npm ci` of a first start.
      const title = /^\d+ verbose title npm (?:run(?:-script)? )?start\b ?(.*)$/m.exec(log)?.[1];
      if (title !== args.join(' ')) continue;
      const given = /^\d+ verbose argv (.*)$/m.exec(log)?.[1].match(/"[^"]*"/g);
      if (!given) return undefined;
      const words = given.map((word) => word.slice(1, -1));
      // What stands before two dashes is meant for npm.
      if (words.includes('--')) return [];
      return words.flatMap((word, i) => {
        // As npm spells out -q, and --silent.
        if (word === '--loglevel') return words[i + 1] === 'warn' ? ['--quiet'] : [];
        return word.startsWith('-') ? [word] : [];
      });
    }
  } catch {
    // Its logs are not ours: who has none is told less.
  }
  return undefined;
}
