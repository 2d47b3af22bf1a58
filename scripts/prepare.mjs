// npm runs this for `npm ci`, `npm pack` and an installation from the repository: a package must not leave without
// dist/.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root } from './setup.mjs';

if (!existsSync(join(root, 'node_modules/typescript'))) install();
build();
