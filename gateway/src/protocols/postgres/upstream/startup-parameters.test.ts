import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { postgresResourceSchema } from '../config.ts';
import { parseStartupPacket } from '../wire/startup.ts';
import { buildStartup, pinnedSettings, type StartupSource } from './startup-parameters.ts';

function resource(searchPath: readonly string[]) {
  const accounts = [{ name: 'app', credential: { none: true } }];
  return postgresResourceSchema.parse({ host: 'db', database: 'shop', accounts, searchPath });
}

const source: StartupSource = {
  minor: 2,
  user: 'app',
  database: 'shop',
  applicationName: 'sallyport/ses_1',
  pinned: pinnedSettings(resource(['public'])),
  requested: new Map(),
};

function sent(more: Partial<StartupSource>): ReadonlyMap<string, string> {
  const packet = parseStartupPacket(buildStartup({ ...source, ...more }));
  if (packet.kind !== 'startup') throw new Error('not a startup packet');
  return packet.parameters;
}

test('the packet holds login, database, name, the settings asked for and the pinned ones', () => {
  const packet = parseStartupPacket(buildStartup({ ...source, requested: new Map([['TimeZone', 'UTC']]) }));
  expect(packet).toEqual({
    kind: 'startup',
    major: 3,
    minor: 2,
    parameters: new Map([
      ['user', 'app'],
      ['database', 'shop'],
      ['application_name', 'sallyport/ses_1'],
      ['TimeZone', 'UTC'],
      ['client_encoding', 'UTF8'],
      ['standard_conforming_strings', 'on'],
      ['search_path', '"public"'],
    ]),
  });
});

describe('a parameter that is not the client’s to set is refused', () => {
  test.each([
    ['user', 'postgres'],
    ['database', 'other'],
    ['replication', 'database'],
    ['Replication', 'true'],
    ['options', '-c search_path=evil'],
    ['application_name', 'somebody else'],
    ['role', 'postgres'],
    ['ROLE', 'postgres'],
    ['session_authorization', 'postgres'],
    ['search_path', 'evil'],
    ['Search_Path', 'evil'],
    ['SEARCH_PATH', '"public", evil'],
    ['client_encoding', 'SJIS'],
    ['standard_conforming_strings', 'off'],
    ['Standard_Conforming_Strings', 'OFF'],
    ['_pq_.protocol_extension', 'x'],
    ['_PQ_.x', 'x'],
    ['search path', 'evil'],
    ['', 'x'],
    ['search_path\0', 'x'],
    ['ſearch_path', 'long s folds to s in some lower cases'],
  ])('%s = %s', (name, value) => {
    const build = (): unknown => sent({ requested: new Map([[name, value]]) });
    expect(build).toThrow(expect.objectContaining({ code: 'ERR_UPSTREAM_PARAMETER' }));
  });
});

test('a parameter that asks for what is pinned anyway is dropped, however it is spelt', () => {
  const requested = new Map([
    ['client_encoding', 'utf-8'],
    ['CLIENT_ENCODING', 'Unicode'],
    ['standard_conforming_strings', 'TRUE'],
    ['search_path', '"public"'],
  ]);
  expect([...sent({ requested }).keys()]).toEqual([
    'user',
    'database',
    'application_name',
    'client_encoding',
    'standard_conforming_strings',
    'search_path',
  ]);
});

test('a packet longer than PostgreSQL takes is refused here', () => {
  const requested = new Map([['x.y', 'v'.repeat(10_000)]]);
  expect(() => sent({ requested })).toThrow(expect.objectContaining({ code: 'ERR_UPSTREAM_PARAMETER' }));
});

test('the application name is cut and cleaned as PostgreSQL does', () => {
  expect(sent({ applicationName: `a\0\n\u{1f600}é${'x'.repeat(99)}` }).get('application_name')).toBe(
    `a????${'x'.repeat(58)}`,
  );
});

test('each schema of the search path stays one quoted name, whatever it holds', () => {
  expect(pinnedSettings(resource(['$user', 'a"b', 'x, evil'])).get('search_path')).toBe(
    '"$user", "a""b", "x, evil"',
  );
  const schema = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((name) => !name.includes('\0') && name.isWellFormed() && Buffer.byteLength(name) <= 63);
  fc.assert(
    fc.property(fc.array(schema, { minLength: 1, maxLength: 5 }), (schemas) => {
      const setting = pinnedSettings(resource(schemas)).get('search_path') ?? '';
      const read = [...setting.matchAll(/"((?:[^"]|"")*)"(?:, |$)/gsu)].map((match) =>
        match[1]?.replaceAll('""', '"'),
      );
      expect(read).toEqual(schemas);
    }),
  );
});
