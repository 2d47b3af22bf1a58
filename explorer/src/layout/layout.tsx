import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useContact } from '../api/contact.ts';
import { SiteFoot } from '../site/foot.tsx';
import { isSite } from '../site/site.ts';
import { Header } from './header.tsx';
import { useHere } from './here.ts';
import { Notices } from './notices.tsx';
import { titleOf } from './title.ts';
import './layout.css';

/** What surrounds every page. */
export function Layout() {
  const here = useHere();
  const { contact, models, opens } = useContact();
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = titleOf(pathname);
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        to the content
      </a>
      <Header here={here} models={models} opens={opens} />
      <Notices contact={contact} model={models.find(({ id }) => id === here.model)} />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      {isSite && <SiteFoot model={here.model} models={models} />}
    </>
  );
}
