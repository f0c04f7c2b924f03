import { constants, type X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../model/clock.ts';
import type { CertificateSource, ServerCertificate } from './certificates.ts';

/** What happened to the server certificate; for the log. */
export type CertificateEvent =
  | { readonly type: 'certificate.loaded'; readonly certificate: CertificateSummary }
  | { readonly type: 'certificate.rejected'; readonly error: unknown };

/** What may be told of a certificate. */
interface CertificateSummary {
  /** SHA-256 of the DER form, colon-separated hex. */
  readonly fingerprint: string;
  readonly expiresAtMs: number;
  /** File of the CA that clients should trust, when the gateway made it itself. */
  readonly caFile?: string;
  readonly warnings: readonly string[];
}

/** The gateway's TLS identity, replaced without a restart. */
export interface ServerTls {
  /** For the next handshake. Once a minute, by use, the source is asked in the background for a newer certificate. */
  secureContext(): SecureContext;
  /** ALPN names, in order of preference. */
  readonly alpnProtocols: readonly string[];
  /** The certificate now in use: for channel binding (RFC 5929 section 4.1). */
  leaf(): X509Certificate;
  summary(): CertificateSummary;
  /** Asks the source now. A certificate that cannot be used is reported and the old one kept. Never rejects. */
  reload(): Promise<void>;
}

/** Options of {@link openServerTls}. */
export interface ServerTlsOptions {
  readonly source: CertificateSource;
  readonly clock: Clock;
  readonly alpnProtocols: readonly string[];
  readonly onEvent?: (event: CertificateEvent) => void;
}

const RECHECK_MS = 60_000;

interface Loaded {
  readonly certificate: ServerCertificate;
  readonly context: SecureContext;
}

/**
 * Loads the certificate and serves it: TLS 1.2 or newer, no renegotiation.
 * @throws ListenerError when there is no usable certificate at start.
 */
export async function openServerTls(options: ServerTlsOptions): Promise<ServerTls> {
  const { source, clock, onEvent } = options;
  let loaded = toLoaded(await source.load());
  let checkedAtMs = clock.nowMs();
  let queue = Promise.resolve();
  let waiting = 0;

  async function refresh(): Promise<void> {
    try {
      const certificate = await source.load();
      if (isSame(certificate, loaded.certificate)) return;
      loaded = toLoaded(certificate);
      onEvent?.({ type: 'certificate.loaded', certificate: summarize(certificate) });
    } catch (error) {
      onEvent?.({ type: 'certificate.rejected', error });
    } finally {
      waiting -= 1;
    }
  }

  /** One after the other, and never joined to one that runs: that one may have read the files before they changed. */
  function reload(): Promise<void> {
    checkedAtMs = clock.nowMs();
    waiting += 1;
    queue = queue.then(refresh);
    return queue;
  }

  onEvent?.({ type: 'certificate.loaded', certificate: summarize(loaded.certificate) });
  return {
    secureContext() {
      // A clock that was set back counts as due, or a renewal could be missed for as long.
      const age = clock.nowMs() - checkedAtMs;
      if ((age >= RECHECK_MS || age < 0) && waiting === 0) void reload();
      return loaded.context;
    },
    alpnProtocols: options.alpnProtocols,
    leaf: () => loaded.certificate.leaf,
    summary: () => summarize(loaded.certificate),
    reload,
  };
}

function toLoaded(certificate: ServerCertificate): Loaded {
  const context = createSecureContext({
    cert: certificate.certificatePem,
    key: certificate.keyPem,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    honorCipherOrder: true,
  });
  return { certificate, context };
}

function isSame(a: ServerCertificate, b: ServerCertificate): boolean {
  return a.certificatePem === b.certificatePem && a.keyPem === b.keyPem;
}

function summarize(certificate: ServerCertificate): CertificateSummary {
  const { leaf, caFile, warnings } = certificate;
  return {
    fingerprint: leaf.fingerprint256,
    expiresAtMs: leaf.validToDate.getTime(),
    ...(caFile === undefined ? {} : { caFile }),
    warnings,
  };
}
