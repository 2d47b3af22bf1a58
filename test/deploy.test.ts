import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/cli/program.ts';
import { root } from './packed.ts';
import { python, s3Skipped } from './s3.ts';

/**
 * All documents of the manifests, checked against the schemas of Kubernetes by a package this project did not write.
 */
const CHECK = `
import glob, json, sys, kubernetes_validate, yaml
documents = []
for name in sorted(glob.glob(sys.argv[1])):
    for document in yaml.safe_load_all(open(name)):
        kubernetes_validate.validate(document, sys.argv[2], strict=True)
        documents.append(document)
print(json.dumps(documents))
`;

interface Container {
  image: string;
  args: string[];
  securityContext: unknown;
  resources: { requests: unknown };
}
interface Manifest {
  kind: string;
  spec?: { template?: { spec: { securityContext: unknown; containers: Container[] } } };
}

describe.skipIf(!python)(`the Kubernetes manifests${s3Skipped}`, () => {
  const manifests = (): Manifest[] =>
    JSON.parse(
      execFileSync(python, ['-c', CHECK, join(root, 'deploy/kubernetes/*.yaml'), '1.31'], { encoding: 'utf8' }),
    );

  it('fit the schemas, and their containers the rules for hardened pods', () => {
    const all = manifests();
    expect(all.map(({ kind }) => kind).sort()).toEqual(
      ['ConfigMap', 'Deployment', 'Deployment', 'Job', 'NetworkPolicy', 'Secret', 'Service'].sort(),
    );
    for (const { spec } of all) {
      if (!spec?.template) continue;
      expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { securityContext, resources } of spec.template.spec.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources.requests).toBeDefined();
      }
    }
  });

  it('give weightscope arguments that it knows', async () => {
    const containers = manifests().flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
    const ours = containers.filter(({ image }) => image === 'weightscope');
    const begun: string[] = [];
    for (const { args } of ours) {
      const program = createProgram();
      const parsed = (command: Command): void => {
        command.action(() => void begun.push(command.name()));
        command.commands.forEach(parsed);
      };
      program.commands.forEach(parsed);
      await program.parseAsync(args, { from: 'user' });
    }
    expect(begun).toEqual(['build', 'worker']);
  });
});

it('packages that are installed with weightscope have no install scripts', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Record<string, Record<string, string>> & { hasInstallScript?: boolean }>;
  };
  const own = packages[''];
  const seen = new Set<string>();
  const visit = (from: string, name: string): void => {
    // Where Node would find it: in the nearest node_modules above.
    let folder = from;
    let at = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    while (!packages[at] && folder) {
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
      at = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    }
    const found = packages[at];
    if (!found || seen.has(at)) return;
    seen.add(at);
    for (const next of Object.keys({ ...found.dependencies, ...found.optionalDependencies })) visit(at, next);
    for (const next of Object.keys(found.peerDependencies ?? {}))
      if (!(found.peerDependenciesMeta?.[next] as unknown as { optional?: boolean })?.optional) visit(at, next);
  };
  for (const name of Object.keys({ ...own.dependencies, ...own.optionalDependencies })) visit('', name);
  expect(seen.size).toBeGreaterThan(10);
  expect([...seen].filter((at) => packages[at].hasInstallScript)).toEqual([]);
  for (const name of Object.keys(own.peerDependencies))
    expect(own.peerDependenciesMeta[name]).toEqual({ optional: true });
});
