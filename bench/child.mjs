// One reading in a fresh process: `node bench/child.mjs neuron|head MODEL`. Whoever starts it takes time and memory.
const [what, path] = process.argv.slice(2);
const { openModel, readHead, readNeuron } = await import('../dist/node.js');
const model = await openModel(path);
if (what === 'head') await readHead(model, 12, 0, { k: 1000 });
else await readNeuron(model, 3, 17, { k: 50 });
