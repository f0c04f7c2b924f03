/** The built console in memory: exactly the files that its list names, so that no path leads anywhere else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConsoleError } from './errors.ts';

/** One file as it is sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same, compressed by gzip. */
  readonly gzip: Buffer;
}

/** What there is to serve. */
export interface ConsoleFiles {
  /** The page, with {@link NONCE_PLACE} wherever a nonce belongs. */
  readonly page: string;
  /** By path below the console's own: `assets/index-….js`. Their names change with their content. */
  readonly assets: ReadonlyMap<string, ConsoleFile>;
}

/** Stands in the built page for the nonce. */
export const NONCE_PLACE = 'SALLYPORT-NONCE';

const listSchema = z.object({
  files: z
    .array(z.strictObject({ path: z.string().regex(/^assets\/[\w.-]+$/), type: z.string() }))
    .min(2)
    .max(200),
});

/** Reads a built console. @throws ConsoleError `ERR_CONSOLE_FILES` */
export function readConsoleFiles(folder: string): ConsoleFiles {
  try {
    const list = listSchema.parse(JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')));
    const assets = list.files.map(({ path, type }) => {
      const bytes = readFileSync(join(folder, path));
      return [path, { type, bytes, gzip: readFileSync(join(folder, `${path}.gz`)) }] as const;
    });
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    if (!page.includes(NONCE_PLACE)) throw new Error('its page has no place for a nonce');
    return { page, assets: new Map(assets) };
  } catch (cause) {
    throw new ConsoleError(
      'ERR_CONSOLE_FILES',
      `the console in ${folder} cannot be served: run \`npm run build\`, or remove \`api.console\` from the config`,
      cause,
    );
  }
}
