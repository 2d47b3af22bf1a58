import { command } from '../definition.ts';
import { changes, engine, texts } from '../options.ts';

export const mcp = command({
  name: 'mcp',
  summary: 'models as tools for an assistant (Model Context Protocol)',
  description:
    'Answers an assistant over standard input and output: every question is a tool, the pages of docs are resources.\n' +
    'It only reads, and only the models that it was started with.',
  arguments: {
    models: texts('`sample`, a path, a URL or a hub id, or a folder made by `atlas build`', {
      value: 'model|atlas...',
      required: true,
    }),
  },
  flags: { ...changes, ...engine },
  run: async ({ models, engine, adapter, minus }) => {
    const { openEngine } = await import('../../node.ts');
    const { openServed } = await import('../../server/explore.node.ts');
    const { serveMcp } = await import('../../mcp/serve.node.ts');
    const { signal } = await import('../interrupt.ts');
    const chosen = engine === undefined ? undefined : await openEngine(engine);
    const served = await openServed(models, { engine: chosen, signal, adapter, minus });
    await serveMcp(served);
    await served.close();
  },
});
