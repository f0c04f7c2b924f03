/** A login of the gateway at a machine by a certificate of its own authority: a new key for each session, for minutes, kept in no file. */
import { randomBytes } from 'node:crypto';
import { type Signer, writeCertificate } from '../certificate/certificate.ts';
import type { Proof } from '../transport/client-connection.ts';
import { newHostKeyText, readPrivateKey } from '../transport/keys.ts';

/** Whom it is for. */
export interface CertifiedLogin {
  /** Login on the machine: the one principal. */
  readonly user: string;
  /** What the logs of the machine show: session and principal. */
  readonly keyId: string;
  readonly nowMs: number;
  /** What it lets be done there. */
  readonly purpose: 'programs' | 'tunnels';
}

/** Terminals, or tunnels of the gateway's own to the next machine; no agents, no displays. */
const EXTENSION = { programs: 'permit-pty', tunnels: 'permit-port-forwarding' } as const;

/** The clock of the machine may be so far from ours. */
const LEEWAY_MS = 60_000;
/** It is used at once; a session that lasts longer needs it no more. */
const LIFETIME_MS = 300_000;
const MOST_KEY_ID = 256;

/** Makes one. */
export function certifySession({ user, keyId, nowMs, purpose }: CertifiedLogin, signer: Signer): Proof {
  const key = readPrivateKey(newHostKeyText());
  if (key === undefined) throw new TypeError('a new key cannot be read');
  const certificate = writeCertificate(
    {
      kind: 'user',
      serial: randomBytes(8).readBigUInt64BE(),
      keyId: keyId.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_KEY_ID),
      principals: [user],
      validAfter: BigInt(Math.floor((nowMs - LEEWAY_MS) / 1000)),
      validBefore: BigInt(Math.floor((nowMs + LIFETIME_MS) / 1000)),
      criticalOptions: new Map(),
      extensions: new Map([[EXTENSION[purpose], Buffer.alloc(0)]]),
    },
    { key: key.getPublicSSH(), nonce: randomBytes(32), signer },
  );
  return { key, certificate };
}
