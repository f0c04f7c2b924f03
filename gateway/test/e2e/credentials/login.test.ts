/** `sallyport login`, against an identity provider with both grants; and a client of SSH that has nothing to begin with. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { newHostKeyText } from '../../../src/protocols/ssh/transport/keys.ts';
import { ssh2 } from '../../../src/protocols/ssh/transport/ssh2.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import { LOGIN_CLIENT } from '../../support/login-desk.ts';
import type { RawClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

let gateway: SshGateway;
let folder: TemporaryFolder;
let own: TemporaryFolder;

beforeAll(async () => {
  folder = createTemporaryFolder('login');
  const keyFile = path.join(folder.path, 'key');
  writeFileSync(keyFile, newHostKeyText(), { mode: 0o600 });
  const nobody = { host: '127.0.0.1', port: 1, user: 'x', keyFile, fingerprint: `SHA256:${'A'.repeat(43)}` };
  gateway = await startSshGateway({
    sshd: nobody,
    login: { clientId: LOGIN_CLIENT },
    api: { groups: { admins: ['admins'] } },
    listener: { handshakeTimeoutMs: 2_000 },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
beforeEach(() => {
  own = createTemporaryFolder('login-own');
  vi.stubEnv('SALLYPORT_CONFIG_DIR', path.join(own.path, 'config'));
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'SALLYPORT_TOKEN', 'SALLYPORT_API', 'SALLYPORT_CA']) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  own[Symbol.dispose]();
});

interface Ran {
  readonly code: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
}

function run(...argv: readonly string[]): Ran {
  let [out, err] = ['', ''];
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  return { code: runCli(argv, io), out: () => out, err: () => err };
}

const where = (): readonly string[] => ['--api', gateway.api, '--ca', gateway.caFile];

/** Somebody who sees the code, and agrees or refuses. */
async function answerCode(outcome: TokenClaims | 'refused', seen: () => string): Promise<string> {
  return vi.waitFor(
    () => {
      const code = gateway.issuer.logins.waiting.find((one) => seen().includes(one));
      if (code === undefined) throw new Error(`no code: ${seen()}`);
      gateway.issuer.logins.agree(code, outcome);
      return code;
    },
    { timeout: 20_000 },
  );
}

describe('sallyport login', () => {
  it('gets a token by a code that is typed elsewhere, keeps it 0600, and other commands use it', async () => {
    const login = run('login', ...where(), '--device');
    await answerCode({ sub: 'ada' }, login.err);
    expect(await login.code, login.err()).toBe(0);
    const file = path.join(own.path, 'config', 'login.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    const list = run('credential', 'list', '--json');
    expect(await list.code, list.err()).toBe(0);
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'api.access'));
    expect(JSON.stringify(records)).toContain('"subject":"ada"');
    const [kept] = /eyJ[\w.-]+/.exec(readFileSync(file, 'utf8')) ?? [];
    expect(kept).toBeDefined();
    expect(login.err() + login.out()).not.toContain(kept);
    const forget = run('login', ...where(), '--forget');
    expect(await forget.code).toBe(0);
    const after = run('credential', 'list', ...where());
    expect(await after.code).toBe(2);
    expect(after.err()).toContain('sallyport login');
  });

  it('gets a token by a browser on this machine, with PKCE, and takes no redirect of another login', async () => {
    gateway.issuer.logins.browser = { sub: 'bob' };
    const login = run('login', ...where(), '--browser', '--ssh', '--dir', path.join(own.path, 'ssh'));
    const url = await vi.waitFor(
      () => /^ {2}(http\S+)$/m.exec(login.err())?.[1] ?? Promise.reject(new Error('none')),
    );
    const redirect = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
    const visit = (to: string): Promise<{ status: number; location: string }> =>
      new Promise((resolve, reject) => {
        get(to, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '' });
        }).on('error', reject);
      });
    expect((await visit(`${redirect.href}?state=guessed&code=stolen`)).status).toBe(404);
    const { location } = await visit(url);
    expect((await visit(location)).status).toBe(200);
    expect(await login.code, login.err()).toBe(0);
    expect(login.out()).toContain('deploy+box@sallyport');
  });

  it('keeps nothing where the login is refused, and sends the token to no other API', async () => {
    const refused = run('login', ...where(), '--device');
    await answerCode('refused', refused.err);
    expect(await refused.code).toBe(2);
    expect(refused.err()).toContain('access_denied');
    const login = run('login', ...where(), '--device');
    await answerCode({}, login.err);
    expect(await login.code).toBe(0);
    const elsewhere = run('credential', 'list', '--api', 'https://127.0.0.1:1', '--ca', gateway.caFile);
    expect(await elsewhere.code).toBe(2);
    expect(elsewhere.err()).toContain('sallyport login');
  });
});

/** Connects by keyboard-interactive; what is asked goes to the function, which answers. */
async function interactive(answer: (asked: string) => Promise<string>): Promise<RawClient> {
  const raw = new ssh2.Client() as unknown as RawClient;
  const ready = new Promise<void>((resolve, reject) => {
    raw.once('ready', resolve);
    raw.once('error', reject);
    raw.once('close', () => reject(new Error('closed')));
  });
  raw.on(
    'keyboard-interactive',
    (
      _title: string,
      instructions: string,
      _language: string,
      prompts: readonly { prompt: string }[],
      done: (answers: readonly string[]) => void,
    ) => {
      if (prompts.length === 0) done([]);
      else
        void answer(`${instructions}\n${prompts[0]?.prompt}`).then(
          (text) => done([text]),
          () => raw.destroy(),
        );
    },
  );
  const { host, port } = gateway;
  raw.connect({ host, port, username: 'deploy+box', tryKeyboard: true, readyTimeout: 60_000 });
  await ready;
  return raw;
}

describe('the prompt of ssh', () => {
  it('P11: who has no token logs in elsewhere, and is whoever that very login proves', async () => {
    let asked = 0;
    const client = await interactive(async (text) => {
      asked += 1;
      if (asked === 1) {
        expect(text).toContain('nothing: log in in a browser');
        return '';
      }
      // Longer than a handshake may take otherwise.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await answerCode({ sub: 'carol' }, () => text);
      return '';
    });
    client.end();
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, principal }) =>
          type === 'session.opened' && (principal as { subject: string }).subject === 'carol',
      ),
    );
    expect(records.length).toBeGreaterThan(0);
  });

  it('P10: one address keeps only so many logins waiting', async () => {
    const over = Promise.withResolvers<string>();
    over.promise.catch(() => undefined);
    const clients = Array.from({ length: 8 }, () => {
      let asked = 0;
      const answer = (): Promise<string> => {
        asked += 1;
        return asked === 1 ? Promise.resolve('') : over.promise;
      };
      return interactive(answer).catch(() => undefined);
    });
    await gateway.recordsUntil((all) =>
      all.some(({ code, message }) => code === 'ERR_IDENTITY_LOGIN' && String(message).includes('too many')),
    );
    over.reject(new Error('gone'));
    await Promise.all(clients);
  });

  it('P11: a refused login, or one with a token for somebody else, lets nobody in', async () => {
    for (const outcome of ['refused', { audience: 'somebody-else' }, { expiresIn: -60 }] as const) {
      let asked = 0;
      const client = interactive(async (text) => {
        asked += 1;
        if (asked % 2 === 1) return '';
        await answerCode(outcome, () => text);
        return '';
      });
      await expect(client).rejects.toThrow(/authentication methods failed|closed/);
    }
    await gateway.recordsUntil((all) => all.some(({ code }) => code === 'ERR_IDENTITY_LOGIN'));
  });
});
