/** A client that types so that machines understand it, and hopes that its recording does not. Each way was tried on xrdp 0.9.21. */
import { expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import {
  DATA,
  SHARE,
  writeShareData,
  writeSharePdu,
} from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { RawRdpClient, SHARE_ID, startRawTarget } from '../../support/rdp-peers.ts';
import { lastDesktop, startRawDesk } from '../../support/rdp-raw-desk.ts';

/** The codes of `touch`. */
const KEYS = [0x14, 0x18, 0x16, 0x2e, 0x23];
const ENTER = 0x1c;
const [EIGHTH_BIT, RELEASE, E0, E1] = [0x80, 1, 2, 4];
const IO = 1003;

/** A key pressed and released, on the fast path. */
const pressed = (code: number, flags = 0): Buffer =>
  Buffer.from([0x08, 6, flags, code, flags | RELEASE, code]);
const synchronized = (toggles: number): Buffer => Buffer.from([0x04, 3, (3 << 5) | toggles]);

/** The same on the slow path, where a code has 16 bits. */
function slow(client: RawRdpClient, code: number): void {
  const events = [0, 0x8000].map((flags) => {
    const event = Buffer.alloc(12);
    for (const [index, value] of [4, flags, code].entries()) event.writeUInt16LE(value, 4 + index * 2);
    return event;
  });
  const body = Buffer.concat([Buffer.from([2, 0, 0, 0]), ...events]);
  const data = writeShareData({ shareId: SHARE_ID, stream: 1, type: DATA.INPUT, body });
  client.send(IO, writeSharePdu({ type: SHARE.DATA, source: client.user, body: data }));
}

it('P5: is on record with what it wrote: under an eighth bit, with prefixes that the key has not, behind a lock that was told', async () => {
  await using target = await startRawTarget();
  await using gateway = await startRawDesk(target);
  target.play = async ({ packets, data }) => {
    for (let frame = await packets.next(); frame !== undefined; frame = await packets.next())
      if (frame.bytes.at(-1) === ENTER) data(DATA.PLAY_SOUND, Buffer.alloc(8));
  };
  {
    await using client = await RawRdpClient.connect(gateway);
    await client.logIn('svc+desk', await gateway.issuer.token());
    await client.confirm();
    const { packets } = client;
    for (const code of KEYS) packets.write(pressed(code | EIGHTH_BIT));
    for (const flags of [E0, E1]) for (const code of KEYS) packets.write(pressed(code, flags));
    for (const code of KEYS) slow(client, code | 0x0180);
    packets.write(synchronized(4));
    packets.write(synchronized(4));
    for (const code of KEYS) packets.write(pressed(code));
    packets.write(synchronized(0));
    packets.write(pressed(ENTER));
    await client.until((bytes) => bytes.length > 18 && bytes[14] === DATA.PLAY_SOUND);
  }
  const session = String((await lastDesktop(gateway))[0]?.['session']);
  let text = '';
  const write = (more: string): unknown => (text += more);
  const argv = ['sessions', 'export', session, '--format', 'keys', '--data-dir', gateway.dataDir];
  expect(await runCli(argv, { stdout: { write }, stderr: { write } })).toBe(0);
  const typed = text.replaceAll(/^.*typed: |\n/gm, '');
  expect(typed).toBe(`${'touch'.repeat(4)}[CapsLock]TOUCH[CapsLock][Enter]`);
});
