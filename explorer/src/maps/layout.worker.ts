import { type LayoutRequest, layOut } from './layout.ts';

/** One request, then maps as they take shape; whoever made the worker ends it. */
self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => {
  for (const step of layOut(data)) self.postMessage(step);
};
