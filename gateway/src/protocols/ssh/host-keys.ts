/** What the gateway proves itself by to clients of SSH: its key, a certificate of its host authority, the key that comes next. */
import { randomBytes } from 'node:crypto';
import type { Log } from '../../telemetry/log.ts';
import type { ProtocolServices } from '../protocol.ts';
import { type Authority, openAuthority } from './authorities.ts';
import { writeCertificate } from './certificate/certificate.ts';
import { SshError } from './errors.ts';
import type { SshListenerConfig } from './listener-config.ts';
import type { HostKeys } from './transport/host-keys.ts';
import { fingerprintOf, newHostKeyText, type ParsedKey, readPrivateKey } from './transport/keys.ts';

/** File of the gateway's host key, below its own folder. */
export const HOST_KEY = 'ssh_host_ed25519_key';

const HOUR_MS = 3_600_000;
/** So long a certificate counts: it is shown at each connection, and made anew after an hour. */
const LIFETIME_MS = 24 * HOUR_MS;
const BACKDATE_MS = HOUR_MS;
const ALWAYS_NAMED = ['localhost', '127.0.0.1', '::1'];

type Services = Pick<ProtocolServices<unknown>, 'keyFiles' | 'clock' | 'names'> & { readonly log: Log };

/** The keys of one listener. */
export class GatewayHostKeys {
  readonly #services: Services;
  readonly #key: ParsedKey;
  readonly #next: readonly ParsedKey[];
  readonly #authority: Authority;
  #certificate: { readonly blob: Buffer; readonly madeMs: number } | undefined;

  private constructor(
    services: Services,
    keys: { readonly key: ParsedKey; readonly next: readonly ParsedKey[]; readonly authority: Authority },
  ) {
    this.#services = services;
    this.#key = keys.key;
    this.#next = keys.next;
    this.#authority = keys.authority;
  }

  /** Reads the configured keys, or the gateway's own, which is made once. Rejects with a GatewayError. */
  static async open(services: Services, listener: SshListenerConfig): Promise<GatewayHostKeys> {
    const { keyFiles, log } = services;
    const text =
      listener.hostKey === undefined
        ? await keyFiles.open(HOST_KEY, newHostKeyText)
        : await keyFiles.read(listener.hostKey);
    const key = readHostKey(text, listener.hostKey ?? HOST_KEY);
    const { nextHostKey } = listener;
    const next =
      nextHostKey === undefined ? [] : [readHostKey(await keyFiles.read(nextHostKey), nextHostKey)];
    const authority = await openAuthority(keyFiles, 'host');
    if (key.type !== 'ssh-ed25519')
      log.warn('no ssh host certificate: the host key is no Ed25519 key', { type: key.type });
    return new GatewayHostKeys(services, { key, next, authority });
  }

  /** As of this moment, for one connection. */
  current(): HostKeys {
    return { key: this.#key, certificate: this.#certify(), next: this.#next };
  }

  /** Names that the certificate is for. */
  get certifiedNames(): readonly string[] {
    return [...new Set([...ALWAYS_NAMED, ...this.#services.names.map((name) => name.toLowerCase())])];
  }

  /** For the log. */
  summary(): Readonly<Record<string, string>> {
    const next = this.#next.map((key) => fingerprintOf(key.getPublicSSH()));
    return {
      fingerprint: fingerprintOf(this.#key.getPublicSSH()),
      type: this.#key.type,
      authority: fingerprintOf(this.#authority.signer.publicKey),
      ...(next.length === 0 ? {} : { next: next.join(' ') }),
    };
  }

  #certify(): Buffer | undefined {
    if (this.#key.type !== 'ssh-ed25519') return undefined;
    const nowMs = this.#services.clock.nowMs();
    const made = this.#certificate;
    if (made !== undefined && Math.abs(nowMs - made.madeMs) < HOUR_MS) return made.blob;
    const blob = writeCertificate(
      {
        kind: 'host',
        serial: randomBytes(8).readBigUInt64BE(),
        keyId: 'sallyport gateway',
        principals: this.certifiedNames,
        validAfter: BigInt(Math.floor((nowMs - BACKDATE_MS) / 1000)),
        validBefore: BigInt(Math.floor((nowMs + LIFETIME_MS) / 1000)),
        criticalOptions: new Map(),
        extensions: new Map(),
      },
      { key: this.#key.getPublicSSH(), nonce: randomBytes(32), signer: this.#authority.signer },
    );
    this.#certificate = { blob, madeMs: nowMs };
    return blob;
  }
}

function readHostKey(text: string, file: string): ParsedKey {
  const key = readPrivateKey(text);
  if (key !== undefined) return key;
  // Never made anew by itself: clients would take the gateway for another machine.
  const message = `${file} holds no private key without passphrase in OpenSSH format; put the old key back, or delete the file so that a new one is made`;
  throw new SshError('ERR_SSH_HOST_KEY', message);
}
