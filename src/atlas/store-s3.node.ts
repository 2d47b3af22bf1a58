import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { WeightscopeError } from '../errors.ts';
import { checkFileName } from '../source/range.ts';
import { optionalPackage } from './optional.node.ts';
import type { Store } from './store.ts';

/** `s3://bucket/prefix`; the prefix may be empty. Throws `ARGUMENT_INVALID`. */
export function parseS3(location: string): { bucket: string; prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(location) ?? [];
  const prefix = path.replace(/\/+$/, '');
  if (!bucket) throw invalid(location);
  if (prefix) checkFileName(prefix);
  return { bucket, prefix };
}

const invalid = (location: string): WeightscopeError =>
  new WeightscopeError('ARGUMENT_INVALID', `Expected a place such as s3://bucket/prefix, got ${location}.`);

/**
 * A bucket of S3, or of anything that speaks its protocol, as a store. Region and credentials are looked for where all
 * of AWS's programs look; `AWS_ENDPOINT_URL_S3` (or `AWS_ENDPOINT_URL`) names another server, which is then addressed
 * by path. A put is one request, which S3 does whole or not at all. Throws `PACKAGE_MISSING`, and from its methods
 * `SOURCE_UNREADABLE`, `OUTPUT_UNWRITABLE`, `UNAUTHORIZED` and `NETWORK`.
 */
export async function s3Store(location: string): Promise<Store> {
  const { bucket, prefix } = parseS3(location);
  const s3 = await optionalPackage('@aws-sdk/client-s3', 'A store at s3://', () => import('@aws-sdk/client-s3'));
  const client: S3Client = new s3.S3Client({
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL),
    maxAttempts: 5,
  });
  const base = prefix && `${prefix}/`;
  const at = (name: string) => {
    checkFileName(name);
    return { Bucket: bucket, Key: `${base}${name}` };
  };
  return {
    name: location,
    async get(name) {
      let answer: GetObjectCommandOutput;
      try {
        answer = await client.send(new s3.GetObjectCommand(at(name)));
      } catch (cause) {
        if ((cause as Error).name === 'NoSuchKey') return undefined;
        throw failure(`${location}/${name}`, 'read', cause);
      }
      try {
        return await answer.Body?.transformToByteArray();
      } catch (cause) {
        throw failure(`${location}/${name}`, 'read', cause);
      }
    },
    async put(name, bytes) {
      try {
        await client.send(new s3.PutObjectCommand({ ...at(name), Body: bytes }));
      } catch (cause) {
        throw failure(`${location}/${name}`, 'written', cause);
      }
    },
    async list(wanted) {
      const found: { name: string; bytes: number }[] = [];
      try {
        const pages = s3.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${base}${wanted}` });
        for await (const { Contents = [] } of pages) {
          for (const { Key = '', Size = 0 } of Contents) found.push({ name: Key.slice(base.length), bytes: Size });
        }
      } catch (cause) {
        throw failure(location, 'read', cause);
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async remove(name) {
      try {
        await client.send(new s3.DeleteObjectCommand(at(name)));
      } catch (cause) {
        throw failure(`${location}/${name}`, 'written', cause);
      }
    },
  };
}

/** What a person can do about it; the SDK has tried again already where that helps. */
function failure(what: string, verb: 'read' | 'written', cause: unknown): WeightscopeError {
  const { name, message, $metadata } = cause as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const said = (code: ConstructorParameters<typeof WeightscopeError>[0], advice: string): WeightscopeError =>
    new WeightscopeError(code, `${what} could not be ${verb} (${name}: ${message}); ${advice}.`, { cause });
  if (name === 'NoSuchBucket') return said('SOURCE_NOT_FOUND', 'make the bucket first');
  if (name === 'CredentialsProviderError' || status === 401 || status === 403)
    return said('UNAUTHORIZED', 'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do');
  if (/region is missing/i.test(message)) return said('ARGUMENT_INVALID', 'set AWS_REGION');
  if (status === undefined) return said('NETWORK', 'check the network and AWS_ENDPOINT_URL_S3');
  return said(verb === 'read' ? 'SOURCE_UNREADABLE' : 'OUTPUT_UNWRITABLE', 'try again');
}
