/**
 * The layer rules, as data. Every file of `gateway/src` belongs to the first room that holds it; what a room does
 * not list it may not import. A folder that no room holds fails the check, so that a new room is a decision.
 */
export interface Room {
  readonly name: string;
  /** Which paths (relative to `gateway/src`) are in this room; the group `protocol` keeps protocols apart. */
  readonly holds: RegExp;
  /** Names of the other rooms it may import, types included. Its own files it always may. */
  readonly imports: readonly string[];
  /** Single files of other rooms it may import beyond that. */
  readonly files?: readonly string[];
  /** npm packages it may import. */
  readonly packages: readonly string[];
  /** Built-in modules it may import. */
  readonly builtins: readonly string[];
}

/** Sockets are opened only in `listener`, a protocol's `upstream`, `api` and `main`; processes only in `credentials`. */
export const rooms: readonly Room[] = [
  {
    name: 'model',
    holds: /^model\/[^/]+$/,
    imports: [],
    packages: [],
    builtins: [],
  },
  {
    name: 'wire',
    holds: /^protocols\/(?<protocol>[^/]+)\/wire\//,
    imports: [],
    files: ['model/gateway-error.ts'],
    packages: [],
    builtins: [],
  },
  {
    name: 'upstream',
    holds: /^protocols\/(?<protocol>[^/]+)\/upstream(\/|[^/]*\.ts$)/,
    imports: ['model', 'wire', 'protocol', 'credentials', 'protocol contract', 'telemetry'],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:net', 'node:tls', 'node:stream', 'node:fs', 'node:fs/promises'],
  },
  {
    name: 'protocol',
    holds: /^protocols\/(?<protocol>[^/]+)\//,
    imports: [
      'model',
      'wire',
      'upstream',
      'sql',
      'enforcement',
      'credentials',
      'protocol contract',
      'telemetry',
    ],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:stream', 'node:events'],
  },
  {
    name: 'protocol list',
    holds: /^protocols\/index\.ts$/,
    imports: ['protocol', 'protocol contract'],
    packages: [],
    builtins: [],
  },
  {
    name: 'protocol contract',
    holds: /^protocols\/protocol\.ts$/,
    imports: ['model', 'enforcement', 'telemetry'],
    packages: ['zod'],
    // The contract names the types of the connection that the listener hands over; it opens nothing.
    builtins: ['node:net', 'node:tls'],
  },
  {
    // Programs for developers that write tables from a running server. Nothing may import them.
    name: 'sql generators',
    holds: /^sql\/[^/]+\/generate\//,
    imports: ['sql'],
    packages: ['pg'],
    builtins: ['node:fs', 'node:path', 'node:url', 'node:process', 'node:util'],
  },
  {
    name: 'sql',
    holds: /^sql\//,
    imports: ['model'],
    packages: ['libpg-query', 'libpg-query-15', 'libpg-query-16', 'libpg-query-17'],
    builtins: [],
  },
  {
    name: 'policy',
    holds: /^policy\//,
    imports: ['model'],
    packages: ['@marcbachmann/cel-js', 're2js', 'yaml', 'zod'],
    builtins: [],
  },
  {
    name: 'enforcement',
    holds: /^enforcement\//,
    imports: ['model'],
    packages: [],
    builtins: [],
  },
  {
    name: 'audit',
    holds: /^audit\//,
    imports: ['model'],
    packages: ['zod'],
    // SQLite's exclusive transaction is the file lock that Node does not have.
    builtins: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:path', 'node:sqlite'],
  },
  {
    name: 'identity',
    holds: /^identity\//,
    imports: ['model'],
    packages: ['jose', 'zod'],
    builtins: ['node:crypto'],
  },
  {
    name: 'credentials',
    holds: /^credentials\//,
    imports: ['model'],
    packages: ['zod'],
    builtins: ['node:child_process', 'node:fs', 'node:fs/promises', 'node:path', 'node:util'],
  },
  {
    name: 'telemetry',
    holds: /^telemetry\//,
    imports: ['model'],
    packages: [],
    builtins: [],
  },
  {
    name: 'listener',
    holds: /^listener\//,
    imports: ['model', 'telemetry', 'protocol contract'],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:net', 'node:path', 'node:tls'],
  },
  {
    name: 'config',
    holds: /^config\//,
    imports: [
      'model',
      'audit',
      'credentials',
      'identity',
      'listener',
      'policy',
      'protocol contract',
      'protocol list',
    ],
    packages: ['yaml', 'zod'],
    builtins: ['node:fs', 'node:fs/promises', 'node:path'],
  },
  {
    name: 'api',
    holds: /^api\//,
    imports: ['model', 'audit', 'policy', 'identity', 'config', 'telemetry'],
    packages: ['hono', '@hono/node-server', '@hono/zod-openapi', 'zod'],
    builtins: ['node:http', 'node:https', 'node:net', 'node:tls'],
  },
  {
    name: 'cli',
    holds: /^cli\//,
    imports: [
      'model',
      'api',
      'audit',
      'config',
      'identity',
      'main',
      'policy',
      'protocol contract',
      'protocol list',
      'sql',
    ],
    packages: ['commander', 'yaml', 'zod'],
    builtins: ['node:fs', 'node:fs/promises', 'node:path', 'node:process', 'node:util', 'node:url'],
  },
  {
    name: 'main',
    holds: /^main\.ts$/,
    imports: [
      'model',
      'api',
      'audit',
      'config',
      'credentials',
      'enforcement',
      'identity',
      'listener',
      'policy',
      'protocol contract',
      'protocol list',
      'telemetry',
    ],
    packages: [],
    builtins: ['node:fs', 'node:fs/promises', 'node:net', 'node:path', 'node:process', 'node:tls'],
  },
];

/** Fewest production modules that can be right: below it the check looked in the wrong place. */
export const fewestModules = 40;
