import { constants, generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../model/clock.ts';
import {
  type Authority,
  BACKDATE_MS,
  checkCertificateName,
  newSerial,
  openAuthority,
  toKeyPem,
} from './certificate-authority.ts';
import { ListenerError } from './errors.ts';
import { createServerCertificate } from './x509.ts';

/** Certificates by which the gateway stands in for other hosts towards clients that trust its CA. */
export interface HostCertificates {
  /** PEM file of the CA that clients have to trust. */
  readonly caFile: string;
  /** Makes the CA where there is none yet; so does the first certificate. @throws ListenerError */
  open(): Promise<void>;
  /** The TLS identity of a host: a name without wildcard, or an IP address. @throws ListenerError */
  contextFor(host: string): Promise<SecureContext>;
}

/** Options of {@link createHostCertificates}. */
export interface HostCertificatesOptions {
  /** The folder of the local CA. */
  readonly directory: string;
  readonly clock: Clock;
  /** How many hosts are kept; the one that was not asked for longest goes first. */
  readonly mostHosts?: number;
}

interface Kept {
  readonly context: Promise<SecureContext>;
  readonly renewAtMs: number;
}

const HOUR_MS = 3_600_000;
const LIFETIME_MS = 24 * HOUR_MS;
/** A connection that is opened with one outlives it; none is opened with one that is about to end. */
const RENEW_AFTER_MS = 12 * HOUR_MS;
const MOST_HOSTS = 500;

/**
 * Issues certificates of the local CA for one host each, for a day. Keys and certificates are in memory alone, and each
 * host has a key of its own.
 */
export function createHostCertificates({
  directory,
  clock,
  mostHosts = MOST_HOSTS,
}: HostCertificatesOptions): HostCertificates {
  const files = { caCertificate: join(directory, 'ca.crt'), caKey: join(directory, 'ca.key') };
  // The one that was asked for longest ago stands first.
  const kept = new Map<string, Kept>();

  async function authorityNow(nowMs: number): Promise<Authority> {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    return (await openAuthority(files, nowMs)).authority;
  }

  async function issue(host: string, nowMs: number): Promise<SecureContext> {
    const authority = await authorityNow(nowMs);
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const validity = { notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs + LIFETIME_MS };
    const fields = { serial: newSerial(), subject: 'Sallyport gateway', publicKey, ...validity };
    return createSecureContext({
      cert: createServerCertificate(fields, [host], authority),
      key: toKeyPem(privateKey),
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      honorCipherOrder: true,
    });
  }

  return {
    caFile: files.caCertificate,
    async open() {
      await authorityNow(clock.nowMs());
    },
    async contextFor(host) {
      checkHost(host);
      const nowMs = clock.nowMs();
      const known = kept.get(host);
      kept.delete(host);
      const leftMs = known === undefined ? 0 : known.renewAtMs - nowMs;
      // After the clock was set back there is more than it began with.
      const one =
        known !== undefined && leftMs > 0 && leftMs <= RENEW_AFTER_MS
          ? known
          : { context: issue(host, nowMs), renewAtMs: nowMs + RENEW_AFTER_MS };
      kept.set(host, one);
      const [oldest] = kept.keys();
      if (kept.size > mostHosts && oldest !== undefined) kept.delete(oldest);
      try {
        return await one.context;
      } catch (error) {
        if (kept.get(host) === one) kept.delete(host);
        throw error;
      }
    },
  };
}

/** The name comes from a client: it becomes part of a certificate, and nothing but itself. */
function checkHost(host: string): void {
  checkCertificateName(host);
  if (!host.includes('*')) return;
  const message = `\`${host}\` is no single host`;
  throw new ListenerError('ERR_LISTENER_CERTIFICATE_INVALID', message, { source: 'downstream' });
}
