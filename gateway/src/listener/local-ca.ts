import { generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import {
  type Authority,
  type AuthorityFiles,
  BACKDATE_MS,
  checkCertificateName,
  newSerial,
  openAuthority,
  tightenMode,
  toKeyPem,
} from './certificate-authority.ts';
import {
  type CertificateSource,
  checkCertificate,
  readPemFile,
  type ServerCertificate,
} from './certificates.ts';
import { ListenerError } from './errors.ts';
import { addressBytes } from './ip-address.ts';
import { writeFileDurably } from './private-files.ts';
import { createServerCertificate } from './x509.ts';

/** Options of {@link certificateFromLocalCa}. */
export interface LocalCaOptions {
  /** Holds `ca.crt`, `ca.key`, `server.crt` and `server.key`; made when missing. Keys have mode 0600. */
  readonly directory: string;
  /** DNS names and IP addresses beside `localhost`, `127.0.0.1` and `::1`. */
  readonly names: readonly string[];
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
const SERVER_LIFETIME_MS = 90 * DAY_MS;
const SERVER_RENEW_BEFORE_MS = 30 * DAY_MS;
const ALWAYS_NAMED = ['localhost', '127.0.0.1', '::1'];

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
    names.forEach(checkCertificateName);
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

type Files = AuthorityFiles & Readonly<Record<'certificateFile' | 'keyFile', string>>;

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
