import { z } from 'zod';
import { WeightscopeError } from '../errors.ts';

/** The file beside a site's page that says what the page shows. */
export const SITE = 'site.json';

const Pieced = z.object({ bytes: z.number().int(), pieceBytes: z.number().int().positive(), version: z.string() });
const Files = z.record(z.string(), Pieced);

/** Where a model's bytes are: in pieces beside the page, or at a place on the web that is read by ranges. */
const Place = z.union([
  z.object({ folder: z.string(), files: Files, file: z.string().optional(), stack: z.string().optional() }),
  z.object({ url: z.string() }),
  z.object({ hub: z.string() }),
]);
export type Place = z.infer<typeof Place>;

const SiteModel = z.object({
  /** As the server has it: in addresses. */
  id: z.string(),
  name: z.string(),
  /** What readings call the weights, where an atlas of another name brought them along. */
  weights: z.string().optional(),
  /** Undefined: only an atlas is shown. */
  place: Place.optional(),
  /** What else the page need not compute: files of the model's cache, whole, by name; in the folder `derived`. */
  derived: z.object({ folder: z.string(), files: Files }).optional(),
  /** The folder with the pieces of an atlas's files, and which later columns (`table column`) its tables have. */
  atlas: z.object({ folder: z.string(), files: Files, later: z.array(z.string()) }).optional(),
});
export type SiteModel = z.infer<typeof SiteModel>;

const Site = z.object({
  weightscope: z.literal(1),
  version: z.string(),
  /** The address of the hub where it is not the usual one. */
  hub: z.string().optional(),
  /** Empty: the page is the open one, on which a reader opens models. */
  models: z.array(SiteModel),
  /** The page's own files, which are kept for times without a connection. */
  page: z.array(z.string()),
});
export type Site = z.infer<typeof Site>;

/** Throws `FORMAT_INVALID` for what is no description of a site of this version. */
export function parseSite(value: unknown): Site {
  const { data, error } = Site.safeParse(value);
  if (data) return data;
  const [issue] = error!.issues;
  throw new WeightscopeError(
    'FORMAT_INVALID',
    `Expected ${SITE} as this version of \`weightscope site\` writes it, but \`${issue.path.join('.')}\` is wrong (${issue.message}); write the site again.`,
  );
}
