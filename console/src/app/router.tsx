/** Which page is at which address. Pages come when they are asked for. */
import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router';
import { Empty, Failure, Page } from '../design/pieces.tsx';
import { SignInGate } from './sign-in-gate.tsx';

/** Whatever stands in the address, as text: filters are texts. */
const texts = (search: Record<string, unknown>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(search).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  );

const root = createRootRoute({
  component: SignInGate,
  notFoundComponent: () => (
    <Page title="Nothing here">
      <Empty icon="search" title="There is no such page">
        <Link to="/">To the first page</Link>
      </Empty>
    </Page>
  ),
  errorComponent: ({ error }) => <Failure again={() => location.reload()} error={error} />,
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/home/home-page.tsx'), 'HomePage'),
});

export const inboxRoute = createRoute({
  getParentRoute: () => root,
  path: '/inbox',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/inbox/inbox-page.tsx'), 'InboxPage'),
});

export const approvalRoute = createRoute({
  getParentRoute: () => root,
  path: '/inbox/$approval',
  component: lazyRouteComponent(() => import('../pages/inbox/approval-page.tsx'), 'ApprovalPage'),
});

export const sessionsRoute = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/sessions/sessions-page.tsx'), 'SessionsPage'),
});

export const sessionRoute = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$session',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/session/session-page.tsx'), 'SessionPage'),
});

export const accessRoute = createRoute({
  getParentRoute: () => root,
  path: '/access',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/access/access-page.tsx'), 'AccessPage'),
});

export const runsRoute = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/runs/runs-page.tsx'), 'RunsPage'),
});

export const runRoute = createRoute({
  getParentRoute: () => root,
  path: '/runs/$run',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/run/run-page.tsx'), 'RunPage'),
});

export const policyRoute = createRoute({
  getParentRoute: () => root,
  path: '/policy',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/policy/policy-page.tsx'), 'PolicyPage'),
});

export const resourcesRoute = createRoute({
  getParentRoute: () => root,
  path: '/resources',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/resources/resources-page.tsx'), 'ResourcesPage'),
});

export const auditRoute = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    inboxRoute,
    approvalRoute,
    accessRoute,
    runsRoute,
    runRoute,
    sessionsRoute,
    sessionRoute,
    policyRoute,
    resourcesRoute,
    auditRoute,
  ]),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: typeof router;
  }
}
