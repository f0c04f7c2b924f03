import path from 'node:path';
import { findTool } from '../support/installed-tool.ts';
import { type ClientProgram, Unavailable } from './client-program.ts';

/** Chromium, which opens a page by its URL alone. */
export function browserClient(): ClientProgram {
  return {
    name: 'chromium',
    protocol: 'http',
    prepare() {
      const program = findTool({ name: 'chromium', debianPackage: 'chromium' });
      if (program === undefined) throw new Unavailable('chromium is not installed: apt-get install chromium');
      const script = path.join(import.meta.dirname, 'browser', 'open-page.ts');
      return Promise.resolve({ program: process.execPath, args: [script, program] });
    },
  };
}
