/** The certificate that the gateway shows to a service (mutual TLS), from credential sources. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { CredentialConfig } from '../../../credentials/config.ts';
import type { Clock } from '../../../model/clock.ts';
import type { ClientCertificateConfig } from '../credential-config.ts';
import { HttpUpstreamError } from './errors.ts';

/** A certificate with its key, checked. */
export interface ClientCertificate {
  /** PEM, leaf first. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Of both: connections that were opened with another are not used. */
  readonly digest: string;
  readonly endsAtMs: number;
}

/** What {@link ClientCertificates} needs from outside. */
export interface ClientCertificateOptions {
  readonly clock: Clock;
  /** Reads a text. Rejects with an error that does not hold it. */
  readonly read: (
    config: CredentialConfig,
    signal: AbortSignal,
    kind: 'public' | 'secret',
  ) => Promise<string>;
  /** Told when what is read cannot be used, and the certificate before it is shown further. */
  readonly onWarning: (message: string) => void;
}

/** Certificates by config. They are read for each request, so that renewed ones take effect at once. */
export class ClientCertificates {
  readonly #options: ClientCertificateOptions;
  readonly #last = new WeakMap<ClientCertificateConfig, ClientCertificate>();
  readonly #warned = new WeakMap<ClientCertificateConfig, string>();

  constructor(options: ClientCertificateOptions) {
    this.#options = options;
  }

  /**
   * The certificate to show now. While a renewal is half done, such as a new certificate beside the old key, it is the last
   * one that could be used. Rejects with HttpUpstreamError.
   */
  async of(config: ClientCertificateConfig, signal: AbortSignal): Promise<ClientCertificate> {
    const { clock, read, onWarning } = this.#options;
    const last = this.#last.get(config);
    try {
      const [cert, key] = await Promise.all([
        read(config.certificate, signal, 'public'),
        read(config.key, signal, 'secret'),
      ]);
      const digest = createHash('sha256').update(`${cert}\n${key}`).digest('hex');
      if (digest === last?.digest && clock.nowMs() < last.endsAtMs) return last;
      const certificate = { cert, key, digest, endsAtMs: checked(cert, key, clock.nowMs()) };
      this.#last.set(config, certificate);
      this.#warned.delete(config);
      return certificate;
    } catch (error) {
      if (last === undefined || signal.aborted || clock.nowMs() >= last.endsAtMs) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#warned.get(config) !== reason) {
        this.#warned.set(config, reason);
        onWarning(`the last client certificate is used further: ${reason}`);
      }
      return last;
    }
  }
}

/** Checks that both belong together and can be used now; when the certificate ends. @throws HttpUpstreamError without key material */
function checked(cert: string, key: string, nowMs: number): number {
  const leaf = parse(() => new X509Certificate(cert), 'holds no certificate in PEM form');
  const privateKey: KeyObject = parse(() => createPrivateKey(key), 'has no unencrypted key in PEM form');
  if (!leaf.checkPrivateKey(privateKey)) throw unusable('is not of the key beside it');
  const endsAtMs = leaf.validToDate.getTime();
  if (endsAtMs <= nowMs) throw unusable(`ended at ${leaf.validToDate.toISOString()}; renew it`);
  if (leaf.validFromDate.getTime() > nowMs) {
    throw unusable(`begins at ${leaf.validFromDate.toISOString()}; check the clock`);
  }
  return endsAtMs;
}

function parse<Result>(step: () => Result, problem: string): Result {
  try {
    return step();
  } catch {
    // The cause is left out: nothing about the key's bytes may reach a log.
    throw unusable(problem);
  }
}

function unusable(problem: string): HttpUpstreamError {
  return new HttpUpstreamError('ERR_HTTP_UPSTREAM_CONFIGURATION', `the client certificate ${problem}`);
}
