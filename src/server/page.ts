import { html } from 'hono/html';

interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, unknown>;
}

interface Operation {
  summary?: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: { description?: string };
  }[];
}

/** The routes for a person to read, from the OpenAPI document. */
export function apiPage({ info, paths = {} }: Document) {
  const operations = Object.entries(paths).map(([path, item]) => ({ path, ...(item as { get: Operation }).get }));
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} API</title>
<h1>${info.title} API ${info.version}</h1>
<p>${info.description}</p>
<p>For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
${operations.map(
  ({ path, summary, parameters = [] }) => html`<section>
<h2><code>GET ${path}</code></h2>
<p>${summary}</p>
<dl>${parameters
    .filter((parameter) => parameter.in === 'query')
    .map(
      ({ name, required, description, schema }) =>
        html`<dt><code>${name}</code>${required ? ' (needed)' : ''}</dt><dd>${description ?? schema?.description ?? ''}</dd>`,
    )}</dl>
</section>`,
)}
</html>`;
}
