// One reading in a fresh process: `node bench/child.mjs neuron|head MODEL` prints seconds and peak memory as JSON.
const [what, path] = process.argv.slice(2);
const start = performance.now();
const { openModel, readHead, readNeuron } = await import('../dist/node.js');
const model = await openModel(path);
if (what === 'head') await readHead(model, 12, 0, { k: 1000 });
else await readNeuron(model, 3, 17, { k: 50 });
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peak_mb: process.resourceUsage().maxRSS / 1024 }));
