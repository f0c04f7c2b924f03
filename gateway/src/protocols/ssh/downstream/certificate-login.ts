/** From a certificate to a principal: its authority, its words, its session credential, and a signature of its key. */

import { ANY } from '../../../credentials/session/certificate-issuer.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Identified } from '../../../session/identify.ts';
import type { ProtocolServices } from '../../protocol.ts';
import { readCertificate } from '../certificate/certificate.ts';
import { certificateFault } from '../certificate/check-certificate.ts';
import { readPublicKey } from '../certificate/public-key.ts';
import { SshError } from '../errors.ts';
import type { CertificateAttempt } from '../transport/login-attempt.ts';
import { keyVerifier, principalName } from '../user-certificates.ts';

/** What a certificate is checked with. */
export interface CertificateServices {
  readonly credentials: Pick<
    ProtocolServices<unknown>['credentials'],
    'challenge' | 'find' | 'isValid' | 'redeem'
  >;
  readonly clock: Clock;
  /** Wire form of the key of the authority for clients. */
  readonly userAuthority: Buffer;
}

const KEY_ID = /^(cred_[0-9a-z]{16})(?: |$)/;

/**
 * Who the certificate names, once its key signed this very request. Undefined where it was but offered: the client is then told
 * that it would do, and nothing else happens. Rejects with SshError.
 */
export async function identifyByCertificate(
  attempt: CertificateAttempt,
  sourceAddress: string,
  { credentials, clock, userAuthority }: CertificateServices,
): Promise<Identified | undefined> {
  const certificate = readCertificate(attempt.certificate);
  if (certificate === undefined) throw refused('it cannot be read');
  // RFC 8332 section 2: RSA has names of its own for the request.
  const isNamed = attempt.algorithm.replace(/^rsa-sha2-(?:256|512)-/, 'ssh-rsa-') === certificate.type;
  if (!isNamed) throw refused('it was brought under another name');
  const fault = certificateFault(certificate, {
    kind: 'user',
    isAuthority: (key) => key.equals(userAuthority),
    nowMs: clock.nowMs(),
    // Which one it has to be is known once the session credential is: below.
    isPrincipal: () => true,
    sourceAddress,
  });
  if (fault !== undefined) throw refused(fault);
  const id = KEY_ID.exec(certificate.keyId)?.[1];
  if (id === undefined) throw refused('its key id names no session credential');
  const { verifier } = await credentials.challenge(id, 'ssh');
  if (verifier !== keyVerifier(certificate.key))
    throw refused(`session credential ${id} is unknown, or of another key`);
  const named = (await credentials.find(id))?.principal;
  if (named === undefined || !certificate.principals.includes(principalName(named))) {
    throw refused('it is for somebody else');
  }
  if (!(await credentials.isValid(id))) throw refused(`session credential ${id} was revoked or is over`);
  if (attempt.proof === undefined) {
    attempt.welcome();
    return undefined;
  }
  const { signed, signature } = attempt.proof;
  if (readPublicKey(certificate.key)?.isSignedBy(signed, signature) !== true) {
    throw refused('the client did not prove that it has the key');
  }
  const redeemed = await credentials.redeem(id, { protocol: 'ssh', resource: ANY, account: ANY });
  if (!redeemed.ok) throw refused(`session credential ${id} cannot be used: ${redeemed.reason}`);
  return { principal: redeemed.principal, credential: redeemed.credential };
}

function refused(reason: string): SshError {
  return new SshError(
    'ERR_SSH_CERTIFICATE',
    `the certificate proves nothing: ${reason}`,
    'the certificate is not valid here, is over or revoked, or its key was not proved; get a new one (sallyport ssh-cert)',
  );
}
