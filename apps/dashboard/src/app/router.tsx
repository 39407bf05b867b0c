import { lazy } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import NewPasswordPage from '../auth/new-password-page';
import SignInPage from '../auth/sign-in-page';
import { addressOf, type PageEntry, pages } from './pages';
import { PageFrame } from './page-frame';
import { BrokenPage, MissingPage } from './fallback-pages';
import { Shell } from './shell';

function routeOf(entry: PageEntry): RouteObject {
  const Page = lazy(entry.load);
  return {
    path: addressOf(entry),
    element: (
      <PageFrame title={entry.label}>
        <Page />
      </PageFrame>
    ),
    errorElement: <BrokenPage />,
  };
}

export const router = createBrowserRouter([
  { path: '/admin/sign-in', element: <SignInPage /> },
  { path: '/account/sign-in', element: <SignInPage /> },
  { path: '/account/new-password', element: <NewPasswordPage /> },
  {
    element: <Shell />,
    errorElement: <BrokenPage />,
    children: [...pages.map(routeOf), { path: '*', element: <MissingPage /> }],
  },
]);
