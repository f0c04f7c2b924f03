import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../../test/audit/audit-fixture.ts';
import {
  createRecorder,
  request,
  session,
  temporaryFolder,
  tickingClock,
} from '../../../test/recording/recording-fixture.ts';
import { encodeCommandComplete } from '../../protocols/postgres/wire/backend/command-complete.ts';
import { encodeDataRow } from '../../protocols/postgres/wire/backend/data-row.ts';
import { encodeErrorResponse } from '../../protocols/postgres/wire/backend/error-response.ts';
import { encodeRowDescription } from '../../protocols/postgres/wire/backend/row-description.ts';
import { runCli } from '../cli.ts';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await runCli(['sessions', ...argv], {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

const column = (name: string) => ({
  name,
  tableOid: 0,
  attributeNumber: 0,
  typeOid: 25,
  typeSize: -1,
  typeModifier: -1,
  format: 'text' as const,
});
const RESULT = Buffer.concat([
  encodeRowDescription([column('name'), column('note')]),
  encodeDataRow(['Ann\u001b]0;owned\u0007', undefined]),
  encodeDataRow(['=cmd|calc', '']),
  encodeDataRow(['-5', 'a "quoted", line\nbreak']),
  encodeCommandComplete('SELECT 3'),
]);
const ERROR = encodeErrorResponse({
  severity: 'ERROR',
  code: '42501',
  message: 'POLICY_DENIED \u202etxt',
  hint: 'ask',
});

/** A folder with an audit and one recorded session. */
async function recorded(): Promise<{ folder: string; path: string }> {
  const folder = temporaryFolder();
  const audit = await openLog(folder);
  const { recorder, pathOf } = createRecorder({ audit, clock: tickingClock() }, folder);
  const recording = recorder.open(session('ses_a'));
  const first = recording.begin(
    request('ses_a', 1, { request: { text: 'SELECT *\n  FROM people\u001b[2J', parameters: ['7'] } }),
  );
  recording.data(first, RESULT, 0, RESULT.length);
  recording.end(first, {
    status: 'ok',
    result: { rows: 3 },
    durationMs: 12,
    masked: { 'people.note': 'partial' },
  });
  const second = recording.begin(
    request('ses_a', 2, {
      request: { text: 'DROP TABLE people' },
      effect: 'deny',
      rules: ['no-drop'],
      cause: 'rule',
    }),
  );
  recording.data(second, ERROR, 0, ERROR.length);
  recording.end(second, { status: 'refused', result: {}, durationMs: 0 });
  recording.note(0, 'kill', { by: 'admin' });
  await recording.close('client left');
  await recorder.close();
  await audit.close();
  return { folder, path: pathOf('ses_a') };
}

describe('sessions replay', () => {
  it('P5: shows who, what, the verdict, the result and the end, and no control character of it', async () => {
    const { folder } = await recorded();
    const { code, out, err } = await run('replay', 'ses_a', '-d', folder, '--no-wait');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const steady = out.replace(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME').replace(/^opened.*$/m, 'opened');
    expect(steady).toBe(String.raw`session    ses_a
opened
principal  alice of https://idp.example
agent      claims-bot
run        run-1
resource   reader@pg-prod
recorded   caps {"requestBytes":262144,"resultBytes":8388608,"sessionBytes":1073741824}

TIME #1 permit by analytics-read dec_1
    SELECT *
      FROM people\u{1b}[2J
    {"parameters":["7"]}
    name                    note
    ----------------------  ----------------------
    Ann\u{1b}]0;owned\u{7}  NULL
    =cmd|calc
    -5                      a "quoted", line break
    SELECT 3
    ok in 12 ms {"rows":3} masked {"people.note":"partial"}

TIME #2 deny by no-drop dec_2
    DROP TABLE people
    ERROR 42501: POLICY_DENIED \u{202e}txt; hint: ask
    refused in 0 ms
TIME kill: {"by":"admin"}

TIME closed: client left
`);
  });

  it('begins at an exchange or at a time, or shows one only', async () => {
    const { folder } = await recorded();
    const from = await run('replay', 'ses_a', '-d', folder, '--no-wait', '--seek', '2');
    expect(from.out).not.toContain('#1 ');
    expect(from.out).toContain('#2 ');
    const one = await run('replay', 'ses_a', '-d', folder, '--speed', '1000', '--exchange', '1');
    expect(one.out).toContain('#1 ');
    expect(one.out).not.toContain('#2 ');
    const late = await run('replay', 'ses_a', '-d', folder, '--no-wait', '--seek', '1h');
    expect(late.out).not.toContain('#2 ');
    expect(await run('replay', 'ses_a', '-d', folder, '--no-wait', '--exchange', '9')).toMatchObject({
      code: 1,
      err: 'the recording has no exchange 9\n',
    });
  });

  it.each([[['--seek', 'soon']], [['--speed', '0']], [['--rows', '-1']], [['--exchange', 'x']]])(
    'refuses %j',
    async (options) => {
      const { folder } = await recorded();
      expect(await run('replay', 'ses_a', '-d', folder, ...options)).toMatchObject({ code: 2 });
    },
  );

  it('says that there is no such recording', async () => {
    const { folder } = await recorded();
    expect(await run('replay', '../../etc/passwd', '-d', folder)).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_RECORDING_UNKNOWN'),
    });
  });
});

describe('sessions export', () => {
  it('writes everything as lines of JSON', async () => {
    const { folder } = await recorded();
    const { code, out } = await run('export', 'ses_a', '-d', folder);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines.map(({ type }) => type)).toEqual([
      'session',
      'begin',
      'data',
      'end',
      'begin',
      'data',
      'end',
      'note',
      'close',
    ]);
    expect(lines[2].items).toHaveLength(5);
    expect(lines[2].bytes).toBeUndefined();
    const withBytes = await run('export', 'ses_a', '-d', folder, '--bytes');
    expect(withBytes.out).toContain(RESULT.toString('base64'));
  });

  it('writes the rows of an exchange as CSV that no spreadsheet computes', async () => {
    const { folder } = await recorded();
    const { code, out } = await run('export', 'ses_a', '-d', folder, '--format', 'csv', '--exchange', '1');
    expect(code).toBe(0);
    expect(out).toBe(
      'name,note\r\nAnn\u001b]0;owned\u0007,\r\n\'=cmd|calc,""\r\n-5,"a ""quoted"", line\nbreak"\r\n',
    );
    const plain = await run(
      'export',
      'ses_a',
      '-d',
      folder,
      '--format',
      'csv',
      '--exchange',
      '1',
      '--no-formula-guard',
    );
    expect(plain.out).toContain('\r\n=cmd|calc,');
    expect(await run('export', 'ses_a', '-d', folder, '--format', 'csv')).toMatchObject({ code: 2 });
    expect(await run('export', 'ses_a', '-d', folder, '--format', 'csv', '--exchange', '9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such exchange'),
    });
  });
});

describe('sessions search', () => {
  it('finds what was asked, and says so by its exit code', async () => {
    const { folder } = await recorded();
    const { code, out } = await run('search', 'people', '-d', folder, '--denied');
    expect(code).toBe(0);
    expect(out).toContain('DROP TABLE people');
    expect(out).not.toContain('SELECT');
    const json = await run('search', 'FROM peop', '-d', folder, '--principal', 'claims-bot', '--json');
    expect(JSON.parse(json.out)).toMatchObject([{ session: 'ses_a', number: 1, rows: 3 }]);
    expect(await run('search', 'nowhere', '-d', folder)).toMatchObject({ code: 1 });
    expect(await run('search', 'people')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--data-dir'),
    });
  });
});

describe('sessions verify', () => {
  it('proves recordings against the audit, and finds one that was changed, replaced or taken away', async () => {
    const { folder, path } = await recorded();
    expect(await run('verify', '-d', folder)).toMatchObject({
      code: 0,
      out: expect.stringContaining('ok: 1 recordings'),
    });
    expect(await run('verify', 'ses_a', '-d', folder, '--json')).toMatchObject({ code: 0 });
    expect(await run('verify', 'ses_b', '-d', folder)).toMatchObject({ code: 1, out: '' });
    const bytes = readFileSync(path);
    const at = bytes.indexOf('people');
    writeFileSync(
      path,
      Buffer.concat([bytes.subarray(0, at), Buffer.from('public'), bytes.subarray(at + 6)]),
    );
    expect(await run('verify', '-d', folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining('ses_a: the bytes from'),
    });
    writeFileSync(path, bytes.subarray(0, -10));
    expect(await run('verify', '-d', folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining('there is no such seal'),
    });
    rmSync(path);
    expect(await run('verify', '-d', folder)).toMatchObject({
      code: 1,
      out: expect.stringContaining('its recording is gone'),
    });
  });
});
