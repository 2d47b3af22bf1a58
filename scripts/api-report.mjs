// npm run api [-- --update]: compares the public API with its report in api/, so that a breaking change is seen in
// review.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { referenceOf, sameReference } from './api-reference.mjs';
import { root, setup } from './setup.mjs';

setup();
const update = process.argv.includes('--update');
const none = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
let same = true;
for (const entry of ['index', 'node']) {
  const reports = join(root, 'api');
  mkdirSync(reports, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, `dist/${entry}.d.ts`),
      apiReport: {
        enabled: true,
        reportFileName: `${entry}.api.md`,
        reportFolder: reports,
        reportTempFolder: join(root, 'build/api'),
        includeForgottenExports: false,
      },
      docModel: { enabled: entry === 'node', apiJsonFilePath: join(root, 'build/api/node.api.json') },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            target: 'es2022',
            lib: ['es2023', 'dom'],
            strict: true,
            skipLibCheck: true,
            types: ['node'],
          },
          files: [join(root, `dist/${entry}.d.ts`)],
        },
      },
      messages: {
        extractorMessageReporting: { default: none },
        tsdocMessageReporting: { default: none },
        compilerMessageReporting: { default: none },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  if (apiReportChanged && !update) same = false;
}
const { pages, undocumented } = referenceOf(JSON.parse(readFileSync(join(root, 'build/api/node.api.json'), 'utf8')));
if (undocumented.length > 0) {
  process.stderr.write(
    `Expected a docstring for all that is exported and called, found none for ${undocumented.join(', ')}.\n`,
  );
  process.exit(1);
}
same = sameReference(pages, join(root, 'docs/api-reference'), update) && same;
if (!same) {
  process.stderr.write(
    'The public API is not the one in api/ and docs/api-reference/. Look at `npm run api -- --update` and git diff, and commit it where it is meant.\n',
  );
  process.exit(1);
}
