import { createApi } from '../src/server/app.ts';
import { type TinyServed, tinyServed } from './served.ts';

/** The API over tiny models, and how tests ask it. */
export interface TinyApi {
  served: TinyServed;
  app: ReturnType<typeof createApi>['app'];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The body of an answer; throws what the server says where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at what came, whatever its type
  json(path: string): Promise<any>;
}

export const tinyApi = async (): Promise<TinyApi> => {
  const served = await tinyServed();
  const { app } = createApi(served);
  const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  return {
    served,
    app,
    get,
    async json(path) {
      const response = await get(path);
      const body = await response.json();
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
      return body;
    },
  };
};
