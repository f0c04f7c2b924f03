import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { ApiError } from '../../api/errors.ts';
import { problemResponse } from '../../api/problem-response.ts';
import { API_ALPN_PROTOCOLS, type ApiServer, createApiServer } from '../../api/server.ts';
import { certificateFromLocalCa } from '../../listener/local-ca.ts';
import { openServerTls } from '../../listener/server-tls.ts';
import { runCli } from '../cli.ts';

const CLOCK = { nowMs: (): number => Date.now() };
let folder: string;
let api: string;
let ca: string;
let server: ApiServer;
let asked: { readonly url: string; readonly method: string; readonly token: string; readonly body: string }[];
let answer: () => Response;

beforeEach(async () => {
  folder = temporaryFolder();
  asked = [];
  answer = () => Response.json({ session: 'ses_1', killed: true });
  const source = certificateFromLocalCa({ directory: folder, names: [], clock: CLOCK });
  const tls = await openServerTls({ source, clock: CLOCK, alpnProtocols: API_ALPN_PROTOCOLS });
  ca = (await source.load()).caFile ?? '';
  server = createApiServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    clock: CLOCK,
    maxHeaderBytes: 16_384,
    fetch: async (request) => {
      const { url, method, headers } = request;
      asked.push({ url, method, token: headers.get('authorization') ?? '', body: await request.text() });
      return answer();
    },
  });
  api = `https://127.0.0.1:${(await server.bind()).port}`;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

async function kill(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await runCli(['sessions', 'kill', ...argv], {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

describe('sallyport sessions kill', () => {
  it('asks the API by its options', async () => {
    const options = ['--api', api, '--token', 'a.b.c', '--ca', ca];
    expect(await kill('ses_1', ...options, '--reason', 'runaway')).toEqual({
      code: 0,
      out: 'killed ses_1\n',
      err: '',
    });
    expect(asked).toEqual([
      {
        url: `${api}/v1/sessions/ses_1/kill`,
        method: 'POST',
        token: 'Bearer a.b.c',
        body: '{"reason":"runaway"}',
      },
    ]);
    expect((await kill('ses_1', ...options, '--json')).out).toBe('{"session":"ses_1","killed":true}\n');
  });

  it('takes what is not said from the environment', async () => {
    vi.stubEnv('SALLYPORT_API', `${api}/`);
    vi.stubEnv('SALLYPORT_TOKEN', 'a.b.c\n');
    vi.stubEnv('SALLYPORT_CA', ca);
    expect(await kill('ses_1')).toMatchObject({ code: 0 });
    expect(asked).toMatchObject([{ token: 'Bearer a.b.c', body: '{}' }]);
  });

  it('exits 1 when the session does not run there', async () => {
    answer = () =>
      problemResponse(new ApiError('ERR_API_UNKNOWN_SESSION', 'no session of this id runs on this gateway'));
    expect(await kill('ses_9', '--api', api, '--token', 't', '--ca', ca)).toEqual({
      code: 1,
      out: '',
      err: 'no session of this id runs on this gateway: ses_9\n',
    });
  });

  it('exits 2 with the reason when it is refused', async () => {
    answer = () =>
      problemResponse(new ApiError('ERR_API_FORBIDDEN', 'this needs a group that is admin of the API'));
    expect(await kill('ses_1', '--api', api, '--token', 't', '--ca', ca)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/refused: this needs a group .*ERR_API_FORBIDDEN/),
    });
  });

  it('P6: gives the token to nobody whose certificate is not trusted, and follows nobody elsewhere', async () => {
    expect(await kill('ses_1', '--api', api, '--token', 'secret')).toMatchObject({
      code: 2,
      err: expect.stringContaining('gave no usable answer'),
    });
    expect(asked).toEqual([]);
    answer = () => new Response(null, { status: 307, headers: { location: `${api}/elsewhere` } });
    expect(await kill('ses_1', '--api', api, '--token', 'secret', '--ca', ca)).toMatchObject({
      code: 2,
      err: expect.not.stringContaining('secret'),
    });
    expect(asked).toHaveLength(1);
  });

  it('says what to do about a CA that is not named, an address that is none, and a file without certificate', async () => {
    const token = ['--token', 'a.b.c'];
    const says = async (...argv: readonly string[]): Promise<string> => (await kill('ses_1', ...argv)).err;
    expect(await says('--api', api, ...token)).toContain('name the file of its CA in `SALLYPORT_CA`');
    vi.stubEnv('SALLYPORT_CA', '');
    expect(await says('--api', api, ...token)).toContain('name the file of its CA in `SALLYPORT_CA`');
    expect(await says('--api', 'http://127.0.0.1:1', ...token)).toContain('what was given is none');
    const withoutCertificate = ['--ca', import.meta.filename];
    expect(await says('--api', api, ...token, ...withoutCertificate)).toContain('has no certificate in PEM');
    expect(asked).toEqual([]);
  });

  it('P10: makes nothing of an answer that is too large, or is no JSON', async () => {
    answer = () => new Response('x'.repeat(5_000_000));
    expect(await kill('ses_1', '--api', api, '--token', 't', '--ca', ca)).toMatchObject({
      code: 2,
      err: expect.stringContaining('too large'),
    });
    answer = () => new Response('<html>', { status: 502 });
    expect(await kill('ses_1', '--api', api, '--token', 't', '--ca', ca)).toMatchObject({
      code: 2,
      err: expect.stringContaining('answered 502'),
    });
  });

  it('does not let an answer drive the terminal', async () => {
    answer = () => problemResponse(new ApiError('ERR_API_FORBIDDEN', 'a\u001b]0;owned\u0007b'));
    const { err } = await kill('ses_1', '--api', api, '--token', 't', '--ca', ca);
    expect(err).not.toContain('\u001b');
  });

  it.each([
    ['no URL', []],
    ['a URL without TLS', ['--api', 'http://127.0.0.1:1']],
    ['a URL with a password', ['--api', 'https://a:b@127.0.0.1:1']],
    ['no token', ['--api', 'https://127.0.0.1:1']],
    ['a token of two lines', ['--api', 'https://127.0.0.1:1', '--token', 'a\r\nX: b']],
    ['a CA that is not there', ['--api', 'https://127.0.0.1:1', '--token', 't', '--ca', '/nowhere/ca.crt']],
  ])('exits 2 on %s', async (_, options) => {
    vi.stubEnv('SALLYPORT_API', undefined);
    vi.stubEnv('SALLYPORT_TOKEN', undefined);
    vi.stubEnv('SALLYPORT_CA', undefined);
    expect(await kill('ses_1', ...options)).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_CLI_USAGE'),
    });
    expect(asked).toEqual([]);
  });
});
