/** A client of SSH: what it runs, and all that came back for it. */
import { resultOf, type SshResult, type TestClient } from '../../support/ssh-clients.ts';
import type { TcpRelay } from '../../support/tcp-relay.ts';
import type { Connection, Held, Refusal, Reply } from '../driver.ts';
import { eventually } from '../obligations/expectations.ts';
import { rowsIn } from '../rows.ts';
import type { TargetFiles } from './targets.ts';

/** Exit statuses of the gateway's own. */
const OWN: readonly number[] = [126, 75, 255];
const OWN_LINE = /^(?:sallyport: |POLICY_DENIED |APPROVAL_PENDING ).*$/gm;

/** Features of SSH know that their connection is one of these. */
export class SshTestConnection implements Connection {
  readonly client: TestClient;
  readonly files: TargetFiles;
  readonly sessions: readonly string[];
  isClosed = false;
  readonly #relay: TcpRelay;
  /** Its connection to the machine, which is opened for the first command that is permitted. */
  #machine: number | undefined;
  #held: Promise<SshResult> | undefined;

  constructor(
    client: TestClient,
    place: { readonly files: TargetFiles; readonly session: string; readonly relay: TcpRelay },
  ) {
    this.client = client;
    this.files = place.files;
    this.sessions = [place.session];
    this.#relay = place.relay;
    void client.closed.then(() => {
      this.isClosed = true;
    });
  }

  /** Runs a command to its end. */
  async run(command: string, input?: string): Promise<Reply> {
    const { newest } = this.#relay;
    const result = await this.client.run(command, input);
    if (this.#relay.newest > newest) this.#machine ??= this.#relay.newest;
    return replyOf(result);
  }

  /** Begins a command, and leaves it. */
  async leave(command: string): Promise<Held> {
    const { newest } = this.#relay;
    const channel = await this.client.open(command);
    this.#held = resultOf(channel);
    await eventually('the machine is dialled', () => this.#relay.newest > newest);
    this.#machine = this.#relay.newest;
    return 'working';
  }

  /** Whether its connection to the machine is open. */
  get hasMachine(): boolean {
    return this.#relay.open.has(this.#machine ?? -1);
  }

  async isUsable(): Promise<boolean> {
    return !this.isClosed && (await this.client.run('true')).code === 0;
  }

  async sayNext(): Promise<readonly Refusal[]> {
    return (await this.run('true')).refusals;
  }

  async end(): Promise<readonly Refusal[]> {
    const held = await this.#held;
    const said = held === undefined ? [] : replyOf(held).refusals;
    // The connection outlives its token, and nothing else that ends a command so.
    if (!said.some(({ text }) => text?.includes('token'))) await this.client.closed;
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

function replyOf({ code, stdout, stderr }: SshResult): Reply {
  const status = code ?? -1;
  const lines = OWN.includes(status) ? [...stderr.matchAll(OWN_LINE)].map(([line]) => line) : [];
  return {
    refusals: lines.map((text) => ({ code: String(status), text })),
    received: Buffer.from(stdout + stderr),
    rows: rowsIn(stdout + stderr),
  };
}
