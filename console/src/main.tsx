/** Where the page begins. */
import '@mantine/core/styles.css';
import 'virtual:theme.css';
import '@mantine/notifications/styles.css';
import './design/base.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { queryClient } from './app/query-client.ts';
import { router } from './app/router.tsx';
import { theme } from './design/theme.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
// What dialogs lock the page's scrolling with looks for it under this name (package get-nonce).
Object.assign(globalThis, { __webpack_nonce__: nonce });
const root = document.getElementById('root');
if (root === null) throw new TypeError('the page has no place for the console');
createRoot(root).render(
  <MantineProvider
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
    theme={theme}
    withCssVariables={false}
    withGlobalClasses={false}
  >
    <QueryClientProvider client={queryClient}>
      <Notifications position="bottom-right" />
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
