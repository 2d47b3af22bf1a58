import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { modelsQuery } from '../api/queries.ts';
import { Header } from './header.tsx';
import { useHere } from './here.ts';
import { titleOf } from './title.ts';
import './layout.css';

/** What surrounds every page. */
export function Layout() {
  const here = useHere();
  const models = useQuery(modelsQuery());
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = titleOf(pathname);
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        to the content
      </a>
      <Header here={here} models={models.data?.models ?? []} />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  );
}
