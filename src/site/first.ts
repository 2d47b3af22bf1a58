/** The folder of a site with the answers that were given beforehand. */
export const FIRST_FOLDER = 'first';

/** Answers to GETs of the API by their address (`/api/…?…`): what the page that a reader sees first asks. */
export interface FirstAnswers {
  /** JSON. */
  here: Record<string, unknown>;
  /** Long ones: the file that one is in, from the site's folder. */
  files: Record<string, string>;
}
