import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { useContact } from '../api/contact.ts';
import { embedded } from '../share/embed.ts';
import { SiteFoot } from '../site/foot.tsx';
import { isSite } from '../site/site.ts';
import { Header } from './header.tsx';
import { useExpert, useHere } from './here.ts';
import { Notices } from './notices.tsx';
import { titleOf } from './title.ts';
import './layout.css';

const EmbedPage = lazy(() => import('../share/embed-page.tsx'));

/** What surrounds every page; of a card nothing. */
export function Layout() {
  return embedded ? (
    <Suspense>
      <EmbedPage />
    </Suspense>
  ) : (
    <Frame />
  );
}

function Frame() {
  const here = useHere();
  const { contact, models, opens } = useContact();
  const { pathname } = useLocation();
  const expert = useExpert();
  useEffect(() => {
    document.title = titleOf(pathname, expert);
  }, [pathname, expert]);
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
