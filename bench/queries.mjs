// npm run bench -- --only queries --atlas DIR: how long an open atlas takes to answer, question by question.
import { readFileSync } from 'node:fs';
import { diffAtlases, openAtlas } from '../dist/node.js';

const REPEATS = 10;
const WORDS = ['king', 'water', 'Paris', 'seven', 'music', 'run', 'blue', 'doctor', 'winter', 'python', 'green'];
const SUFFIXES = ['ology', 'ness', 'ment', 'able', 'ling', 'ance', 'ward', 'ship', 'hood', 'less', 'ful'];
const BEGINNINGS = ['un', 'inter', 're', 'con', 'micro', 'anti', 'over', 'sub', 'pre', 'dis', 'super'];

/** Everything an atlas is asked, `i` from 0 to REPEATS choosing another word, token, neuron or head each time. */
const questions = (atlas, { layers, heads, neurons, statistics, other, folder }) => {
  const word = (i) => WORDS[i % WORDS.length];
  const at = (i) => [(i * 7) % layers, (i * 131) % neurons];
  const head = (i) => [(i * 7) % layers, (i * 5) % heads];
  const sql = (i) =>
    `SELECT label, score FROM neuron_tokens JOIN tokens USING (token) WHERE layer = ${at(i)[0]} AND neuron = ${at(i)[1]} AND part = 'value' AND sign = '+' ORDER BY rank LIMIT 5`;
  return [
    ['search "king"', (i) => atlas.search(word(i))],
    ['search "king" --part value', (i) => atlas.search(word(i), { parts: ['value'] })],
    ['search "king" --part value --sign -', (i) => atlas.search(word(i), { parts: ['value'], sign: '-' })],
    ['search "king" --part vo', (i) => atlas.search(word(i), { parts: ['vo'] })],
    ['search "king water"', (i) => atlas.search(`${word(i)} ${word(i + 1)}`)],
    ['search "king OR water OR Paris"', (i) => atlas.search(`${word(i)} OR ${word(i + 1)} OR ${word(i + 2)}`)],
    ['search "king*"', (i) => atlas.search(`${word(i)}*`)],
    ['search "un*"', (i) => atlas.search(`${BEGINNINGS[i]}*`)],
    ['search "/ology$/"', (i) => atlas.search(`/${SUFFIXES[i]}$/`)],
    ['search "un* /ness$/" -k 100', (i) => atlas.search(`${BEGINNINGS[i]}* /${SUFFIXES[i]}$/`, { k: 100 })],
    ['token (a page)', (i) => atlas.token(100 + 37 * i)],
    ['tokens by beginning', (i) => atlas.tokens({ prefix: BEGINNINGS[i] })],
    ['neuron (a page)', (i) => atlas.neuron(...at(i), { k: 50, bottom: 50 })],
    ['head (a page)', (i) => atlas.head(...head(i))],
    ['neurons --sort norm', (i) => atlas.neurons({ sort: 'norm', k: 20 + i })],
    ['neurons --sort best --part value', (i) => atlas.neurons({ sort: 'best', part: 'value', k: 20 + i })],
    ['heads --sort best', (i) => atlas.heads({ k: 20 + i })],
    ['similar L:N', (i) => atlas.similar(...at(i))],
    ['similar L:N --part key', (i) => atlas.similar(...at(i), { part: 'key' })],
    ['statistics of all neurons: norm', () => atlas.statistics('neurons', 'norm')],
    ['sql: a neuron’s first tokens', (i) => atlas.sql(sql(i))],
    ...(statistics
      ? [
          ['neurons --sort kurtosis', (i) => atlas.neurons({ sort: 'kurtosis', k: 20 + i })],
          ['heads --sort copying --matrix vo', (i) => atlas.heads({ sort: 'copying', matrix: 'vo', k: 20 + i })],
          ['spectrum L:H', (i) => atlas.spectrum(...head(i), 'vo')],
          ['compositions --to L:H', (i) => atlas.compositions({ to: head(i), kind: 'k' })],
          ['relations --relation capitals', (i) => atlas.relations({ relation: 'capitals', k: 20 + i })],
        ]
      : []),
    ...(other ? [['diff with another atlas', () => diffAtlases(folder, other)]] : []),
  ];
};

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Times of one question in ms: the first, then median and worst of the others, and the median of the CPU time. */
const timed = async (name, ask) => {
  const [wall, cpu] = [[], []];
  for (let i = 0; i <= REPEATS; i++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await ask(i);
    wall.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
  }
  const [first, ...rest] = wall;
  return { name, first, median: median(rest), worst: Math.max(...rest), cpu: median(cpu.slice(1)) };
};

/** Asks everything of the atlas in `folder`; `other`: an atlas to compare it with. */
export const askAll = async (folder, other) => {
  const start = performance.now();
  const atlas = await openAtlas(folder);
  const opening = performance.now() - start;
  const { dimensions, settings } = atlas.manifest;
  const facts = { ...dimensions, statistics: settings.what.includes('statistics'), other, folder };
  const rows = [];
  for (const [name, ask] of questions(atlas, facts)) {
    rows.push(await timed(name, ask));
    process.stderr.write(`${line(rows.at(-1))}\n`);
  }
  atlas.close();
  const memory = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
  return { name: atlas.manifest.model.name.split('/').at(-1), opening, memory, rows };
};

const ms = (x) => (x < 10 ? x.toFixed(1) : x.toFixed(0));
const line = ({ name, first, median, worst, cpu }) =>
  `| ${name} | ${ms(first)} | ${ms(median)} | ${ms(worst)} | ${ms(cpu)} |`;

/** The answers' times as Markdown. */
export const queriesTable = ({ name, opening, memory, rows }, machine) =>
  [
    `${machine}; Node ${process.versions.node}; atlas of ${name}; ${new Date().toISOString().slice(0, 10)}. Opening took ${ms(opening)} ms; the process had ${memory.toFixed(0)} MB at most.`,
    '',
    '| question | first, ms | median | worst | CPU |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.map(line),
    '',
  ].join('\n');
