import { resolve } from 'node:path';
import { folderStore } from './store.node.ts';
import type { Store } from './store.ts';
import { s3Store } from './store-s3.node.ts';

export const isS3 = (location: string): boolean => location.startsWith('s3://');

/** The store at a folder or at `s3://bucket/prefix`; throws what {@link s3Store} throws. */
export const openStore = async (location: string): Promise<Store> =>
  isS3(location) ? s3Store(location) : folderStore(location);

/** The same place, named so that it means the same in another folder. */
export const absoluteStore = (location: string): string => (isS3(location) ? location : resolve(location));
