import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import { access, chmod, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import {
  type CertificateSource,
  checkCertificate,
  parseCertificate,
  parseKey,
  readPemFile,
  type ServerCertificate,
} from './certificates.ts';
import { ListenerError } from './errors.ts';
import { addressBytes } from './ip-address.ts';
import { writeFileDurably } from './private-files.ts';
import { createCaCertificate, createServerCertificate } from './x509.ts';

/** Options of {@link certificateFromLocalCa}. */
export interface LocalCaOptions {
  /** Holds `ca.crt`, `ca.key`, `server.crt` and `server.key`; made when missing. Keys have mode 0600. */
  readonly directory: string;
  /** DNS names and IP addresses beside `localhost`, `127.0.0.1` and `::1`. */
  readonly names: readonly string[];
  readonly clock: Clock;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;
// Clocks of agents may be behind ours; a certificate made just now must already be valid for them.
const BACKDATE_MS = 60 * 60 * 1000;
const CA_LIFETIME_MS = 3650 * DAY_MS;
const CA_RENEW_BEFORE_MS = 365 * DAY_MS;
const SERVER_LIFETIME_MS = 90 * DAY_MS;
const SERVER_RENEW_BEFORE_MS = 30 * DAY_MS;
const ALWAYS_NAMED = ['localhost', '127.0.0.1', '::1'];
const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * A certificate of the gateway's own CA, which is made at first use. Server certificates live 90 days and are made anew 30 days
 * before their end, or when the names change; clients trust `ca.crt` and notice nothing. The CA lives ten
 * years and is replaced in its last; clients must then trust the new file.
 */
export function certificateFromLocalCa(options: LocalCaOptions): CertificateSource {
  const names = [...new Set([...ALWAYS_NAMED, ...options.names])];
  const files = {
    caCertificate: join(options.directory, 'ca.crt'),
    caKey: join(options.directory, 'ca.key'),
    certificateFile: join(options.directory, 'server.crt'),
    keyFile: join(options.directory, 'server.key'),
  };
  async function load(): Promise<ServerCertificate> {
    names.forEach(checkName);
    const nowMs = options.clock.nowMs();
    await mkdir(options.directory, { recursive: true, mode: 0o755 });
    const { authority, warnings } = await openAuthority(files, nowMs);
    const current = await readCurrent(files, authority, names, nowMs);
    const { certificatePem, keyPem } = current ?? (await issueServer(files, authority, names, nowMs));
    const leaf = checkCertificate(certificatePem, keyPem, files, nowMs);
    return { certificatePem, keyPem, leaf, caFile: files.caCertificate, warnings };
  }

  // Two listeners may share this source; two loads at once could write a key and a certificate that do not belong together.
  let running: Promise<ServerCertificate> | undefined;
  return {
    load() {
      running ??= load().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

type Files = Readonly<Record<'caCertificate' | 'caKey' | 'certificateFile' | 'keyFile', string>>;

async function openAuthority(
  files: Files,
  nowMs: number,
): Promise<{ readonly authority: Authority; readonly warnings: readonly string[] }> {
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
async function createAuthority(files: Files, nowMs: number): Promise<Authority> {
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

/** The stored server certificate if it may go on serving; undefined means: make a new one. */
async function readCurrent(
  files: Files,
  authority: Authority,
  names: readonly string[],
  nowMs: number,
): Promise<Pick<ServerCertificate, 'certificatePem' | 'keyPem'> | undefined> {
  try {
    const certificatePem = await readPemFile(files.certificateFile);
    const keyPem = await readPemFile(files.keyFile);
    const leaf = checkCertificate(certificatePem, keyPem, files, nowMs);
    await tightenMode(files.keyFile);
    const isFresh = leaf.validToDate.getTime() - nowMs >= SERVER_RENEW_BEFORE_MS;
    const isOurs = leaf.verify(authority.publicKey) && leaf.checkIssued(authority.certificate);
    return isFresh && isOurs && hasNames(leaf, names) ? { certificatePem, keyPem } : undefined;
  } catch (error) {
    // Unreadable, cut off, expired or of another key: it can be made again at no loss.
    if (error instanceof ListenerError) return undefined;
    throw error;
  }
}

async function issueServer(
  files: Files,
  authority: Authority,
  names: readonly string[],
  nowMs: number,
): Promise<Pick<ServerCertificate, 'certificatePem' | 'keyPem'>> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { notBeforeMs: nowMs - BACKDATE_MS, notAfterMs: nowMs + SERVER_LIFETIME_MS };
  const fields = { serial: newSerial(), subject: 'Sallyport gateway', publicKey, ...validity };
  const certificatePem = createServerCertificate(fields, names, authority);
  const keyPem = toKeyPem(privateKey);
  await writeFileDurably(files.keyFile, keyPem, 0o600);
  await writeFileDurably(files.certificateFile, certificatePem, 0o644);
  return { certificatePem, keyPem };
}

/** Exactly these names: one that was taken out of the config must not go on being vouched for. */
function hasNames(leaf: X509Certificate, names: readonly string[]): boolean {
  const present = (leaf.subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
  const wanted = names.map(canonicalName);
  return (
    present.length === wanted.length && present.map(canonicalName).every((name) => wanted.includes(name))
  );
}

function canonicalName(text: string): string {
  const bytes = addressBytes(text);
  return bytes === undefined ? text : Buffer.from(bytes).toString('hex');
}

function checkName(name: string): void {
  if (addressBytes(name) !== undefined || (name.length <= 253 && DNS_NAME.test(name))) return;
  throw new ListenerError(
    'ERR_LISTENER_CERTIFICATE_INVALID',
    `\`${name}\` is neither a DNS name nor an IP address; correct the names of the certificate`,
    { source: 'config' },
  );
}

/** A key that others could read is closed again; whether they did read it nobody knows. */
async function tightenMode(keyFile: string): Promise<readonly string[]> {
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

function broken(files: Files, problem: string): ListenerError {
  return new ListenerError(
    'ERR_LISTENER_LOCAL_CA_BROKEN',
    `${files.caCertificate} ${problem}; restore ${files.caKey}, or delete both to make a new CA that clients must then trust`,
    { source: 'config' },
  );
}

function toKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** 127 random bits: unique, and never negative or zero-led (RFC 5280 section 4.1.2.2). */
function newSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}
