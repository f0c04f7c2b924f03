/**
 * How the gateway proves itself to clients: by a key, by a certificate over it, and by telling beforehand which key comes next
 * (PROTOCOL of OpenSSH, section 2.5: `hostkeys-00@openssh.com`).
 */
import { ed25519Signer } from './keys.ts';
import { type Connection, type ParsedKey, sendPacket } from './ssh2.ts';

/** The keys of a server. */
export interface HostKeys {
  readonly key: ParsedKey;
  /** Wire form; of an Ed25519 key only. */
  readonly certificate?: Buffer | undefined;
  /** Keys that will be used later: clients that ask for it get a proof of them, and remember them. */
  readonly next: readonly ParsedKey[];
}

const ANNOUNCE = 'hostkeys-00@openssh.com';
const PROVE = 'hostkeys-prove-00@openssh.com';
const GLOBAL_REQUEST = 80;
const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com';

/** The key under the name of its certificate. @param connection the one that is to be proved */
export function certifiedKey(
  key: ParsedKey,
  certificate: Buffer,
  connection: () => Connection | undefined,
): ParsedKey {
  return Object.create(key, {
    type: { value: key.type + CERTIFICATE_SUFFIX },
    getPublicSSH: { value: () => certificate },
    sign: {
      value(data: Buffer, algorithm?: string) {
        // The signature has the name of the key's own algorithm (PROTOCOL.certkeys); the package writes what was negotiated, next.
        const negotiated = connection()?._protocol._kex?.negotiated;
        if (negotiated !== undefined) negotiated.serverHostKey = key.type;
        return key.sign(data, algorithm);
      },
    },
  }) as ParsedKey;
}

/** Tells a client that was let in which keys there are, and answers it when it wants them proved. */
export function announceHostKeys(connection: Connection, { key, next }: HostKeys): void {
  const protocol = connection._protocol;
  const keys = [key, ...next];
  const answer = protocol._handlers.GLOBAL_REQUEST;
  protocol._handlers.GLOBAL_REQUEST = (self, name, wantReply, data) => {
    if (name !== PROVE) {
      answer(self, name, wantReply, data);
      return;
    }
    const proof = Buffer.isBuffer(data) ? prove(data, keys, protocol._kex?.sessionID) : undefined;
    if (!wantReply) return;
    if (proof === undefined) protocol.requestFailure();
    else protocol.requestSuccess(proof);
  };
  const words = [string(ANNOUNCE), Buffer.from([0]), ...keys.map((one) => string(one.getPublicSSH()))];
  const payload = Buffer.concat([Buffer.from([GLOBAL_REQUEST]), ...words]);
  const writer = protocol._packetRW.write;
  const packet = writer.alloc(payload.length);
  packet.set(payload, writer.allocStart);
  sendPacket(protocol, writer.finalize(packet));
}

/** Signs for each key that is asked for; undefined where one is none of ours, or the request is none. */
function prove(data: Buffer, keys: readonly ParsedKey[], sessionId: Buffer | undefined): Buffer | undefined {
  const proofs: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    if (at + 4 > data.length || proofs.length >= keys.length || sessionId === undefined) return undefined;
    const end = at + 4 + data.readUInt32BE(at);
    const blob = data.subarray(at + 4, end);
    const key = end > data.length ? undefined : keys.find((one) => one.getPublicSSH().equals(blob));
    const signer = key && ed25519Signer(key);
    if (signer === undefined) return undefined;
    proofs.push(string(signer.sign(Buffer.concat([string(PROVE), string(sessionId), string(blob)]))));
    at = end;
  }
  return proofs.length === 0 ? undefined : Buffer.concat(proofs);
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
