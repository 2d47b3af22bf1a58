import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with what failed and what was skipped by name, then one plain line, `N passed, N failed, N skipped`. Files
 * that could not be loaded count as failed.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const failed = unhandledErrors.map(() => 'an error outside of tests');
    const skippedSuites = new Set<string>();
    for (const module of modules) {
      const file = module.relativeModuleId;
      count.failed += module.errors().length;
      if (module.errors().length) failed.push(`${file} (could not be loaded)`);
      // A hook that fails, such as beforeAll, fails its suite and skips the suite's tests.
      for (const suite of module.children.allSuites()) {
        count.failed += suite.errors().length;
        if (suite.errors().length) failed.push(`${file} > ${suite.fullName} (before or after its tests)`);
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') count.passed++;
        else if (state === 'failed') {
          count.failed++;
          failed.push(`${file} > ${test.fullName}`);
        } else {
          count.skipped++;
          skippedSuites.add(test.parent.type === 'suite' ? test.parent.fullName : test.fullName);
        }
      }
    }
    for (const name of failed) console.log(`failed: ${name}`);
    for (const name of skippedSuites) console.log(`skipped: ${name}`);
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
