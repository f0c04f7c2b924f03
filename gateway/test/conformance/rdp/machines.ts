/** Targets as machines of their own: each draws its rows into the pixels of its screen, which a client gets as they are. */
import { createHash, X509Certificate } from 'node:crypto';
import { bitmapUpdate, rectangle } from '../../../src/protocols/rdp/picture/testing/updates.ts';
import { DATA } from '../../../src/protocols/rdp/wire/share/share-control.ts';
import { createRsaCertificate } from '../../support/certificates.ts';
import { type RawTargetConnection, startRawTarget } from '../../support/rdp-peers.ts';
import { startTcpRelay, type TcpRelay } from '../../support/tcp-relay.ts';
import { EVERY_TARGET, type Target } from '../driver.ts';
import { rowsOf } from '../rows.ts';

/** The account's login and password on all of them. */
export const MACHINE_LOGIN = { user: 'rdpuser', password: 'the-machines-own-password' } as const;

/** One machine; the gateway reaches it by the relay. */
export interface TargetMachine {
  readonly relay: TcpRelay;
  /** SHA-256 of its public key. */
  readonly pin: string;
}

/** Name of the resource of a target. */
export function resourceOf(target: Target): string {
  return `desk-${target}`;
}

/** Starts one for each target. */
export async function startTargetMachines(
  undo: AsyncDisposableStack,
): Promise<ReadonlyMap<Target, TargetMachine>> {
  const machines = new Map<Target, TargetMachine>();
  // Keys take long to make, and these machines need not differ by theirs.
  const pair = createRsaCertificate();
  for (const target of EVERY_TARGET) {
    const machine = undo.use(await startRawTarget(pair));
    machine.play = (connection) => show(connection, target);
    const relay = undo.use(await startTcpRelay({ host: '127.0.0.1', port: machine.port }));
    const key = new X509Certificate(machine.cert).publicKey.export({ type: 'spki', format: 'der' });
    machines.set(target, { relay, pin: createHash('sha256').update(key).digest('hex') });
  }
  return machines;
}

/** Pixels of a picture: 64 by 50, of two bytes. */
const [WIDTH, HEIGHT] = [64, 50];
const PICTURE_BYTES = WIDTH * HEIGHT * 2;

/** Draws the rows, and sounds the bell behind the last. `slow` shows nothing at all. */
function show({ data }: RawTargetConnection, target: Target): void {
  if (target === 'slow') return;
  const text = Buffer.from(
    rowsOf(target)
      .map(({ id, label, word }) => `${id} ${label} ${word}\n`)
      .join(''),
  );
  for (let at = 0; at < text.length; at += PICTURE_BYTES) {
    const pixels = Buffer.alloc(PICTURE_BYTES, ' ');
    text.copy(pixels, 0, at);
    const place = { left: 0, top: 0, width: WIDTH, height: HEIGHT };
    const drawn = rectangle({ ...place, depth: 16, flags: 0, data: pixels });
    data(DATA.UPDATE, Buffer.from(bitmapUpdate([drawn])));
  }
  data(DATA.PLAY_SOUND, Buffer.alloc(8));
}
