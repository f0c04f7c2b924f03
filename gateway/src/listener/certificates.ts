import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../model/clock.ts';
import { ListenerError } from './errors.ts';

/** A server certificate with its key, checked. */
export interface ServerCertificate {
  /** PEM, leaf first. */
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly leaf: X509Certificate;
  /** File that holds the CA clients should trust, when the gateway made it itself. */
  readonly caFile?: string;
  /** What an operator should know: loose file modes, near expiry. */
  readonly warnings: readonly string[];
}

/** Where the certificate comes from. */
export interface CertificateSource {
  /** The certificate to serve now; called at start and again at every reload. @throws ListenerError. */
  load(): Promise<ServerCertificate>;
}

/** Paths of PEM files. */
export interface CertificateFiles {
  /** Leaf first, then intermediates. */
  readonly certificateFile: string;
  /** Unencrypted PKCS#8, PKCS#1 or SEC1. */
  readonly keyFile: string;
}

const DAY_MS = 86_400_000;
const WARN_BEFORE_EXPIRY_MS = 14 * DAY_MS;
const MIN_RSA_BITS = 2048;
// A chain with its key is a few kilobytes; a path that points at something else must not be read whole.
const MAX_FILE_BYTES = 1024 * 1024;

/** The certificate of the config files. */
export function certificateFromFiles(files: CertificateFiles, clock: Clock): CertificateSource {
  return {
    async load() {
      const certificatePem = await readPemFile(files.certificateFile);
      const keyPem = await readPemFile(files.keyFile);
      const { mode } = await stat(files.keyFile);
      const warnings =
        (mode & 0o004) === 0 ? [] : [`${files.keyFile} can be read by every user; remove that permission`];
      const leaf = checkCertificate(certificatePem, keyPem, files, clock.nowMs());
      const expires = leaf.validToDate.getTime();
      if (expires - clock.nowMs() < WARN_BEFORE_EXPIRY_MS) {
        warnings.push(`${files.certificateFile} expires at ${leaf.validToDate.toISOString()}; renew it`);
      }
      return { certificatePem, keyPem, leaf, warnings };
    },
  };
}

/**
 * Checks that the leaf is a certificate of this key, valid now and strong enough.
 * @throws ListenerError `ERR_LISTENER_CERTIFICATE_INVALID`; key material is never in the message.
 */
export function checkCertificate(
  certificatePem: string,
  keyPem: string,
  files: CertificateFiles,
  nowMs: number,
): X509Certificate {
  const leaf = parseCertificate(certificatePem, files.certificateFile);
  const key = parseKey(keyPem, files.keyFile);
  if (!leaf.checkPrivateKey(key)) {
    throw invalid(`${files.keyFile} is not the key of the first certificate in ${files.certificateFile}`);
  }
  if (leaf.validToDate.getTime() <= nowMs) {
    throw invalid(`${files.certificateFile} expired at ${leaf.validToDate.toISOString()}; renew it`);
  }
  if (leaf.validFromDate.getTime() > nowMs) {
    throw invalid(
      `${files.certificateFile} is not valid before ${leaf.validFromDate.toISOString()}; check the clock`,
    );
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  if (bits < MIN_RSA_BITS)
    throw invalid(`${files.keyFile} is an RSA key of ${bits} bits; use at least ${MIN_RSA_BITS}`);
  return leaf;
}

/** Reads a small text file. @throws ListenerError `ERR_LISTENER_CERTIFICATE_UNREADABLE`. */
export async function readPemFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`longer than ${MAX_FILE_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown failure';
    throw new ListenerError('ERR_LISTENER_CERTIFICATE_UNREADABLE', `cannot read ${path}: ${reason}`, {
      source: 'config',
      cause,
    });
  }
}

/** @throws ListenerError `ERR_LISTENER_CERTIFICATE_INVALID`. */
export function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalid(`${file} holds no certificate in PEM form`);
  }
}

/** @throws ListenerError `ERR_LISTENER_CERTIFICATE_INVALID`. */
export function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause is left out: nothing about the key's bytes may reach a log.
    throw invalid(`${file} holds no unencrypted private key in PEM form`);
  }
}

function invalid(message: string): ListenerError {
  return new ListenerError('ERR_LISTENER_CERTIFICATE_INVALID', message, { source: 'config' });
}
