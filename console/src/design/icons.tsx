/** The icons of the console: strokes on a grid of 24, in the colour of the text beside them. */
import type { ReactNode } from 'react';

const SHAPES = {
  home: <path d="M4 11.5 12 5l8 6.5V20H4zM10 20v-5h4v5" />,
  inbox: <path d="M4 13l2.5-8h11L20 13v6H4zM4 13h5a3 3 0 0 0 6 0h5" />,
  runs: <path d="M6 5v14M6 7h4m-4 5h9m-9 5h6M6 7a1 1 0 1 0 0-.1M6 12a1 1 0 1 0 0-.1M6 17a1 1 0 1 0 0-.1" />,
  sessions: <path d="M4 5h16v14H4zM8 10l2.5 2L8 14m5 1h3.5" />,
  policy: <path d="M12 3.5 19 6v6c0 4-3 7-7 8.5C8 19 5 16 5 12V6zM9 12l2.2 2.2L15.5 10" />,
  resources: (
    <path d="M12 9.5c4 0 7-1.1 7-2.5s-3-2.5-7-2.5S5 5.600 5 7s3 2.500 7 2.500zM5 7v5c0 1.400 3 2.500 7 2.500s7-1.100 7-2.500V7M5 12v5c0 1.400 3 2.500 7 2.500s7-1.100 7-2.500v-5" />
  ),
  audit: <path d="M9.500 7H7a4 4 0 0 0 0 8h2.500m5-8H17a4 4 0 0 1 0 8h-2.500M8.500 11h7M12 18v2.500" />,
  sun: (
    <path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.500v2m0 15v2M2.500 12h2m15 0h2M5.300 5.300l1.400 1.400m10.600 10.600 1.400 1.400m0-13.400-1.400 1.400M6.700 17.300l-1.400 1.400" />
  ),
  moon: <path d="M19.500 14A8 8 0 0 1 10 4.500 8 8 0 1 0 19.500 14z" />,
  check: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  cross: <path d="m6.500 6.500 11 11m0-11-11 11" />,
  clock: <path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16m0 4v4.500l3 2" />,
  mask: (
    <path d="M3.500 12S7 6.500 12 6.500s8.500 5.500 8.500 5.500-3.500 5.500-8.500 5.500S3.500 12 3.500 12m3-7 11 14" />
  ),
  person: (
    <path d="M12 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M5 19.500c.8-3.500 3.500-5 7-5s6.200 1.500 7 5" />
  ),
  agent: (
    <path d="M7 9h10v9H7zM12 9V5.500m0 0a.8.8 0 1 0 0-.1M10 13v1.500m4-1.500v1.500M4.500 12.500v3m15-3v3" />
  ),
  search: <path d="M10.500 5a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11m4.200 9.700L19.500 19.500" />,
  stop: <path d="M8.300 4h7.400L20 8.300v7.400L15.700 20H8.300L4 15.700V8.300zM9 12h6" />,
  play: <path d="M8 5.500v13l10.500-6.500z" />,
  download: <path d="M12 4.500v10m0 0 4-4m-4 4-4-4M5 19.500h14" />,
  key: (
    <path d="M8 11.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7m2.500 1L19 4.500M16 7.500l2.500 2.500" />
  ),
  arrow: <path d="M5 12h13.500m-5-5 5 5-5 5" />,
  back: <path d="M19 12H5.500m5-5-5 5 5 5" />,
  menu: <path d="M4.500 7.500h15m-15 4.500h15m-15 4.500h15" />,
  alert: <path d="M12 4.500 20.500 19h-17zM12 10v4.500m0 2.200v.1" />,
  exit: <path d="M13 5H5.500v14H13m-3-7h10m-3.500-3.500L20 12l-3.500 3.500" />,
} satisfies Readonly<Record<string, ReactNode>>;

/** Names of the icons. */
export type IconName = keyof typeof SHAPES;

/** One icon; it says nothing to readers of screens, the text beside it does. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      fill="none"
      height={size}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeWidth={1.7}
      viewBox="0 0 24 24"
      width={size}
    >
      {SHAPES[name]}
    </svg>
  );
}
