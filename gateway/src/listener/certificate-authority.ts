/** The gateway's own certificate authority: two files, made at first use. */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import { access, chmod, rm, stat } from 'node:fs/promises';
import { parseCertificate, parseKey, readPemFile } from './certificates.ts';
import { ListenerError } from './errors.ts';
import { addressBytes } from './ip-address.ts';
import { writeFileDurably } from './private-files.ts';
import { createCaCertificate } from './x509.ts';

/** Paths of the certificate, PEM, and of its key, which has mode 0600. */
export interface AuthorityFiles {
  readonly caCertificate: string;
  readonly caKey: string;
}

/** What signs certificates of servers. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;
/** Clocks of agents may be behind ours; a certificate made just now must already be valid for them. */
export const BACKDATE_MS: number = 60 * 60 * 1000;
const CA_LIFETIME_MS = 3650 * DAY_MS;
const CA_RENEW_BEFORE_MS = 365 * DAY_MS;
const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** An authority, and what an operator should know of it. */
export interface OpenedAuthority {
  readonly authority: Authority;
  readonly warnings: readonly string[];
}

// Two that make one at once could write a key and a certificate that do not belong together.
let last: Promise<unknown> = Promise.resolve();

/**
 * Reads the authority, or makes one where there is none, and where it is in its last year. One call after the other.
 * @throws ListenerError
 */
export function openAuthority(files: AuthorityFiles, nowMs: number): Promise<OpenedAuthority> {
  const next = last.then(() => readOrMake(files, nowMs));
  last = next.catch(() => undefined);
  return next;
}

async function readOrMake(files: AuthorityFiles, nowMs: number): Promise<OpenedAuthority> {
  if (!(await exists(files.caCertificate)))
    return { authority: await createAuthority(files, nowMs), warnings: [] };
  if (!(await exists(files.caKey))) throw broken(files, 'has no key beside it');
  const warnings = await tightenMode(files.caKey);
  const certificate = parseCertificate(await readPemFile(files.caCertificate), files.caCertificate);
  const privateKey = parseKey(await readPemFile(files.caKey), files.caKey);
  if (!certificate.checkPrivateKey(privateKey)) throw broken(files, `does not belong to ${files.caKey}`);
  if (certificate.validFromDate.getTime() > nowMs) {
    throw broken(files, `is not valid before ${certificate.validFromDate.toISOString()}: check the clock`);
  }
  if (certificate.validToDate.getTime() - nowMs < CA_RENEW_BEFORE_MS) {
    const authority = await createAuthority(files, nowMs);
    return {
      authority,
      warnings: [
        ...warnings,
        `${files.caCertificate} was near its end and is new; clients must trust it anew`,
      ],
    };
  }
  return { authority: toAuthority(certificate, privateKey), warnings };
}

/** The certificate goes first and comes last: a crash in between leaves no CA, and the next start makes one. */
async function createAuthority(files: AuthorityFiles, nowMs: number): Promise<Authority> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = `Sallyport local CA ${randomBytes(4).toString('hex')}`;
  const validity = { notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs + CA_LIFETIME_MS };
  const pem = createCaCertificate({ serial: newSerial(), subject, publicKey, ...validity }, privateKey);
  await rm(files.caCertificate, { force: true });
  await writeFileDurably(files.caKey, toKeyPem(privateKey), 0o600);
  await writeFileDurably(files.caCertificate, pem, 0o644);
  return toAuthority(parseCertificate(pem, files.caCertificate), privateKey);
}

function toAuthority(certificate: X509Certificate, privateKey: KeyObject): Authority {
  const subject = certificate.subject.replace(/^CN=/, '');
  return { certificate, subject, publicKey: createPublicKey(privateKey), privateKey };
}

/** Refuses what is neither a DNS name nor an IP address. @throws ListenerError */
export function checkCertificateName(name: string): void {
  if (addressBytes(name) !== undefined || (name.length <= 253 && DNS_NAME.test(name))) return;
  throw new ListenerError(
    'ERR_LISTENER_CERTIFICATE_INVALID',
    `\`${name}\` is neither a DNS name nor an IP address; correct the names of the certificate`,
    { source: 'config' },
  );
}

/** A key that others could read is closed again; whether they did read it nobody knows. */
export async function tightenMode(keyFile: string): Promise<readonly string[]> {
  const { mode } = await stat(keyFile);
  if ((mode & 0o077) === 0) return [];
  await chmod(keyFile, 0o600);
  return [
    `${keyFile} could be read by others and is closed now; if that was not on purpose, delete the folder to make a new CA`,
  ];
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function broken(files: AuthorityFiles, problem: string): ListenerError {
  return new ListenerError(
    'ERR_LISTENER_LOCAL_CA_BROKEN',
    `${files.caCertificate} ${problem}; restore ${files.caKey}, or delete both to make a new CA that clients must then trust`,
    { source: 'config' },
  );
}

/** PKCS#8. */
export function toKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** 127 random bits: unique, and never negative or zero-led (RFC 5280 section 4.1.2.2). */
export function newSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}
