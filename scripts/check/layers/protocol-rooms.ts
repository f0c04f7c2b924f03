/** Rooms of the protocols, of SQL and of the policy: what knows no file, no socket and no store. */
import type { Room } from './room.ts';

const files = ['node:fs', 'node:fs/promises', 'node:path'];
const sockets = ['node:net', 'node:tls'];

export const protocolRooms: readonly Room[] = [
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
    // Which IP addresses are what: text and bytes in, a verdict out.
    name: 'addresses',
    holds: /^addresses\//,
    imports: [],
    files: ['listener/ip-address.ts'],
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
    holds: /^protocols\/(?<protocol>[^/]+)\/(?:(?:sftp|scp)\/)?wire\//,
    imports: [],
    files: ['model/gateway-error.ts'],
    packages: [],
    builtins: [],
  },
  {
    // What is changed of a protocol on its way: messages in, messages out.
    name: 'rdp rewrite',
    holds: /^protocols\/rdp\/rewrite\//,
    imports: ['wire'],
    files: ['model/gateway-error.ts'],
    packages: [],
    builtins: [],
  },
  {
    // Codings of bodies undone: the one thing of facts and masking that works outside of the thread.
    name: 'content coding',
    holds: /^protocols\/(?<protocol>[^/]+)\/coding\//,
    imports: ['documents'],
    files: ['protocols/http/masking/errors.ts'],
    packages: [],
    builtins: ['node:zlib'],
  },
  {
    // Masks of a protocol's responses: bytes in, bytes out.
    name: 'response masking',
    holds: /^protocols\/(?<protocol>[^/]+)\/masking\//,
    imports: ['model', 'names', 'masking', 'wire', 'content coding'],
    files: ['sql/qualified-name.ts', 'sql/postgres/row-filters/outside.ts'],
    packages: ['zod'],
    builtins: [],
  },
  {
    // The server's side of HTTP/2 on an accepted connection, framed by Node within bounds.
    name: 'http2 session',
    holds: /^protocols\/http\/downstream\/http2\/open-session\.ts$/,
    imports: ['wire'],
    packages: [],
    builtins: ['node:http2'],
    builtinTypes: ['node:stream'],
  },
  {
    // SSH on an accepted or a connected socket: the one place that knows the package, and what it does not bound.
    name: 'ssh transport',
    holds: /^protocols\/ssh\/transport\//,
    imports: ['ssh certificate'],
    packages: ['ssh2'],
    builtins: ['node:crypto', 'node:stream'],
    builtinTypes: ['node:net', 'node:events'],
  },
  {
    // Keys and certificates of SSH: bytes in, a verdict out.
    name: 'ssh certificate',
    holds: /^protocols\/ssh\/certificate\//,
    imports: ['addresses'],
    files: ['listener/ip-address.ts'],
    packages: [],
    builtins: ['node:crypto'],
  },
  {
    // Network Level Authentication of RDP, both sides: bytes in, bytes out. NTLM brings its own MD4 and RC4.
    name: 'rdp nla',
    holds: /^protocols\/rdp\/nla\//,
    imports: ['model'],
    packages: [],
    builtins: ['node:crypto'],
  },
  {
    // Files that clients of RDP open: the same text from the command line and from the API.
    name: 'rdp client file',
    holds: /^protocols\/rdp\/client-file\//,
    imports: [],
    packages: [],
    builtins: [],
  },
  {
    // What a desktop shows, and the events that make it so: bytes in, pixels out, in a browser too.
    name: 'rdp picture',
    holds: /^protocols\/rdp\/(picture|events)\//,
    imports: [],
    files: ['model/gateway-error.ts'],
    packages: [],
    builtins: [],
  },
  {
    // Desktops on record: what was shown becomes blocks, and blocks pictures.
    name: 'rdp recording',
    holds: /^protocols\/rdp\/(recording|playback)\//,
    imports: ['rdp picture', 'model'],
    packages: [],
    builtins: ['node:zlib'],
  },
  {
    name: 'upstream',
    holds: /^protocols\/(?<protocol>[^/]+)\/upstream(\/|[^/]*\.ts$)/,
    imports: [
      'model',
      'addresses',
      'wire',
      'rdp rewrite',
      'response masking',
      'ssh certificate',
      'ssh transport',
      'rdp nla',
      'protocol',
      'credentials',
      'protocol contract',
      'telemetry',
    ],
    // Which login of a resource is meant, and what the server itself hands out: the same for everyone.
    files: ['session/accounts.ts', 'sql/postgres/telltales.ts'],
    packages: ['zod'],
    builtins: [
      'node:crypto',
      'node:dns/promises',
      'node:stream',
      'node:util',
      'node:fs',
      'node:fs/promises',
      'node:http2',
      ...sockets,
    ],
  },
  {
    name: 'protocol',
    holds: /^protocols\/(?<protocol>[^/]+)\//,
    imports: [
      'model',
      'addresses',
      'wire',
      'rdp rewrite',
      'response masking',
      'content coding',
      'http2 session',
      'rdp picture',
      'rdp recording',
      'rdp client file',
      'ssh certificate',
      'ssh transport',
      'rdp nla',
      'upstream',
      'documents',
      'graphql',
      'openapi',
      'names',
      'sql',
      'sql parser',
      'shell',
      'files',
      'enforcement',
      'session',
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
    builtinTypes: [...sockets, 'node:http2'],
  },
  {
    // A client's stay, the same for every protocol: who it is, its opening, its end.
    name: 'session',
    holds: /^session\//,
    imports: ['model', 'enforcement', 'session credentials', 'listener', 'protocol contract'],
    packages: ['zod'],
    builtins: ['node:crypto'],
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
    holds: /^protocols\/(protocol|doors|target-config)\.ts$/,
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
    // Writes trees as text; what it writes is read again by the grammar before anything of it is sent.
    name: 'sql writer',
    holds: /^sql\/[^/]+\/row-filters\/sent-text\.ts$/,
    imports: ['sql', 'sql parser'],
    packages: ['pgsql-deparser'],
    builtins: ['node:util'],
  },
  {
    name: 'sql',
    holds: /^sql\//,
    imports: ['sql parser', 'sql writer', 'model'],
    packages: [],
    builtins: [],
  },
  {
    // Command texts by the grammar of bash, as far as they can be judged and written again.
    name: 'shell parser',
    holds: /^shell\/read\//,
    imports: ['shell'],
    packages: ['unbash'],
    builtins: [],
  },
  {
    name: 'shell',
    holds: /^shell\//,
    imports: ['shell parser', 'model', 'names'],
    packages: [],
    builtins: [],
  },
  {
    // Requests for files, whatever protocol brings them.
    name: 'files',
    holds: /^files\//,
    imports: ['model'],
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
    imports: ['files', 'model', 'policy', 'protocol list', 'shell', 'sql', 'sql parser'],
    files: [
      'protocols/http/facts/facts-family.ts',
      'protocols/http/facts/facts-from-case.ts',
      'protocols/http/facts/tunnel.ts',
      'protocols/rdp/facts/facts-family.ts',
      'protocols/rdp/facts/facts-from-case.ts',
    ],
    packages: [],
    builtins: [],
  },
];
