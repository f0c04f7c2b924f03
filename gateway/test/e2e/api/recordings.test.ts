/** Recordings through the API of a real gateway, by the commands that people use. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import type { SessionRecording } from '../../../src/model/recording.ts';
import { encodeCommandComplete } from '../../../src/protocols/postgres/wire/backend/command-complete.ts';
import { encodeDataRow } from '../../../src/protocols/postgres/wire/backend/data-row.ts';
import { createRecorder, type TestRecorder } from '../../recording/recording-fixture.ts';
import { request, session } from '../../recording/session-data.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const ROWS = Buffer.concat([
  encodeDataRow(['Ann']),
  encodeDataRow(['=1+1']),
  encodeCommandComplete('SELECT 2'),
]);

let gateway: TestGateway;
let recorded: TestRecorder;
let options: readonly string[];
let stranger: string;

beforeAll(async () => {
  gateway = await startTestGateway({ api: { groups: { auditors: ['auditors'] } } });
  const token = await gateway.issuer.token({ sub: 'rita', groups: ['auditors'] });
  stranger = await gateway.issuer.token({ sub: 'agent', groups: ['agents'] });
  options = ['--api', gateway.api ?? '', '--ca', gateway.caFile, '--token', token];
  recorded = createRecorder({ clock: { nowMs: () => Date.now() } }, gateway.dataDir);
});

afterAll(async () => {
  await recorded.recorder.close();
  await gateway[Symbol.asyncDispose]();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(onText: (text: string) => void, ...argv: string[]): Promise<Ran> {
  const texts = { out: '', err: '' };
  const code = await runCli(['sessions', ...argv], {
    stdout: {
      write: (text) => {
        texts.out += text;
        onText(texts.out);
      },
    },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

const quiet = (): void => undefined;

function record(id: string): SessionRecording {
  const recording = recorded.recorder.open(session(id));
  const exchange = recording.begin(request(id, 1, { request: { text: `SELECT secret_of_${id}` } }));
  recording.data(exchange, ROWS, 0, ROWS.length);
  recording.end(exchange, { status: 'ok', result: { rows: 2 }, durationMs: 3 });
  recording.flush();
  return recording;
}

describe('recordings over HTTPS', () => {
  it('are replayed, and exported, by a reader', async () => {
    await record('ses_whole').close('client left');
    const replayed = await run(quiet, 'replay', 'ses_whole', '--no-wait', ...options);
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.out).toContain('SELECT secret_of_ses_whole');
    expect(replayed.out).toContain('    Ann\n');
    const csv = await run(quiet, 'export', 'ses_whole', '--format', 'csv', '--exchange', '1', ...options);
    expect(csv).toMatchObject({ code: 0, out: "Ann\r\n'=1+1\r\n" });
  });

  it('are followed to their end while they are live', async () => {
    const live = record('ses_live');
    let step = 0;
    const followed = run(
      (out) => {
        if (step === 0 && out.includes('#1 ')) {
          step = 1;
          live.begin(request('ses_live', 2, { request: { text: 'the second' } }));
          live.flush();
        }
        if (step === 1 && out.includes('the second')) {
          step = 2;
          void live.close('client left');
        }
      },
      ...['replay', 'ses_live', '--follow', ...options],
    );
    expect((await followed).out).toContain('closed: client left');
    expect((await followed).code).toBe(0);
  });

  it('are found by what was asked in them', async () => {
    await record('ses_found').close('client left');
    // The gateway that serves the index did not write this recording: its thread finds it at the next start only.
    const local = await run(quiet, 'search', 'secret_of_ses_found', '--data-dir', gateway.dataDir);
    expect(local).toMatchObject({ code: 0, out: expect.stringContaining('ses_found') });
    const found = await run(quiet, 'search', 'secret_of_ses_found', ...options);
    expect(found).toMatchObject({ code: 0, out: expect.stringContaining('ses_found') });
    expect(await run(quiet, 'search', 'secret_of_nobody', ...options)).toMatchObject({ code: 1 });
  });

  it('P6: are shown to nobody else, and each look is on record', async () => {
    await record('ses_hidden').close('client left');
    const asked = [...options.slice(0, -1), stranger];
    for (const argv of [
      ['replay', 'ses_hidden', '--no-wait'],
      ['export', 'ses_hidden'],
      ['search', 'secret'],
    ]) {
      const { code, out, err } = await run(quiet, ...argv, ...asked);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('ERR_API_FORBIDDEN');
    }
    expect(await run(quiet, 'replay', 'ses_nowhere', ...options)).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_API_UNKNOWN_SESSION'),
    });
    const looks = gateway.records().filter(({ route }) => String(route).includes('recording'));
    expect(looks.some(({ outcome }) => outcome === 'permit')).toBe(true);
    expect(looks.some(({ outcome }) => outcome === 'deny')).toBe(true);
  });

  it('end with a word when there is no API', async () => {
    const nobody = ['--api', 'https://localhost:1', ...options.slice(2)];
    expect(await run(quiet, 'replay', 'ses_whole', ...nobody)).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_CLI_API'),
    });
  });
});
