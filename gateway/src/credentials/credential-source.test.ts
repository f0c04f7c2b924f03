import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { credentialSchema } from './config.ts';
import { createCredentialSource } from './credential-source.ts';
import { CredentialError } from './errors.ts';

const CANARY = 'canary-5e1f';
const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
afterAll(() => rmSync(folder, { recursive: true }));
const idle = new AbortController().signal;

function fileWith(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

async function failureOf(run: Promise<unknown>): Promise<CredentialError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CredentialError)) throw new Error('expected a CredentialError', { cause: error });
  expect(inspect(error, { depth: 9 })).not.toContain(CANARY);
  expect(error.publicMessage).not.toContain(folder);
  return error;
}

/** A source that runs JavaScript in a new Node process. */
function scripted(
  script: string,
  more: object = {},
  options: Parameters<typeof createCredentialSource>[1] = {},
) {
  return createCredentialSource(
    credentialSchema.parse({ command: [process.execPath, '-e', script], ...more }),
    options,
  );
}

describe('environment', () => {
  test('the variable is looked up at each read', async () => {
    const env: Record<string, string> = { PGPW: 'one' };
    const source = createCredentialSource({ env: 'PGPW' }, { env });
    expect((await source.read(idle)).reveal()).toBe('one');
    env['PGPW'] = 'two\n';
    expect((await source.read(idle)).reveal()).toBe('two');
  });

  test('a missing or empty variable is an error that names it', async () => {
    const unset = await failureOf(createCredentialSource({ env: 'NOPE' }, { env: {} }).read(idle));
    expect([unset.code, unset.message]).toEqual([
      'ERR_CREDENTIALS_UNSET',
      'environment variable NOPE is not set; set it before the gateway starts',
    ]);
    const empty = await failureOf(createCredentialSource({ env: 'NOPE' }, { env: { NOPE: '' } }).read(idle));
    expect(empty.code).toBe('ERR_CREDENTIALS_INVALID');
  });
});

describe('file', () => {
  test('one trailing newline is cut, other white space is kept, a rotated file takes effect', async () => {
    const path = fileWith('rotated', ' one \n\n');
    const source = createCredentialSource({ file: path });
    expect((await source.read(idle)).reveal()).toBe(' one \n');
    writeFileSync(path, 'two\r\n');
    expect((await source.read(idle)).reveal()).toBe('two');
  });

  test('a file that every user can read or change causes one warning, and works', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    for (const [name, mode] of [
      ['readable', 0o604],
      ['writable', 0o602],
      ['group', 0o640],
    ] as const) {
      const source = createCredentialSource({ file: fileWith(name, CANARY, mode) }, { onWarning });
      expect((await source.read(idle)).reveal()).toBe(CANARY);
      await source.read(idle);
    }
    expect(warnings.map((warning) => /readable|writable|group/.exec(warning)?.[0])).toEqual([
      'readable',
      'writable',
    ]);
    expect(warnings.join()).not.toContain(CANARY);
  });

  test('a symbolic link is followed, as Kubernetes mounts secrets', async () => {
    const link = join(folder, 'link');
    symlinkSync(fileWith('linked', 'x'), link);
    expect((await createCredentialSource({ file: link }).read(idle)).reveal()).toBe('x');
  });

  test.each([
    ['missing', () => join(folder, 'missing'), 'ERR_CREDENTIALS_UNREADABLE'],
    ['a folder', () => folder, 'ERR_CREDENTIALS_UNREADABLE'],
    ['a device', () => '/dev/zero', 'ERR_CREDENTIALS_UNREADABLE'],
    ['empty', () => fileWith('empty', '\n'), 'ERR_CREDENTIALS_INVALID'],
    ['too long', () => fileWith('long', 'x'.repeat(32_769)), 'ERR_CREDENTIALS_INVALID'],
    ['with NUL', () => fileWith('nul', `${CANARY}\0`), 'ERR_CREDENTIALS_INVALID'],
    [
      'not UTF-8',
      () => fileWith('latin', Buffer.from([...Buffer.from(CANARY), 0xff])),
      'ERR_CREDENTIALS_INVALID',
    ],
  ])('P6: a file that is %s is refused without telling its content', async (_, path, code) => {
    expect((await failureOf(createCredentialSource({ file: path() }).read(idle))).code).toBe(code);
  });

  test('P10: a FIFO nobody writes to does not hang the read', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const error = await failureOf(createCredentialSource({ file: fifo }).read(idle));
    expect(error.message).toContain('not a regular file');
  });
});

describe('command', () => {
  test('its standard output is the secret, without one trailing newline', async () => {
    expect((await scripted(`console.log('from command')`).read(idle)).reveal()).toBe('from command');
  });

  test('arguments reach the program untouched by any shell', async () => {
    const argument = `$(id) ; echo "x" | cat > '${folder}/owned' \`id\` && *`;
    const source = createCredentialSource(
      credentialSchema.parse({
        command: [process.execPath, '-e', 'console.log(process.argv[1])', argument],
      }),
    );
    expect((await source.read(idle)).reveal()).toBe(argument);
  });

  test('it sees PATH and the variables it was granted, and nothing else of the gateway', async () => {
    const env = { PATH: '/bin', GRANTED: 'g', AGENT_TOKEN: CANARY };
    const script = `console.log(JSON.stringify(Object.entries(process.env)))`;
    const secret = await scripted(script, { passEnv: ['GRANTED', 'UNSET'] }, { env }).read(idle);
    expect(JSON.parse(secret.reveal())).toEqual([
      ['PATH', '/bin'],
      ['GRANTED', 'g'],
    ]);
  });

  test('its standard input is at its end', async () => {
    const script = `process.stdin.on('data', () => {}).on('end', () => console.log('ended'))`;
    expect((await scripted(script).read(idle)).reveal()).toBe('ended');
  });

  test.each([
    [
      'fails',
      `console.log('${CANARY}'); console.error('${CANARY}'); process.exit(3)`,
      {},
      'ERR_CREDENTIALS_COMMAND',
    ],
    [
      'is killed',
      `process.stdout.write('${CANARY}', () => process.kill(process.pid))`,
      {},
      'ERR_CREDENTIALS_COMMAND',
    ],
    [
      'hangs',
      `console.log('${CANARY}'); setInterval(() => {}, 1000)`,
      { timeoutMs: 300 },
      'ERR_CREDENTIALS_TIMEOUT',
    ],
    ['floods', `for (;;) require('fs').writeSync(1, '${CANARY}')`, {}, 'ERR_CREDENTIALS_COMMAND'],
    ['floods its errors', `for (;;) require('fs').writeSync(2, '${CANARY}')`, {}, 'ERR_CREDENTIALS_COMMAND'],
    ['says nothing', '', {}, 'ERR_CREDENTIALS_INVALID'],
  ])(
    'P6, P10: a program that %s is an error that holds neither output nor arguments',
    async (_, script, more, code) => {
      expect((await failureOf(scripted(script, more).read(idle))).code).toBe(code);
    },
  );

  test('P6: a program that does not exist is an error without its arguments', async () => {
    const config = credentialSchema.parse({ command: [join(folder, 'none'), '--key', CANARY] });
    const error = await failureOf(createCredentialSource(config).read(idle));
    expect(error.message).toContain('cannot be started: ENOENT');
  });

  test('an answer is used again for its time to live, not longer, and not after it was refused', async () => {
    let nowMs = 1_000;
    const script = 'console.log(process.hrtime.bigint())';
    const source = scripted(script, { ttlMs: 50 }, { clock: { nowMs: () => nowMs } });
    const first = (await source.read(idle)).reveal();
    nowMs += 49;
    expect((await source.read(idle)).reveal()).toBe(first);
    nowMs += 1;
    const second = (await source.read(idle)).reveal();
    expect(second).not.toBe(first);
    source.invalidate();
    const third = (await source.read(idle)).reveal();
    expect(third).not.toBe(second);
    nowMs = 0;
    expect((await source.read(idle)).reveal()).not.toBe(third);
  });

  test('P10: callers that come while it runs share one run', async () => {
    const source = scripted('console.log(process.pid)');
    const answers = await Promise.all(Array.from({ length: 20 }, () => source.read(idle)));
    expect(new Set(answers.map((answer) => answer.reveal())).size).toBe(1);
  });

  test('a caller that gives up leaves the others their answer', async () => {
    const source = scripted(`console.log('x')`);
    const patient = source.read(idle);
    const error = await failureOf(source.read(AbortSignal.abort()));
    expect(error.code).toBe('ERR_CREDENTIALS_ABORTED');
    expect((await patient).reveal()).toBe('x');
  });
});

test('an account without secret says so', async () => {
  const source = createCredentialSource({ none: true });
  expect([source.kind, (await failureOf(source.read(idle))).code]).toEqual(['none', 'ERR_CREDENTIALS_NONE']);
});

describe('schema', () => {
  test.each([
    [{}],
    [{ env: 'A', file: 'b' }],
    [{ env: 'A B' }],
    [{ none: false }],
    [{ command: [] }],
    [{ command: ['cat', '/x'] }],
    [{ command: ['/bin/cat', 'a\0b'] }],
    [{ command: ['/bin/cat'], shell: true }],
    [{ command: ['/bin/cat'], timeoutMs: 3_600_000 }],
    ['plain text password'],
  ])('refuses %j', (config) => {
    expect(credentialSchema.safeParse(config).success).toBe(false);
  });
});
