import type { AtlasFile, Manifest, TableName } from '../schema.ts';
import type { Database, DatabaseOptions } from './database.ts';

/** Bytes of a file that is open. */
export interface FileReader {
  /**
   * Fills `into` with the bytes from `at`; throws where there are fewer. Nothing to wait for where they are at hand.
   */
  read(at: number, into: Uint8Array): void | Promise<void>;
  close(): void;
}

/** A Parquet file of an atlas, wherever its bytes are. */
export interface TableFile {
  /** For messages; its last part is the file's name. */
  path: string;
  bytes: number;
  rows: number;
  open(): FileReader;
}

/** A finished atlas whose files have been looked at. */
export interface AtlasFolder {
  /** As the user knows it. */
  path: string;
  manifest: Manifest;
  /** By table, in the order of the manifest. */
  files: Record<TableName, TableFile[]>;
  /** Which of the columns that some atlases lack it has, as `table column`, where that is known without its files. */
  later?: ReadonlySet<string>;
  /** A database over the tables. */
  database(options: DatabaseOptions): Database;
  /** A file's bytes, compared with what was recorded when it was written. Throws `ATLAS_INVALID`. */
  whole(file: AtlasFile): Promise<Uint8Array>;
}

/** A finished atlas on disk whose files have been looked at. */
export interface OpenFolder extends AtlasFolder {
  /** The folder itself, wherever links led. */
  root: string;
}
