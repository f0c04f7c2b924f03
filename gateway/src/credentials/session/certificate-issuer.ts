import type { SessionCredential } from './session-credential.ts';

/** What a certificate is to say, beside what its session credential does. */
export interface CertificateWish {
  readonly credential: SessionCredential;
  /** One line, as in a `.pub` file. */
  readonly publicKey: string;
  /** Ranges of addresses that it may be used from; none: from anywhere. */
  readonly sourceAddresses: readonly string[];
}

/** A certificate, in the words of its protocol. */
export interface IssuedCertificate {
  /** One line, as in a `-cert.pub` file. */
  readonly certificate: string;
  /** Decimal. */
  readonly serial: string;
  readonly keyId: string;
  readonly principals: readonly string[];
}

/** Makes session credentials that are certificates over keys of clients: the secret never leaves the client. */
export interface CertificateIssuer {
  /** What the session credential is bound to the key by; undefined where it is no key that may be certified. */
  verifierOf(publicKey: string): string | undefined;
  certify(wish: CertificateWish): IssuedCertificate;
  /** Key of the authority that vouches for the gateway itself, as one line of a `.pub` file. */
  readonly hostAuthority: string;
}

/** What stands for resource and account in a credential that is not for one alone: no resource has such a name. */
export const ANY = '*';
