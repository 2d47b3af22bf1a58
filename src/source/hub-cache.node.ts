import { randomUUID } from 'node:crypto';
import { access, copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { WeightscopeError } from '../errors.ts';
import { describe } from '../quote.ts';
import { isCommit } from './hub-settings.node.ts';
import { checkFileName } from './range.ts';

/** Makes `path` a symbolic link to `target`, as node:fs does. */
export type Link = (target: string, path: string) => Promise<void>;

/**
 * The part of the shared cache that belongs to one model, laid out as Python's huggingface_hub does:
 * `models--org--name/{refs/<revision>, blobs/<etag>, snapshots/<commit>/<file> -> ../../blobs/<etag>, .no_exist}`.
 */
export class HubCache {
  readonly #root: string;
  readonly #folder: string;
  readonly #link: Link;

  /** `link` makes symbolic links; one that fails makes the snapshots hold the files themselves. */
  constructor(root: string, repo: string, link: Link = symlink) {
    this.#folder = `models--${repo.replaceAll('/', '--')}`;
    this.#root = root;
    this.#link = link;
  }

  snapshot(commit: string): string {
    return join(this.#root, this.#folder, 'snapshots', commit);
  }

  /** Where a file of a commit is, or will be. */
  file(commit: string, name: string): string {
    checkFileName(name);
    return join(this.snapshot(commit), name);
  }

  blob(etag: string): string {
    return join(this.#root, this.#folder, 'blobs', etag);
  }

  lock(etag: string): string {
    return join(this.#root, '.locks', this.#folder, `${etag}.weightscope.lock`);
  }

  /** The commit a revision stood for when something of it was last fetched. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const commit = await readFile(this.#ref(revision), 'utf8').catch(() => '');
    return isCommit(commit.trim()) ? commit.trim() : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) === commit) return;
    const ref = this.#ref(revision);
    await mkdir(dirname(ref), { recursive: true });
    const temporary = `${ref}.${randomUUID().slice(0, 8)}.tmp`;
    await writeFile(temporary, commit);
    await rename(temporary, ref);
  }

  /** Notes that a commit has no such file, which spares Python the question. Failing is not an error. */
  async rememberAbsent(commit: string, name: string): Promise<void> {
    const mark = join(this.#root, this.#folder, '.no_exist', commit, name);
    try {
      await mkdir(dirname(mark), { recursive: true });
      await writeFile(mark, '', { flag: 'a' });
    } catch {
      // a read-only cache serves as well
    }
  }

  /**
   * Puts the blob into the snapshot: a relative link where links work, else the file itself, moved when no other
   * snapshot can refer to it (`fresh`), copied otherwise.
   */
  async place(etag: string, commit: string, name: string, fresh: boolean): Promise<void> {
    const blob = this.blob(etag);
    const target = this.file(commit, name);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true }); // a link to a blob that was deleted
    try {
      await this.#link(relative(dirname(target), blob), target);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await exists(target))) return;
    }
    if (fresh) return rename(blob, target);
    const temporary = `${target}.${randomUUID().slice(0, 8)}.tmp`;
    await copyFile(blob, temporary);
    await rename(temporary, target);
  }

  #ref(revision: string): string {
    return join(this.#root, this.#folder, 'refs', revision);
  }
}

/** An ETag as a file name: without quotes and the mark of a weak one. Throws `FORMAT_INVALID` for what is none. */
export function etagName(header: string | null): string {
  const etag = (header ?? '').replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
  if (/^[\w-][\w.-]{0,199}$/.test(etag)) return etag;
  throw new WeightscopeError(
    'FORMAT_INVALID',
    `Expected an ETag from the hub, got ${describe(header)}; check that HF_ENDPOINT names a hub.`,
  );
}

/** Whether there is a file, links followed. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
