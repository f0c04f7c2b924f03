import { describe, expect, it } from 'vitest';
import { checkLayers, type SourceFile } from './check-layers.ts';
import { fewestModules, rooms } from './rooms.ts';

/** A small tree in which every room is kept as it should be. */
const clean: readonly SourceFile[] = [
  file('model/decision.ts', `export type Effect = 'permit' | 'deny';`),
  file('model/gateway-error.ts', `export class GatewayError extends Error {}`),
  file('version.ts', `export const VERSION = '1';`),
  file('protocols/protocol.ts', `import type { Socket } from 'node:net';`),
  file('session/open-session.ts', `import '../protocols/protocol.ts';`),
  file('protocols/index.ts', `export { postgres } from './postgres/index.ts';`),
  file('protocols/postgres/index.ts', `import './wire/decoder.ts'; import './upstream/connect.ts';`),
  file('protocols/postgres/relay/loop.ts', `import '../../../enforcement/gate.ts';`),
  file(
    'protocols/postgres/wire/decoder.ts',
    `import { GatewayError } from '../../../model/gateway-error.ts';`,
  ),
  file('protocols/postgres/upstream/connect.ts', `import net from 'node:net';`),
  file('protocols/ssh/transport/keys.ts', `import 'ssh2'; import { hash } from 'node:crypto';`),
  file('protocols/rdp/rewrite/settings.ts', `import '../../../model/gateway-error.ts';`),
  file('protocols/rdp/nla/keys.ts', `import 'node:crypto'; import '../../../model/gateway-error.ts';`),
  file('protocols/rdp/picture/screen.ts', `import '../../../model/gateway-error.ts';`),
  file('protocols/rdp/client-file/rdp-file.ts', ''),
  file('protocols/rdp/recording/block-writer.ts', `import '../picture/screen.ts'; import 'node:zlib';`),
  file('protocols/mysql/index.ts', `import '../protocol.ts';`),
  file('sql/facts.ts', `import '../model/decision.ts';`),
  file('sql/postgres/parse.ts', `createRequire(import.meta.url)(name);`),
  file('sql/postgres/row-filters/sent-text.ts', `import 'pgsql-deparser';`),
  file('sql/postgres/generate/lists.ts', `import 'pg';`),
  file('shell/analyse-shell.ts', `import './read/parse.ts'; import '../names/glob.ts';`),
  file('shell/read/parse.ts', `import 'unbash'; import '../syntax.ts';`),
  file('shell/syntax.ts', ''),
  file('files/facts.ts', `import type { Effect } from '../model/decision.ts';`),
  file('policy/preset.ts', `export {};`),
  file('policy-source/watch.ts', `import '../policy/decide.ts'; import 'node:fs';`),
  file('policy/decide.ts', `import type { Effect } from '../model/decision.ts';`),
  file('names/glob.ts', ''),
  file('addresses/address-policy.ts', `import '../listener/ip-address.ts';`),
  file('listener/ip-address.ts', `import { isIPv4 } from 'node:net';`),
  file('documents/json.ts', ''),
  file('graphql/read.ts', `import 'graphql';`),
  file('openapi/match.ts', ''),
  file('families/load-families.ts', `import '../sql/facts.ts'; import '../policy/decide.ts';`),
  file('enforcement/gate.ts', `import type { Effect } from '../model/decision.ts';`),
  file('audit/segment.ts', `import fs from 'node:fs';`),
  file('identity/issuer.ts', `import 'jose'; import { isIPv4 } from 'node:net';`),
  file('identity/json-fetch.ts', `import 'node:https';`),
  file('credentials/command-source.ts', `import 'node:child_process';`),
  file('credentials/session/issue.ts', `import '../../store/open-store.ts'; import 'node:crypto';`),
  file('store/open-store.ts', `import 'node:sqlite';`),
  file('state/open-state.ts', `import '../store/open-store.ts';`),
  file('masking/detect.ts', `import '../model/decision.ts';`),
  file('protocols/http/masking/errors.ts', ''),
  file('protocols/http/downstream/http2/open-session.ts', `import 'node:http2';`),
  file('protocols/http/coding/decoder.ts', `import 'node:zlib'; import '../masking/errors.ts';`),
  file('protocols/postgres/masking/mask-rows.ts', `import '../wire/decoder.ts';`),
  file('protocols/ssh/certificate/certificate.ts', `import 'node:crypto';`),
  file('audit-export/exporter.ts', ''),
  file('audit-export/sinks/syslog-sink.ts', ''),
  file('cli/loopback.ts', ''),
  file('cli/desktop/export-video.ts', `import 'node:child_process';`),
  file('approvals/inbox.ts', `import '../store/open-store.ts';`),
  file('approvals/webhooks/deliver.ts', `import 'node:https';`),
  file('approvals/mail/smtp-send.ts', `import 'nodemailer/lib/smtp-connection'; import 'node:fs/promises';`),
  file('quarantine/guard.ts', `import '../store/open-store.ts';`),
  file('recording/recorder.ts', `import 'node:fs';`),
  file('screen-text/screen-text.ts', `import 'node:worker_threads'; import '../recording/recorder.ts';`),
  file('screen-text/read-picture.ts', `import 'node:child_process';`),
  file('terminal/screen.ts', `import '../recording/recorder.ts';`),
  file('console/cookies.ts', `import 'node:crypto';`),
  file('doctor/check.ts', `import '../model/decision.ts';`),
  file('doctor/port.ts', `import 'node:net';`),
  file('resource-watch/resource-watch.ts', `import '../model/decision.ts'; import 'node:timers/promises';`),
  file('telemetry/log.ts', `export {};`),
  file('listener/bind.ts', `import net from 'node:net';`),
  file('config/plan.ts', `import '../protocols/protocol.ts';`),
  file('api/contract/session.ts', `import 'zod';`),
  file('api/server.ts', `import { createServer } from 'node:http'; import './create-api.ts';`),
  file('api/create-api.ts', `import 'hono'; import { STATUS_CODES } from 'node:http';`),
  file('cli/api-client.ts', `import 'node:https'; import '../api/contract/session.ts';`),
  file('cli/serve.ts', `import '../main.ts';`),
  file('main.ts', `import './enforcement/gate.ts';`),
];

/** For each promise of the layer rule, an import that breaks it. Written by hand, so that loosening the data shows. */
const canaries: readonly (readonly [path: string, text: string])[] = [
  ['model/x.ts', `import '../policy/decide.ts';`],
  ['model/x.ts', `import 'node:crypto';`],
  ['model/x.ts', `import 'zod';`],
  ['protocols/rdp/rewrite/x.ts', `import 'node:crypto';`],
  ['protocols/rdp/rewrite/x.ts', `import '../../../model/decision.ts';`],
  ['protocols/rdp/picture/x.ts', `import 'node:zlib';`],
  ['protocols/rdp/events/x.ts', `import '../recording/block-writer.ts';`],
  ['protocols/rdp/playback/x.ts', `import 'node:fs';`],
  ['protocols/rdp/client-file/x.ts', `import '../nla/keys.ts';`],
  ['protocols/rdp/client-file/x.ts', `import 'node:fs';`],
  ['protocols/postgres/wire/x.ts', `import '../../../model/decision.ts';`],
  ['protocols/postgres/wire/x.ts', `import '../relay/loop.ts';`],
  ['protocols/postgres/wire/x.ts', `import '../../../policy/decide.ts';`],
  ['protocols/postgres/wire/x.ts', `import 'node:net';`],
  ['protocols/postgres/wire/x.ts', `import 'node:buffer';`],
  ['protocols/postgres/wire/x.ts', `import 'zod';`],
  ['protocols/postgres/relay/x.ts', `import '../../mysql/index.ts';`],
  ['protocols/postgres/relay/x.ts', `import 'node:net';`],
  ['protocols/postgres/relay/x.ts', `import 'node:tls';`],
  ['protocols/postgres/relay/x.ts', `import { type Socket, connect } from 'node:net';`],
  ['protocols/postgres/relay/x.ts', `import { type Socket } from 'node:net';`],
  ['protocols/postgres/relay/x.ts', `import 'node:fs';`],
  ['protocols/postgres/relay/x.ts', `import '../../../policy/decide.ts';`],
  ['protocols/postgres/relay/x.ts', `import '../../../audit/segment.ts';`],
  ['protocols/postgres/relay/x.ts', `import '../../index.ts';`],
  ['protocols/postgres/facts.ts', `import 'node:http';`],
  ['resource-watch/x.ts', `import 'node:net';`],
  ['resource-watch/x.ts', `import '../policy/decide.ts';`],
  ['protocols/mysql/wire/x.ts', `import '../../postgres/wire/decoder.ts';`],
  ['protocols/mysql/upstream.ts', `import '../postgres/upstream/connect.ts';`],
  ['protocols/postgres/upstream/x.ts', `import 'node:child_process';`],
  ['protocols/protocol.ts', `import './postgres/index.ts';`],
  ['protocols/http/masking/x.ts', `import 'node:zlib';`],
  ['protocols/http/downstream/http2/x.ts', `import 'node:http2';`],
  ['protocols/rdp/nla/x.ts', `import 'node:net';`],
  ['protocols/rdp/nla/x.ts', `import '../../../credentials/session/issue.ts';`],
  ['addresses/x.ts', `import 'node:net';`],
  ['addresses/x.ts', `import '../listener/bind.ts';`],
  ['sql/x.ts', `import 'node:fs';`],
  ['sql/x.ts', `import 'node:module';`],
  ['sql/x.ts', `await import(name);`],
  ['sql/postgres/parse.ts', `import 'node:fs';`],
  ['sql/postgres/row-filters/rewrite.ts', `import 'pgsql-deparser';`],
  ['sql/postgres/row-filters/sent-text.ts', `import '../../../policy/decide.ts';`],
  ['sql/x.ts', `import 'pg';`],
  ['sql/x.ts', `import './postgres/generate/lists.ts';`],
  ['sql/x.ts', `import '../policy/decide.ts';`],
  ['policy/x.ts', `import 'node:fs';`],
  ['policy/x.ts', `import 'node:net';`],
  ['policy/x.ts', `import 'node:timers/promises';`],
  ['policy/x.ts', `import '../sql/facts.ts';`],
  ['policy/x.ts', `import '../audit/segment.ts';`],
  ['families/x.ts', `import '../enforcement/gate.ts';`],
  ['enforcement/x.ts', `import '../policy/decide.ts';`],
  ['enforcement/x.ts', `import '../audit/segment.ts';`],
  ['enforcement/x.ts', `import '../protocols/postgres/index.ts';`],
  ['enforcement/x.ts', `import 'node:fs';`],
  ['audit/x.ts', `import 'node:net';`],
  ['audit/x.ts', `import 'node:child_process';`],
  ['audit/x.ts', `import '../enforcement/gate.ts';`],
  ['identity/x.ts', `import 'node:http';`],
  ['identity/x.ts', `import 'node:net';`],
  ['identity/x.ts', `import net, { isIPv4 } from 'node:net';`],
  ['identity/x.ts', `import * as net from 'node:net';`],
  ['identity/x.ts', `import { isIPv4, connect } from 'node:net';`],
  ['identity/x.ts', `export { isIPv4 } from 'node:net';`],
  ['identity/json-fetch.ts', `import 'node:net';`],
  ['credentials/x.ts', `import 'node:net';`],
  ['credentials/session/x.ts', `import 'node:child_process';`],
  ['credentials/session/x.ts', `import '../command-source.ts';`],
  ['credentials/session/x.ts', `import '../../protocols/postgres/index.ts';`],
  ['approvals/mail/x.ts', `import 'nodemailer';`],
  ['approvals/mail/smtp-send.ts', `import 'node:tls';`],
  ['store/x.ts', `import '../credentials/session/issue.ts';`],
  ['telemetry/x.ts', `import 'node:fs';`],
  ['listener/x.ts', `import '../policy/decide.ts';`],
  ['listener/x.ts', `import 'node:child_process';`],
  ['screen-text/x.ts', `import 'node:child_process';`],
  ['screen-text/x.ts', `import '../protocols/rdp/relay/watch.ts';`],
  ['recording/x.ts', `import '../screen-text/screen-text.ts';`],
  ['config/x.ts', `import 'node:net';`],
  ['config/x.ts', `import '../protocols/postgres/index.ts';`],
  ['config/x.ts', `import '../policy/decide.ts';`],
  ['policy-source/x.ts', `import 'node:child_process';`],
  ['policy-source/x.ts', `import 'node:net';`],
  ['api/contract/x.ts', `import '../create-api.ts';`],
  ['api/contract/x.ts', `import '../../model/decision.ts';`],
  ['api/contract/x.ts', `import 'hono';`],
  ['api/contract/x.ts', `import 'node:crypto';`],
  ['api/x.ts', `import { createServer } from 'node:http';`],
  ['api/x.ts', `import 'node:https';`],
  ['api/x.ts', `import 'node:fs';`],
  ['api/x.ts', `import './server.ts';`],
  ['api/x.ts', `import '../protocols/postgres/index.ts';`],
  ['api/server.ts', `import 'node:tls';`],
  ['api/server.ts', `import '../audit/segment.ts';`],
  ['version.ts', `import 'node:fs';`],
  ['terminal/x.ts', `import 'node:fs';`],
  ['terminal/x.ts', `import '../protocols/ssh/playback/frames.ts';`],
  ['cli/x.ts', `import 'node:net';`],
  ['cli/x.ts', `import 'node:https';`],
  ['cli/x.ts', `import '../api/create-api.ts';`],
  ['cli/api-client.ts', `import 'node:net';`],
  ['cli/x.ts', `import 'node:child_process';`],
  ['main.ts', `import 'node:child_process';`],
];

/** The same broken rule (model imports policy), in each form an import can take. */
const forms: readonly string[] = [
  `import '../policy/decide.ts';`,
  `import { x } from '../policy/decide.ts';`,
  `import type { X } from '../policy/decide.ts';`,
  `import { type X } from '../policy/decide.ts';`,
  `import * as x from '../policy/decide.ts';`,
  `export * from '../policy/decide.ts';`,
  `export { x } from '../policy/decide.ts';`,
  `export type { X } from '../policy/decide.ts';`,
  `const x = await import('../policy/decide.ts');`,
  `let x: import('../policy/decide.ts').X;`,
  `type X = typeof import('../policy/decide.ts');`,
  `import '../model/../policy/./decide.ts';`,
  `const name = '../policy/decide.ts'; await import(name);`,
  'await import(`../policy/decide.ts`);',
  `const net = process.getBuiltinModule('node:net');`,
  `const net = process['getBuiltinModule']('node:net');`,
  `const { getBuiltinModule: load } = process;`,
  `require('node:net');`,
  `import net = require('node:net');`,
  `import 'net';`,
];

describe('layer check', () => {
  it('passes a tree in which every room is kept', () => {
    expect(checkLayers(clean, rooms, clean.length).violations).toEqual([]);
  });

  it.each(canaries)('refuses in %s: %s', (path, text) => {
    const report = checkLayers([...without(path), file(path, text)], rooms, 1);
    expect(report.violations).toMatchObject([{ path }]);
  });

  it.each(forms)('finds the import in any form: %s', (text) => {
    const report = checkLayers([...clean, file('model/x.ts', text)], rooms, 1);
    expect(report.violations.map((violation) => violation.path)).toContain('model/x.ts');
  });

  it('refuses a file in a folder that no room holds', () => {
    for (const path of ['helpers/x.ts', 'protocols/x.ts', 'model/deep/x.ts', 'x.ts']) {
      const report = checkLayers([...clean, file(path, 'export {};')], rooms, 1);
      expect(report.violations).toMatchObject([{ path, message: expect.stringContaining('no room') }]);
    }
  });

  it('refuses a production file that imports a test', () => {
    const test = file('model/decision.test.ts', 'export const x = 1;');
    const report = checkLayers(
      [...clean, test, file('model/x.ts', `import './decision.test.ts';`)],
      rooms,
      1,
    );
    expect(report.violations).toMatchObject([{ path: 'model/x.ts' }]);
  });

  it('refuses a file that does not parse and an import that leads nowhere', () => {
    const broken = [file('model/x.ts', 'export const = ;'), file('model/y.ts', `import './gone.ts';`)];
    const report = checkLayers([...clean, ...broken], rooms, 1);
    expect(report.violations.map(({ path }) => path)).toEqual(['model/x.ts', 'model/y.ts']);
  });

  it('fails when it found no modules, or suspiciously few', () => {
    const problem = { message: expect.stringContaining('looked in the wrong place') };
    expect(checkLayers([], rooms, fewestModules).violations).toContainEqual(expect.objectContaining(problem));
    expect(checkLayers(clean, rooms, fewestModules).violations).toMatchObject([problem]);
  });

  it('fails when a rule guards nothing', () => {
    const report = checkLayers(without('telemetry/log.ts'), rooms, 1);
    expect(report.violations).toMatchObject([{ message: expect.stringContaining('telemetry is empty') }]);
  });
});

function file(path: string, text: string): SourceFile {
  return { path, text };
}

function without(path: string): readonly SourceFile[] {
  return clean.filter((source) => source.path !== path);
}
