/** Certificates for clients: a session credential that is proved by a key of the client's, for every machine that the policy opens. */
import { randomBytes } from 'node:crypto';
import type { CertificateIssuer } from '../../credentials/session/certificate-issuer.ts';
import { ownerOf } from '../../credentials/session/session-credentials.ts';
import type { KeyFiles } from '../../listener/key-files.ts';
import type { Principal } from '../../model/principal.ts';
import { openAuthority } from './authorities.ts';
import { certificateType, writeCertificate } from './certificate/certificate.ts';
import { SOURCE_ADDRESS, sourceAddressOption } from './certificate/check-certificate.ts';
import { publicKeyLine, readPublicKeyLine } from './certificate/public-key.ts';
import { fingerprintOf } from './transport/keys.ts';

/** So much the clock of who checks may be behind ours. */
const LEEWAY_MS = 30_000;
const PRINCIPAL_LENGTH = 32;
const MOST_NAME = 128;

/** Makes the issuer; its keys are made at first use. */
export async function openUserCertificates(keyFiles: KeyFiles): Promise<CertificateIssuer> {
  const [user, host] = await Promise.all([openAuthority(keyFiles, 'user'), openAuthority(keyFiles, 'host')]);
  return {
    hostAuthority: host.line,
    verifierOf(publicKey) {
      const key = readPublicKeyLine(publicKey);
      return key === undefined ? undefined : keyVerifier(key.blob);
    },
    certify({ credential, publicKey, sourceAddresses }) {
      const key = readPublicKeyLine(publicKey);
      if (key === undefined) throw new TypeError('no key that may be certified');
      const serial = randomBytes(8).readBigUInt64BE();
      const keyId = `${credential.id} ${nameOf(credential.principal)}`;
      const principals = [principalName(credential.principal)];
      const blob = writeCertificate(
        {
          kind: 'user',
          serial,
          keyId,
          principals,
          validAfter: BigInt(Math.floor((credential.issuedAtMs - LEEWAY_MS) / 1000)),
          validBefore: BigInt(Math.floor(credential.expiresAtMs / 1000)),
          criticalOptions: new Map(
            sourceAddresses.length === 0 ? [] : [[SOURCE_ADDRESS, sourceAddressOption(sourceAddresses)]],
          ),
          // None: what may be done is the policy's, and elsewhere the certificate is to be worth nothing.
          extensions: new Map(),
        },
        { key: key.blob, nonce: randomBytes(32), signer: user.signer },
      );
      const certificate = publicKeyLine(certificateType(key.type), blob, credential.id);
      return { certificate, serial: String(serial), keyId, principals };
    },
  };
}

/** What a credential is bound to its key by. No keyed hash of a secret looks like it. */
export function keyVerifier(key: Buffer): string {
  return `ssh-key:${fingerprintOf(key)}`;
}

/** The name in a certificate. No account of a machine has such a one: whoever trusts the authority by mistake lets nobody in. */
export function principalName(principal: Principal): string {
  return `sallyport-user:${ownerOf(principal).slice(0, PRINCIPAL_LENGTH)}`;
}

/** For people: what `ssh-keygen -L` and the logs of a machine show. */
export function nameOf({ subject, agent }: Principal): string {
  const name = agent === undefined ? subject : `${subject} by ${agent}`;
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_NAME);
}
