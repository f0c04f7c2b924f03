/** A client of RDP that opens a desktop for each ask, and all that came back for it. */
import { readDomainMessage } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import { readErrorInfo } from '../../../src/protocols/rdp/wire/share/error-info.ts';
import {
  DATA,
  readShareData,
  readSharePdus,
  SHARE,
} from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { RawRdpClient } from '../../support/rdp-peers.ts';
import { type Connection, type Held, type Refusal, type Reply, ROWS, type Target } from '../driver.ts';
import { rowsIn } from '../rows.ts';
import type { TargetMachine } from './machines.ts';

/** What is typed at the login. */
export interface DesktopLogin {
  readonly user: string;
  readonly password: string;
}

/** Where a client connects, and by what. */
export interface DesktopPlace {
  readonly host: string;
  readonly port: number;
  readonly machines: ReadonlyMap<Target, TargetMachine>;
  /** Of a target, by the client's token. */
  readonly loginBy: Readonly<Record<LoginForm, (target: Target) => Promise<DesktopLogin>>>;
  /** The id of the session that was opened since the last call. */
  readonly sessionOf: () => Promise<string>;
}

/** What stands in the password: the token itself, or a session credential that was minted by it. */
export type LoginForm = 'token' | 'credential';

/** Where a desktop is left. */
type Shown = 'all' | 'the end';

/** Features of RDP know that their connection is one of these. */
export class RdpTestConnection implements Connection {
  readonly #sessions: string[] = [];
  readonly #place: DesktopPlace;
  #held: RawRdpClient | undefined;
  /** Its number at the relay of the machine. */
  #machine = 0;
  isClosed = false;

  constructor(place: DesktopPlace) {
    this.#place = place;
  }

  get sessions(): readonly string[] {
    return this.#sessions;
  }

  /** Opens the desktop of a target, looks until all is shown or it ends, and leaves it. */
  async look(target: Target, form: LoginForm): Promise<Reply> {
    await using client = await this.#open(target, form);
    const { reply } = await read(client);
    this.#sessions.push(await this.#place.sessionOf());
    return reply;
  }

  /** Opens a desktop, and stays at it. */
  async stay(form: LoginForm): Promise<Held> {
    this.#held = await this.#open('open', form);
    const { shown, reply } = await read(this.#held);
    this.#machine = this.#place.machines.get('open')?.relay.newest ?? 0;
    if (shown !== 'all') throw new Error(`it ended: ${JSON.stringify(reply.refusals)}`);
    this.#sessions.push(await this.#place.sessionOf());
    return 'working';
  }

  /** Whether the gateway has a connection to the machine of the desktop that it stays at. */
  get hasMachine(): boolean {
    return this.#place.machines.get('open')?.relay.open.has(this.#machine) ?? false;
  }

  async isUsable(): Promise<boolean> {
    return (await this.look('open', 'token')).rows === ROWS;
  }

  async sayNext(): Promise<readonly Refusal[]> {
    return (await this.look('open', 'token')).refusals;
  }

  async end(): Promise<readonly Refusal[]> {
    if (this.#held === undefined) return [];
    const { reply, shown } = await read(this.#held);
    this.isClosed = shown === 'the end';
    return reply.refusals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held?.[Symbol.asyncDispose]();
  }

  async #open(target: Target, form: LoginForm): Promise<RawRdpClient> {
    const { user, password } = await this.#place.loginBy[form](target);
    const client = await RawRdpClient.connect(this.#place);
    await client.logIn(user, password);
    return client;
  }
}

/** Reads on to the bell, which machines sound when all is shown, or to the end of the connection. */
async function read(client: RawRdpClient): Promise<{ readonly reply: Reply; readonly shown: Shown }> {
  const pieces: Buffer[] = [];
  const refusals: Refusal[] = [];
  let shown: Shown = 'the end';
  for (let frame = await client.packets.next(); frame !== undefined; frame = await client.packets.next()) {
    pieces.push(frame.bytes);
    if (frame.kind !== 'tpkt') continue;
    const message = readDomainMessage(frame.bytes, 'upstream');
    // The licence that clients are told to do without is no share.
    if (message.kind !== 'data' || message.data[0] === 0x80) continue;
    for (const { type, body } of readSharePdus(message.data, 'upstream')) {
      if (type === SHARE.DEMAND_ACTIVE) client.agree();
      if (type !== SHARE.DATA) continue;
      const data = readShareData(body, 'upstream');
      if (data.type === DATA.PLAY_SOUND) shown = 'all';
      // There is no room for a text beside the code.
      if (data.type === DATA.ERROR_INFO)
        refusals.push({ code: String(readErrorInfo(data.body)), text: undefined });
    }
    if (shown === 'all') break;
  }
  const received = Buffer.concat(pieces);
  return { reply: { refusals, received, rows: rowsIn(received.toString('latin1')) }, shown };
}
