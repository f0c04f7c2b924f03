/** The agent's tool for a machine: the package ssh2, a host, a user name and a password. Of the gateway it knows nothing else. */
import { readFileSync } from 'node:fs';
import { type Client, ssh2 } from '../ssh2.ts';
import { type Reply, readDenial, readPending } from './reply.ts';

/** Where the machine is, for the agent. */
export interface SshToolOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** File in the format of known_hosts; without it the host is whoever answers. */
  readonly knownHosts?: string | undefined;
}

/** A tool that keeps one connection. */
export class SshTool {
  readonly #options: SshToolOptions;
  #connecting: Promise<Client> | undefined;

  constructor(options: SshToolOptions) {
    this.#options = options;
  }

  /** Runs a command and tells what came of it; never throws. */
  async run(command: string): Promise<Reply> {
    try {
      this.#connecting ??= this.#connect();
      return await runOn(await this.#connecting, command);
    } catch (error) {
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  async close(): Promise<void> {
    const client = await this.#connecting?.catch(() => undefined);
    client?.end();
  }

  #connect(): Promise<Client> {
    const { host, port, user: username, password, knownHosts } = this.#options;
    const client = new ssh2.Client();
    const known = knownHosts === undefined ? undefined : readFileSync(knownHosts, 'utf8');
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve(client));
      client.on('error', reject);
      client.connect({
        host,
        port,
        username,
        password,
        hostVerifier: (key: Buffer) => known === undefined || known.includes(` ${key.toString('base64')}`),
      });
    });
  }
}

function runOn(client: Client, command: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let code = 255;
      let stdout = '';
      let stderr = '';
      channel.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      channel.once('exit', (status: number | null) => (code = status ?? 255));
      channel.once('close', () => resolve(readResult({ code, stdout, stderr })));
      channel.end();
    });
  });
}

/** Reads how a command ended: 126 refuses and 75 waits for people, where the gateway says so on stderr. */
export function readResult({
  code,
  stdout,
  stderr,
}: {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}): Reply {
  const line = stderr.trim();
  const own = code === 126 ? readDenial(line) : code === 75 ? readPending(line) : undefined;
  if (own !== undefined) return own;
  if (code !== 0) return { kind: 'failed', message: `exit status ${code}: ${line || stdout.trim()}` };
  return { kind: 'permitted', tool: 'ssh', stdout };
}
