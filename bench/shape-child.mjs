// node bench/shape-child.mjs open|neuron|head FOLDER: one reading of a large checkpoint in a process of its own, for
// shapes.mjs: how long it took by the clock and in processor time, and its peak memory.
import { openModel, readHead, readNeuron } from '../dist/node.js';

const [what, path] = process.argv.slice(2);
const measure = async (run) => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  return {
    result,
    said: `${((performance.now() - start) / 1000).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of processor time`,
  };
};
const opened = await measure(() => openModel(path));
const model = opened.result;
const options = { normalize: 'none' };
const read = {
  neuron: () => readNeuron(model, 0, 17, { ...options, k: 50 }),
  head: () => readHead(model, 0, 5, { ...options, k: 1000 }),
}[what];
const { said } = read ? await measure(read) : opened;
console.log(`${said}, at most ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`);
await model.close();
process.exit(0);
