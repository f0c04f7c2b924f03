import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, type FakeUpstream, startFakeUpstream } from '../../../../test/e2e/upstream/fake-upstream.ts';
import {
  authentication,
  checkAnswer,
  PINNED_REPORTS,
  rawMessage,
  WELCOME,
} from '../../../../test/e2e/upstream/server-messages.ts';
import { encodeParameterStatus } from '../wire/backend/parameter-status.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(async () => await upstream[Symbol.asyncDispose]());

describe('a server that does not take the pinned settings, or a login that may do too much, is refused', () => {
  const welcome = (reports: readonly Buffer[]): Buffer[] => [
    WELCOME[0] ?? authentication(0),
    ...reports,
    ...WELCOME.slice(-2),
  ];
  const rows = (...cells: (string | undefined)[]): Buffer[] => checkAnswer(cells);

  test.each<[string, readonly Buffer[], readonly Buffer[], string]>([
    [
      'client_encoding is another',
      welcome([encodeParameterStatus('client_encoding', 'SQL_ASCII'), ...PINNED_REPORTS.slice(1)]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'client_encoding is not reported',
      welcome(PINNED_REPORTS.slice(1)),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'backslashes are escapes',
      welcome([...PINNED_REPORTS, encodeParameterStatus('standard_conforming_strings', 'off')]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'the search path is another',
      WELCOME,
      rows('180004', '"public", evil', undefined, undefined),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'the search path is not told',
      WELCOME,
      rows('180004', undefined, undefined, undefined),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'report and query disagree about the search path',
      welcome([...PINNED_REPORTS, encodeParameterStatus('search_path', 'evil')]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'a setting changes during the check',
      WELCOME,
      [encodeParameterStatus('standard_conforming_strings', 'off'), ...checkAnswer()],
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'the login is privileged',
      WELCOME,
      rows('180004', '"public"', 'postgres', undefined),
      'ERR_UPSTREAM_SUPERUSER',
    ],
    [
      'the login is privileged through a role without name',
      WELCOME,
      rows('180004', '"public"', '', undefined),
      'ERR_UPSTREAM_SUPERUSER',
    ],
    [
      'the version is no number',
      WELCOME,
      rows('18 beta', '"public"', undefined, undefined),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['a column is missing', WELCOME, rows('180004', '"public"', undefined), 'ERR_UPSTREAM_PROTOCOL'],
    [
      'a column is too many',
      WELCOME,
      rows('180004', '"public"', undefined, undefined, undefined),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    [
      'the functions are told as no JSON',
      WELCOME,
      rows('180004', '"public"', undefined, '[["function"'),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    [
      'the functions are told in another form',
      WELCOME,
      rows('180004', '"public"', undefined, '[["function", "public", 1, null]]'),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['no row comes', WELCOME, checkAnswer().toSpliced(1, 1), 'ERR_UPSTREAM_PROTOCOL'],
    [
      'two rows come',
      WELCOME,
      checkAnswer().toSpliced(1, 0, checkAnswer()[1] ?? rawMessage('D')),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['a COPY comes', WELCOME, [rawMessage('G', Buffer.alloc(3))], 'ERR_UPSTREAM_PROTOCOL'],
    [
      'the check is refused',
      WELCOME,
      [rawMessage('E', 'SERROR\0C42P01\0Mno pg_roles here\0\0')],
      'ERR_UPSTREAM_REFUSED',
    ],
  ])('%s', async (_, first, second, code) => {
    upstream.behave = answer(first, second);
    expect((await upstream.failure()).code).toBe(code);
  });

  test('a privileged login passes only where the account allows it', async () => {
    upstream.behave = answer(WELCOME, checkAnswer(['180004', '"public"', 'postgres', undefined]));
    const accounts = [{ name: 'app', credential: { none: true }, allowSuperuser: true }];
    const connection = await upstream.connect({ accounts });
    expect(connection.serverVersion).toBe(180004);
    connection.socket.destroy();
  });
});
