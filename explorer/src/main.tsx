import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/queries.ts';
import { createExplorerRouter } from './router.tsx';
import { beginSite, isolateLater } from './site/begin.ts';
import { isSite } from './site/site.ts';
import './style/theme.css';
import './style/base.css';

function start(): void {
  const queryClient = createQueryClient();
  const router = createExplorerRouter(queryClient);
  if (isSite) isolateLater(router);
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** An address of a site's page, opened on a server: its place stands behind the `#`, where no server looks. */
function takePlaceOfSite(): void {
  if (location.hash.startsWith('#/')) history.replaceState(null, '', location.origin + location.hash.slice(1));
}

if (isSite) void beginSite().then(start);
else {
  takePlaceOfSite();
  start();
}
