/**
 * The variables of the theme as a style sheet. The components would write them into the page as it runs, which the content
 * security policy with trusted types does not let anybody do.
 */
import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from '@mantine/core';
import type { Plugin } from 'vite';

const ID = 'virtual:theme.css';
const RESOLVED = '\0virtual:theme.css';

/** Resolves `virtual:theme.css`. @param file the module that exports `theme` */
export function themeStyles(file: string): Plugin {
  return {
    name: 'sallyport-theme-styles',
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      const { theme } = (await import(file)) as typeof import('../src/design/theme.ts');
      const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables(variables, ':root');
    },
  };
}
