/**
 * What the package lacks as a client of a machine: user certificates to log in by, and certificates of the machine to be believed
 * (PROTOCOL.certkeys). In both the packet or the key has the name of the certificate, and the signature that of the plain key.
 */
import {
  Agent,
  type Client,
  type ConnectionProtocol,
  type ParsedKey,
  sendPacket,
  supportedHostKeys,
} from './ssh2.ts';

const SUFFIX = '-cert-v01@openssh.com';

/** Types of certificates that a machine may prove itself by. RSA is not among them: its names differ between key and signature. */
export const HOST_CERTIFICATE_TYPES: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
].map((type) => type + SUFFIX);

// The package refuses to negotiate what it cannot verify by itself; here it does not have to.
for (const type of HOST_CERTIFICATE_TYPES)
  if (!supportedHostKeys.includes(type)) supportedHostKeys.push(type);

/** Logs in by a certificate over an Ed25519 key. */
export class CertificateAgent extends Agent {
  readonly #key: ParsedKey;
  readonly #certificate: Buffer;
  readonly #client: Client;

  constructor(key: ParsedKey, certificate: Buffer, client: Client) {
    super();
    this.#key = key;
    this.#certificate = certificate;
    this.#client = client;
  }

  getIdentities(found: (error: undefined, keys: readonly ParsedKey[]) => void): void {
    const identity = Object.create(this.#key, {
      type: { value: this.#key.type + SUFFIX },
      getPublicSSH: { value: () => this.#certificate },
    }) as ParsedKey;
    found(undefined, [identity]);
  }

  /**
   * @param data session id and request (RFC 4252 section 7). The package would send the signature under the certificate's name:
   *   the request goes out here instead, and it is never called back.
   */
  sign(_key: unknown, data: Buffer, _options: unknown, _done: unknown): void {
    const signature = this.#key.sign(data);
    if (signature instanceof Error) throw signature;
    const request = data.subarray(4 + data.readUInt32BE());
    const signed = lengthAnd(Buffer.concat([lengthAnd(Buffer.from(this.#key.type)), lengthAnd(signature)]));
    const protocol = this.#client._protocol;
    const writer = protocol._packetRW.write;
    const packet = writer.alloc(request.length + signed.length);
    packet.set(request, writer.allocStart);
    packet.set(signed, writer.allocStart + request.length);
    protocol._authsQueue.push('publickey');
    sendPacket(protocol, writer.finalize(packet));
  }
}

/**
 * The machine showed a certificate that was found good: its signature over the key exchange is then looked for by the key in it, while
 * what is hashed stays what was shown.
 *
 * INVARIANT: the package reads the key once for the hash, and then to verify; were it otherwise, the signature would not fit.
 */
export function believeCertificate(protocol: ConnectionProtocol, shown: Buffer, key: Buffer): void {
  const exchange = protocol._kex;
  if (exchange?.negotiated === undefined) throw new Error('a host key without a key exchange');
  exchange.negotiated.serverHostKey = exchange.negotiated.serverHostKey.replace(SUFFIX, '');
  let isHashed = false;
  Object.defineProperty(exchange, '_hostKey', {
    configurable: true,
    get() {
      if (isHashed) return key;
      isHashed = true;
      return shown;
    },
    set(value: unknown) {
      Object.defineProperty(exchange, '_hostKey', { configurable: true, writable: true, value });
    },
  });
}

function lengthAnd(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
