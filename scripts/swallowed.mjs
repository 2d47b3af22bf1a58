/** What npm makes of options that it takes for abbreviations of its own. */
const COMPLETED = { engine: 'engine_strict', quiet: 'loglevel' };

/**
 * The options of `program` that npm took from the command line instead of passing them on, as
 * `npm start neuron sample 4 100 -k 8` does where `--` is missing: npm leaves each in the environment as one of its own
 * settings, without `no-`.
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
