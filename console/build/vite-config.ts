import path from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';
import { playerMarkup } from './player-markup.ts';
import { themeStyles } from './theme-styles.ts';

/** How the console is built: one page below `/console/`, styles in files, nothing inline. */
export function consoleConfig(root: string): InlineConfig {
  return {
    root,
    base: '/console/',
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    plugins: [react(), playerMarkup(), themeStyles(path.join(root, 'src', 'design', 'theme.ts'))],
    html: { cspNonce: 'SALLYPORT-NONCE' },
    build: {
      target: 'es2023',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      emptyOutDir: true,
      reportCompressedSize: false,
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
              { name: 'mantine', test: /node_modules[\\/]@(mantine|floating-ui)[\\/]/ },
              { name: 'tanstack', test: /node_modules[\\/]@tanstack[\\/]/ },
            ],
          },
        },
      },
    },
  };
}
