import type { MantineThemeOverride } from '@mantine/core';

/** Colours, type and corners of the console; `build/theme-styles.ts` makes a style sheet of it. */
export const theme: MantineThemeOverride = {
  primaryColor: 'harbour',
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  // Its sign is a picture: whoever hears the page needs the word.
  components: {
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
  },
  fontFamily:
    "'Inter Variable', Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace:
    "ui-monospace, 'JetBrains Mono', 'SF Mono', SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontWeight: '650' },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  colors: {
    harbour: [
      '#e6f6f5',
      '#d2ebea',
      '#a6d7d5',
      '#77c2bf',
      '#4fb0ad',
      '#2f9c9a',
      '#168684',
      '#0b6e74',
      '#07595f',
      '#04444a',
    ],
    dark: [
      '#d3dae0',
      '#b3bfc8',
      '#93a3af',
      '#64788a',
      '#3b4c5b',
      '#2a3946',
      '#1f2b36',
      '#16202a',
      '#101920',
      '#0b1218',
    ],
    gray: [
      '#f7f9fa',
      '#eef2f4',
      '#e2e8ec',
      '#d0d9df',
      '#b4c0c9',
      '#8797a3',
      '#5f707d',
      '#465561',
      '#2f3c47',
      '#1b252e',
    ],
  },
};
