import { command } from '../definition.ts';

export const cite = command({
  name: 'cite',
  summary: 'the paper and the software as BibTeX',
  description: 'Prints BibTeX entries of the paper whose method this is and of the software.',
  arguments: {},
  flags: {},
  run: async () => {
    const { bibtex } = await import('../../guide/citation.ts');
    const { packageVersion } = await import('../../package.node.ts');
    const { writeOut } = await import('../output/standard.ts');
    await writeOut([bibtex(packageVersion())]);
  },
});
