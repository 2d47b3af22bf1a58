import type { ModelDiff } from '../../api/types.ts';

/** As the library has it: JSON has no infinities, which `relative` is where a vector was 0. */
const withInfinities = (diff: ModelDiff): unknown =>
  JSON.parse(JSON.stringify(diff), (key, value) => (key === 'relative' && value === null ? Infinity : value));

/** What `diff --report` writes of the same answer, by the same builder. It is loaded when it is asked for. */
export async function reportOf(diff: ModelDiff, format: 'html' | 'md'): Promise<string> {
  const { diffReport } = await import('../../../../src/cli/report/diff.ts');
  const report = diffReport(withInfinities(diff) as Parameters<typeof diffReport>[0]);
  if (format === 'html') return (await import('../../../../src/cli/output/html.ts')).renderHtml(report);
  return [...(await import('../../../../src/cli/output/text.ts')).renderMarkdown(report)].join('');
}
