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
  /** Built-in modules it may import: `node:net` whole, `node:net#isIPv4` that name only. */
  readonly builtins: readonly string[];
  /** Built-in modules of which it may import types, which is knowing and not doing. */
  readonly builtinTypes?: readonly string[];
  /** `computed`: it may load a module whose name is computed, which cannot be checked. */
  readonly loads?: 'computed';
}

const files = ['node:fs', 'node:fs/promises', 'node:path'];
const sockets = ['node:net', 'node:tls'];

/**
 * Sockets are opened only in `listener`, the API's server, a protocol's `upstream`, the fetch of `identity`, the API
 * client of `cli` and `main`; programs are started only in `credentials`.
 */
export const rooms: readonly Room[] = [
  {
    name: 'model',
    holds: /^model\/[^/]+$/,
    imports: [],
    packages: [],
    builtins: [],
  },
  {
    name: 'version',
    holds: /^version\.ts$/,
    imports: [],
    packages: [],
    builtins: [],
  },
  {
    // Dotted names and the patterns that policies write for them: whoever compares them reads them alike.
    name: 'names',
    holds: /^names\//,
    imports: [],
    packages: [],
    builtins: [],
  },
  {
    // What clients send inside of requests: forms, JSON, calls. Bytes in, values out.
    name: 'documents',
    holds: /^documents\//,
    imports: ['model'],
    packages: [],
    builtins: [],
  },
  {
    // GraphQL documents, as far as their operations tell.
    name: 'graphql',
    holds: /^graphql\//,
    imports: ['model', 'documents'],
    packages: ['graphql'],
    builtins: [],
  },
  {
    // API descriptions: which operation a request is, and whether it keeps to it.
    name: 'openapi',
    holds: /^openapi\//,
    imports: ['model', 'documents'],
    packages: ['@cfworker/json-schema', 're2js', 'yaml'],
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
    // Masks of a protocol's responses: bytes in, bytes out.
    name: 'response masking',
    holds: /^protocols\/(?<protocol>[^/]+)\/masking\//,
    imports: ['model', 'names', 'masking', 'wire'],
    files: ['sql/qualified-name.ts'],
    packages: ['zod'],
    builtins: [],
  },
  {
    name: 'upstream',
    holds: /^protocols\/(?<protocol>[^/]+)\/upstream(\/|[^/]*\.ts$)/,
    imports: [
      'model',
      'wire',
      'response masking',
      'protocol',
      'credentials',
      'protocol contract',
      'telemetry',
    ],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:stream', 'node:util', 'node:fs', 'node:fs/promises', ...sockets],
  },
  {
    name: 'protocol',
    holds: /^protocols\/(?<protocol>[^/]+)\//,
    imports: [
      'model',
      'wire',
      'response masking',
      'upstream',
      'documents',
      'graphql',
      'openapi',
      'names',
      'sql',
      'sql parser',
      'enforcement',
      'session credentials',
      'credentials',
      'listener',
      'protocol contract',
      'telemetry',
      'masking',
    ],
    files: ['policy/preset.ts'],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:stream', 'node:events'],
    builtinTypes: sockets,
  },
  {
    name: 'protocol list',
    holds: /^protocols\/index\.ts$/,
    imports: ['protocol', 'protocol contract'],
    packages: [],
    builtins: [],
  },
  {
    // It names the types of the connection that the listener hands over; it opens nothing.
    name: 'protocol contract',
    holds: /^protocols\/protocol\.ts$/,
    imports: ['model', 'enforcement', 'listener', 'session credentials', 'telemetry', 'masking'],
    files: ['policy/preset.ts'],
    packages: ['zod'],
    builtins: [],
    builtinTypes: sockets,
  },
  {
    // Programs for developers that write tables from a running server. Nothing may import them.
    name: 'sql generators',
    holds: /^sql\/[^/]+\/generate\//,
    imports: ['sql'],
    packages: ['pg'],
    builtins: ['node:url', 'node:process', 'node:util', ...files],
  },
  {
    // It picks the grammar by the version of the server, and loads WebAssembly that is CommonJS.
    name: 'sql parser',
    holds: /^sql\/[^/]+\/parse\.ts$/,
    imports: ['sql', 'model'],
    packages: [],
    builtins: ['node:module'],
    loads: 'computed',
  },
  {
    name: 'sql',
    holds: /^sql\//,
    imports: ['sql parser', 'model'],
    packages: [],
    builtins: [],
  },
  {
    name: 'policy',
    holds: /^policy\//,
    imports: ['model', 'names'],
    packages: ['@marcbachmann/cel-js', 're2js', 'yaml', 'zod'],
    builtins: [],
  },
  {
    name: 'policy source',
    holds: /^policy-source\//,
    imports: ['model', 'policy'],
    packages: [],
    builtins: ['node:crypto', 'node:timers/promises', ...files],
  },
  {
    // What each rule family brings for the policy tools of the command line and of the API.
    name: 'families',
    holds: /^families\//,
    imports: ['model', 'policy', 'protocol list', 'sql', 'sql parser'],
    packages: [],
    builtins: [],
  },
  {
    name: 'enforcement',
    holds: /^enforcement\//,
    imports: ['model', 'names'],
    packages: [],
    builtins: [],
  },
  {
    name: 'store',
    holds: /^store\//,
    imports: ['model'],
    packages: [],
    builtins: ['node:sqlite', ...files],
  },
  {
    // Detectors and replacements: values in, values out.
    name: 'masking',
    holds: /^masking\//,
    imports: ['model', 'names'],
    packages: ['ibantools', 'libphonenumber-js', 're2js', 'zod'],
    builtins: ['node:crypto'],
  },
  {
    // Signed notices to somebody else's server: beside `identity fetch` the only client of HTTP.
    name: 'webhook delivery',
    holds: /^approvals\/webhooks\/deliver\.ts$/,
    imports: ['approvals', 'model'],
    packages: [],
    builtins: ['node:http', 'node:https', 'node:crypto'],
  },
  {
    // What is kept from one start to the next, put together.
    name: 'state',
    holds: /^state\//,
    imports: [
      'model',
      'approvals',
      'credentials',
      'masking',
      'quarantine',
      'session credentials',
      'store',
      'telemetry',
    ],
    files: ['listener/private-files.ts'],
    packages: [],
    builtins: ['node:crypto', 'node:fs/promises', 'node:path'],
  },
  {
    // Runs that repeat what was denied.
    name: 'quarantine',
    holds: /^quarantine\//,
    imports: ['model', 'store', 'telemetry'],
    packages: [],
    builtins: ['node:crypto'],
  },
  {
    name: 'approvals',
    holds: /^approvals\//,
    imports: ['webhook delivery', 'model', 'store', 'credentials', 'telemetry'],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:events'],
  },
  {
    name: 'recording',
    holds: /^recording\//,
    imports: ['model', 'store', 'telemetry'],
    packages: ['zod'],
    // The index has a thread of its own.
    builtins: ['node:crypto', 'node:events', 'node:timers/promises', 'node:worker_threads', ...files],
  },
  {
    name: 'audit',
    holds: /^audit\//,
    imports: ['model'],
    packages: ['zod'],
    // SQLite as a lock on the data folder: the system lets go of it when the process dies.
    builtins: ['node:crypto', 'node:os', 'node:sqlite', ...files],
  },
  {
    // One bounded GET of a JSON document; the only place beside upstreams that connects to somebody.
    name: 'identity fetch',
    holds: /^identity\/json-fetch\.ts$/,
    imports: ['identity', 'model'],
    packages: [],
    builtins: ['node:http', 'node:https', 'node:fs/promises'],
  },
  {
    name: 'identity',
    holds: /^identity\//,
    imports: ['identity fetch', 'model'],
    packages: ['jose', 'zod'],
    builtins: ['node:crypto', 'node:net#isIPv4'],
  },
  {
    // What the gateway itself hands out; beside it are the secrets that it never does.
    name: 'session credentials',
    holds: /^credentials\/session\//,
    imports: ['model', 'store'],
    files: ['credentials/secret.ts'],
    packages: [],
    builtins: ['node:crypto'],
    builtinTypes: ['node:sqlite'],
  },
  {
    name: 'credentials',
    holds: /^credentials\//,
    imports: ['model'],
    packages: ['zod'],
    builtins: ['node:child_process', 'node:util', ...files],
  },
  {
    name: 'telemetry',
    holds: /^telemetry\//,
    imports: ['model'],
    files: ['identity/issuer.ts', 'listener/listener.ts', 'listener/server-tls.ts'],
    packages: [],
    builtins: [],
  },
  {
    name: 'listener',
    holds: /^listener\//,
    imports: ['model', 'telemetry'],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:stream', ...files, ...sockets],
  },
  {
    name: 'config',
    holds: /^config\//,
    imports: ['model', 'identity', 'protocol contract'],
    files: [
      'approvals/config.ts',
      'credentials/config.ts',
      'masking/config.ts',
      'policy/code-frame.ts',
      'recording/config.ts',
    ],
    packages: ['yaml', 'zod'],
    builtins: ['node:net#isIP', 'node:net#isIPv6', ...files],
  },
  {
    // What the API says, as the console will read it: nothing of the gateway, nothing of Node.
    name: 'api contract',
    holds: /^api\/contract\//,
    imports: [],
    packages: ['zod'],
    builtins: [],
  },
  {
    // The API on a socket.
    name: 'api server',
    holds: /^api\/server\.ts$/,
    imports: ['api', 'listener', 'model'],
    packages: ['@hono/node-server'],
    builtins: ['node:http', 'node:stream'],
    builtinTypes: sockets,
  },
  {
    name: 'api',
    holds: /^api\//,
    imports: [
      'model',
      'api contract',
      'approvals',
      'audit',
      'enforcement',
      'identity',
      'policy',
      'quarantine',
      'session credentials',
      'telemetry',
      'version',
      'recording',
    ],
    files: ['listener/failed-authentications.ts'],
    packages: ['hono', '@hono/zod-openapi', 'zod'],
    builtins: ['node:crypto', 'node:events', 'node:http#STATUS_CODES', 'node:worker_threads'],
  },
  {
    // Whether a port answers, or is free.
    name: 'doctor port',
    holds: /^doctor\/port\.ts$/,
    imports: [],
    packages: [],
    builtins: ['node:net'],
  },
  {
    // It looks at everything, and changes nothing but a file that it removes and the key of its challenges.
    name: 'doctor',
    holds: /^doctor\//,
    imports: [
      'doctor port',
      'model',
      'audit',
      'config',
      'identity',
      'identity fetch',
      'listener',
      'policy',
      'policy source',
      'protocol contract',
      'protocol list',
      'masking',
    ],
    packages: ['zod'],
    builtins: ['node:crypto', 'node:dns/promises', 'node:net#isIP', 'node:os', 'node:sqlite', ...files],
  },
  {
    // Requests of commands to the API of a running gateway, and streams from it.
    name: 'cli api client',
    holds: /^cli\/api-(client|events|recording)\.ts$/,
    imports: ['cli', 'api contract', 'recording'],
    packages: ['commander'],
    builtins: ['node:https', 'node:fs/promises', 'node:timers/promises'],
    builtinTypes: ['node:http'],
  },
  {
    name: 'cli',
    holds: /^cli\//,
    imports: [
      'cli api client',
      'doctor',
      'enforcement',
      'model',
      'api contract',
      'audit',
      'config',
      'families',
      'identity',
      'main',
      'policy',
      'policy source',
      'protocol contract',
      'protocol list',
      'telemetry',
      'version',
      'recording',
      'masking',
    ],
    packages: ['commander', 'yaml', 'zod'],
    builtins: ['node:crypto', 'node:process', 'node:util', 'node:url', ...files],
  },
  {
    name: 'main',
    holds: /^main(\.ts$|\/)/,
    imports: [
      'model',
      'api',
      'api server',
      'audit',
      'config',
      'credentials',
      'enforcement',
      'families',
      'identity',
      'listener',
      'policy',
      'policy source',
      'protocol contract',
      'protocol list',
      'state',
      'telemetry',
      'version',
      'recording',
      'masking',
    ],
    packages: [],
    builtins: ['node:process', ...files, ...sockets],
  },
];

/** Fewest production modules that can be right: below it the check looked in the wrong place. */
export const fewestModules = 300;
