/** The audit of a real gateway, streamed to a real rsyslog that is killed and started again: nothing is lost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { problemsOf } from '../../audit/ocsf/validate-ocsf.ts';
import { ALLOW_ALL, startTestGateway } from '../../support/gateway.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One rsyslogd that writes each message to a file before it reads the next. */
class Rsyslog implements AsyncDisposable {
  readonly #program: string;
  readonly #folder: string;
  readonly #port: number;
  readonly file: string;
  #child: ChildProcess | undefined;

  constructor(program: string, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.file = path.join(folder, 'received');
    writeFileSync(
      path.join(folder, 'rsyslog.conf'),
      `global(workDirectory="${folder}" maxMessageSize="1m")
main_queue(queue.type="direct")
module(load="imtcp")
template(name="whole" type="string" string="%app-name% %msgid% %syslogfacility-text% %msg%\\n")
input(type="imtcp" address="127.0.0.1" port="${port}" supportOctetCountedFraming="on")
action(type="omfile" file="${this.file}" template="whole" asyncWriting="off" ioBufferSize="4k" flushOnTXEnd="on")
`,
    );
  }

  async start(): Promise<void> {
    const config = path.join(this.#folder, 'rsyslog.conf');
    const pid = path.join(this.#folder, 'pid');
    this.#child = spawn(this.#program, ['-n', '-f', config, '-i', pid, '-C'], { stdio: 'ignore' });
    for (;;) {
      const isOpen = await new Promise<boolean>((resolve) => {
        const probe = connect(this.#port, '127.0.0.1');
        probe.once('connect', () => resolve(true));
        probe.once('error', () => resolve(false));
        probe.once('connect', () => probe.destroy());
      });
      if (isOpen) return;
      if (this.#child.exitCode !== null) throw new Error(`rsyslogd ended with ${this.#child.exitCode}`);
      await pause(50);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Events, by the number of their record. */
  received(): ReadonlyMap<number, Record<string, unknown>> {
    const text = existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
    const events = text.split('\n').flatMap((line) => {
      const json = /^sallyport \S+ \S+ (\{.*\})$/.exec(line)?.[1];
      return json === undefined ? [] : [JSON.parse(json) as Record<string, unknown>];
    });
    return new Map(events.map((event) => [(event['metadata'] as { sequence: number }).sequence, event]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

describe('the audit in rsyslog', { timeout: 120_000 }, () => {
  it('P10: is complete although rsyslog was killed in the middle, and nobody waited for it', async (context) => {
    const program = requireTool(context, tools.rsyslogd);
    using folder = createTemporaryFolder('rsyslog');
    const port = await freePort();
    await using rsyslog = new Rsyslog(program, folder.path, port);
    await rsyslog.start();
    await using gateway = await startTestGateway({
      policy: ALLOW_ALL,
      exports: [{ name: 'siem', to: 'syslog', host: '127.0.0.1', port }],
    });
    const client = new pg.Client({ connectionString: await gateway.url() });
    await client.connect();
    const work = async (round: number): Promise<void> => {
      for (let n = 0; n < 40; n += 1) await client.query(`SELECT ${round * 1000 + n} AS n`);
    };
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([work(round), pause(30).then(() => rsyslog.kill())]);
      await work(round + 10);
      await rsyslog.start();
    }
    await client.end();
    await gateway.recordsUntil((records) => records.some(({ type }) => type === 'session.closed'));
    let printed = '';
    const io = {
      stdout: { write: (text: string) => (printed += text) },
      stderr: { write: (text: string) => (printed += text) },
    };
    expect(await runCli(['audit', 'export', '--data-dir', gateway.dataDir], io)).toBe(0);
    const expected = printed
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { metadata: { sequence: number } }).metadata.sequence);
    expect(expected.length).toBeGreaterThan(480);
    const missing = (): readonly number[] => {
      const received = rsyslog.received();
      return expected.filter((seq) => !received.has(seq));
    };
    await expect.poll(missing, { timeout: 60_000, interval: 200 }).toEqual([]);
    const received = rsyslog.received();
    for (const event of received.values()) expect(problemsOf(event)).toEqual([]);
  });
});
