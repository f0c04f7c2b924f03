/** Dynamic channels between a client and a machine that both do what the tests want: what is judged, closed, refused, and hostile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PacketStream } from '../../../src/protocols/rdp/packet-stream.ts';
import { ChunkJoiner, readChunk, writeChunks } from '../../../src/protocols/rdp/wire/channel/chunk.ts';
import {
  type DynamicMessage,
  readDynamicMessage,
  writeDynamicMessage,
} from '../../../src/protocols/rdp/wire/channel/dynamic.ts';
import { readDomainMessage, writeData } from '../../../src/protocols/rdp/wire/mcs/domain.ts';
import { WHOLE_DESKTOP } from '../../support/rdp-gateway.ts';
import { RawRdpClient, type RawRdpTarget, startRawTarget } from '../../support/rdp-peers.ts';
import { lastDesktop, outcomeOf, startRawDesk } from '../../support/rdp-raw-desk.ts';
import type { StartedGateway } from '../../support/running-gateway.ts';

const CHANNEL = 1004;
const REFUSED = -1_073_741_823;
const GRAPHICS = 'Microsoft::Windows::RDS::Graphics';
const rule = (channels: string, more = ''): string =>
  `  - { id: dynamic, effect: allow, on: rdp, match: { groups: [agents], operations: [CHANNEL, DYNAMIC_CHANNEL], channels: [${channels}] }${more} }\n`;
const ECHO_ALLOWED = WHOLE_DESKTOP + rule('drdynvc, ECHO');

let target: RawRdpTarget;
let gateway: StartedGateway;

beforeAll(async () => {
  target = await startRawTarget();
  gateway = await startRawDesk(target);
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});

/** One end of the static channel. */
class End {
  readonly #packets: PacketStream;
  readonly #from: 'downstream' | 'upstream';
  readonly #joiner: ChunkJoiner;
  readonly raw: (chunk: Buffer) => void;

  constructor(packets: PacketStream, from: 'downstream' | 'upstream', raw: (chunk: Buffer) => void) {
    this.#packets = packets;
    this.#from = from;
    this.#joiner = new ChunkJoiner(1 << 20, from);
    this.raw = raw;
  }

  send(message: DynamicMessage): void {
    for (const chunk of writeChunks(writeDynamicMessage(message), 0)) this.raw(chunk);
  }

  create(channel: number, name: string): void {
    this.send({ kind: 'create', channel, priority: 0, name });
  }

  data(channel: number, text: string): void {
    this.send({ kind: 'data', channel, data: Buffer.from(text) });
  }

  /** The next message; rejects at the end of the connection. */
  async next(): Promise<DynamicMessage> {
    for (;;) {
      const frame = await this.#packets.next();
      if (frame === undefined) throw new Error('the connection has ended');
      if (frame.kind !== 'tpkt') continue;
      const message = readDomainMessage(frame.bytes, this.#from);
      if (message.kind !== 'data' || message.channel !== CHANNEL) continue;
      const whole = this.#joiner.push(readChunk(message.data, this.#from));
      if (whole !== undefined) return readDynamicMessage(whole, this.#from);
    }
  }
}

interface Ends extends AsyncDisposable {
  readonly client: RawRdpClient;
  readonly mine: End;
  readonly theirs: End;
}

async function ends(policy: string, at: StartedGateway = gateway): Promise<Ends> {
  await at.setPolicy(policy);
  const { promise, resolve } = Promise.withResolvers<End>();
  target.play = ({ packets }) => {
    const send = (data: Buffer): void =>
      packets.write(writeData('downstream', { initiator: 1002, channel: CHANNEL, data: [data] }));
    resolve(new End(packets, 'downstream', send));
  };
  const client = await RawRdpClient.connect(at, { channels: ['drdynvc'] });
  await client.logIn('svc+desk', await at.issuer.token());
  await client.confirm();
  const theirs = await promise;
  const mine = new End(client.packets, 'upstream', (data) => client.send(CHANNEL, data));
  return { client, mine, theirs, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** Opens a channel on both sides. */
async function opened({ mine, theirs }: Ends, channel: number, name: string): Promise<void> {
  theirs.create(channel, name);
  expect(await mine.next()).toEqual({ kind: 'create', channel, priority: 0, name });
  mine.send({ kind: 'created', channel, status: 0 });
  expect(await theirs.next()).toEqual({ kind: 'created', channel, status: 0 });
}

describe('what is opened', () => {
  it('P3: is what a rule names; the machine is told of the rest that there is none, and the client never hears of it', async () => {
    {
      await using both = await ends(ECHO_ALLOWED);
      const { mine, theirs } = both;
      const charges = Buffer.alloc(8, 3);
      theirs.send({ kind: 'capabilities', version: 3, charges });
      expect(await mine.next()).toEqual({ kind: 'capabilities', version: 2, charges });
      mine.send({ kind: 'capabilities', version: 3, charges: undefined });
      expect(await theirs.next()).toEqual({ kind: 'capabilities', version: 2, charges: undefined });
      for (const [index, name] of ['URBDRC', 'AUDIO_INPUT', 'echo', 'ECHO2'].entries()) {
        theirs.create(20 + index, name);
        expect(await theirs.next()).toEqual({ kind: 'created', channel: 20 + index, status: REFUSED });
      }
      await opened(both, 3, 'ECHO');
      // Neither side gets further with what was refused.
      theirs.data(20, 'to a camera');
      mine.data(20, 'of a camera');
      mine.send({ kind: 'created', channel: 21, status: 0 });
      mine.data(21, 'of a microphone');
      theirs.data(3, 'ping');
      expect(await mine.next()).toMatchObject({ kind: 'data', channel: 3 });
      mine.data(3, 'pong');
      expect(await theirs.next()).toMatchObject({ kind: 'data', channel: 3, data: Buffer.from('pong') });
    }
    const records = await lastDesktop(gateway);
    for (const name of ['URBDRC', 'AUDIO_INPUT', 'echo', 'ECHO2'])
      expect(outcomeOf(records, 'DYNAMIC_CHANNEL', name)).toBe('denied');
    expect(outcomeOf(records, 'DYNAMIC_CHANNEL', 'ECHO')).toEqual({ bytes: 12 });
    expect(outcomeOf(records, 'CHANNEL', 'drdynvc')).toMatchObject({ dropped: 4 });
  });

  it('P5: is never what draws unrecorded, or brings input past the rules, whatever a rule names', async () => {
    const never = [
      GRAPHICS,
      'Microsoft::Windows::RDS::Video::Data::v08.01',
      'Microsoft::Windows::RDS::Input',
      'TSMF',
      'cliprdr',
    ];
    {
      await using both = await ends(WHOLE_DESKTOP + rule("'*'"));
      for (const [index, name] of never.entries()) {
        both.theirs.create(index, name);
        expect(await both.theirs.next()).toEqual({ kind: 'created', channel: index, status: REFUSED });
      }
      await opened(both, 99, 'ECHO');
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'CHANNEL', 'drdynvc')).toMatchObject({ refused: never.length });
    for (const name of never) expect(outcomeOf(records, 'DYNAMIC_CHANNEL', name)).toBeUndefined();
  });

  it('P5: is never that, even in a resource that only observes; the rest is there', async () => {
    await using observing = await startRawDesk(target, { resource: { mode: 'observe' } });
    await using both = await ends(WHOLE_DESKTOP, observing);
    both.theirs.create(1, GRAPHICS);
    expect(await both.theirs.next()).toEqual({ kind: 'created', channel: 1, status: REFUSED });
    await opened(both, 2, 'ECHO');
  });

  it('P8: goes when the policy takes it away, and the desktop goes on', async () => {
    {
      await using both = await ends(ECHO_ALLOWED);
      await opened(both, 3, 'ECHO');
      await gateway.setPolicy(WHOLE_DESKTOP + rule('drdynvc, OTHER'));
      // It is looked at each second: then nothing passes, and another channel still does.
      const passes = async (): Promise<boolean> => {
        both.theirs.data(3, 'ping');
        both.theirs.create(4, 'OTHER');
        const first = await both.mine.next();
        if (first.kind === 'data') await both.mine.next();
        both.mine.send({ kind: 'close', channel: 4 });
        await both.theirs.next();
        return first.kind === 'data';
      };
      await expect.poll(passes, { timeout: 20_000, interval: 200 }).toBe(false);
    }
    const records = await lastDesktop(gateway);
    expect(outcomeOf(records, 'CHANNEL', 'drdynvc')).toMatchObject({
      dropped: expect.toSatisfy((n: number) => n > 0),
    });
  });

  it('P10: is so much at most; a flood of openings fills neither the audit nor the session', async () => {
    {
      await using both = await ends(ECHO_ALLOWED);
      for (let channel = 0; channel < 500; channel += 1) {
        both.theirs.create(channel, `FLOOD${channel}`);
        expect(await both.theirs.next()).toEqual({ kind: 'created', channel, status: REFUSED });
      }
    }
    const records = await lastDesktop(gateway);
    const asked = records.filter(
      ({ type, request }) =>
        type === 'exchange.intent' && (request as { operation?: string }).operation === 'DYNAMIC_CHANNEL',
    );
    expect(asked).toHaveLength(64);
  });
});

describe('what is hostile', () => {
  const compressed = (channel: number): Buffer => Buffer.from([0x70, channel, 1, 2, 3]);
  const first = (total: number, length: number): DynamicMessage => ({
    kind: 'first',
    channel: 3,
    total,
    data: Buffer.alloc(length),
  });
  it.each<readonly [string, (both: Ends) => void]>([
    ['an id that is opened twice', ({ theirs }) => theirs.create(3, 'ECHO')],
    ['an id that is opened twice under another name', ({ theirs }) => theirs.create(3, 'URBDRC')],
    ['a name of a thousand letters', ({ theirs }) => theirs.create(9, 'E'.repeat(1000))],
    ['compressed data of the machine', ({ theirs }) => writeChunks(compressed(3), 0).forEach(theirs.raw)],
    ['compressed data of the client', ({ mine }) => writeChunks(compressed(3), 0).forEach(mine.raw)],
    [
      'another transport',
      ({ theirs }) => writeChunks(Buffer.from([0x80, 0, 8, 0, 0, 0, 1, 0]), 0).forEach(theirs.raw),
    ],
    ['data of gigabytes in parts', ({ theirs }) => theirs.send(first(0xffff_ffff, 10))],
    [
      'parts of more than was said',
      ({ theirs }) => [theirs.send(first(12, 10)), theirs.data(3, 'more than two')],
    ],
    ['parts without end of nothing', ({ mine }) => [mine.send(first(12, 10)), mine.data(3, '')]],
    ['data within other data', ({ mine }) => [mine.send(first(12, 10)), mine.send(first(12, 10))]],
    [
      'a message of megabytes',
      ({ theirs }) => writeChunks(Buffer.alloc(1 << 20, 0x30), 0).forEach(theirs.raw),
    ],
    ['a message that is none', ({ mine }) => writeChunks(Buffer.from([0xff]), 0).forEach(mine.raw)],
  ])('P10: ends its session, and nothing else: %s', async (_what, attack) => {
    await using both = await ends(ECHO_ALLOWED);
    await opened(both, 3, 'ECHO');
    attack(both);
    await both.client.end();
    await using again = await ends(ECHO_ALLOWED);
    await opened(again, 3, 'ECHO');
  });
});
