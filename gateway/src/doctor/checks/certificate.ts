import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Plan } from '../../config/schema.ts';
import { certificateFromFiles } from '../../listener/certificates.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, reasonOf, well, wrong } from '../check.ts';

const CHECK = 'certificate';
const DAY_MS = 86_400_000;
const WARN_DAYS = 21;
const BLOCKS = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificate that clients are shown: dates, key, chain, names, file modes. */
export async function checkCertificate(context: DoctorContext): Promise<readonly CheckResult[]> {
  const files = filesOf(context.plan);
  if (files.isOwn && !existsSync(files.certificateFile)) {
    return [well(CHECK, 'the gateway makes a certificate of its own CA at its first start')];
  }
  try {
    const { leaf } = await certificateFromFiles(files, context.clock).load();
    return [
      ...expiry(leaf, files, context),
      ...names(leaf, context.plan),
      ...(await chain(files.certificateFile)),
      ...(await keyMode(files.keyFile)),
    ];
  } catch (error) {
    const remedy = files.isOwn
      ? 'move the `tls` folder of the data folder away: a new CA is made, which clients then have to trust'
      : 'correct `tls.cert` and `tls.key`';
    return [wrong(CHECK, reasonOf(error), remedy)];
  }
}

interface Files {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly isOwn: boolean;
}

function filesOf({ tls, dataDir }: Plan): Files {
  if (tls.cert !== undefined && tls.key !== undefined) {
    return { certificateFile: tls.cert, keyFile: tls.key, isOwn: false };
  }
  const folder = join(dataDir, 'tls');
  return { certificateFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key'), isOwn: true };
}

function expiry(leaf: X509Certificate, { isOwn }: Files, { clock }: DoctorContext): CheckResult[] {
  const days = Math.floor((leaf.validToDate.getTime() - clock.nowMs()) / DAY_MS);
  const message = `the certificate ends in ${days} days`;
  // One of our own is made anew 30 days before its end, at a start or at use.
  if (days >= WARN_DAYS) return [well(CHECK, message)];
  return [doubtful(CHECK, message, isOwn ? 'restart the gateway: it makes a new one' : 'renew it')];
}

function names(leaf: X509Certificate, { listeners, tls, api }: Plan): CheckResult[] {
  const hosts = [
    ...listeners.map(({ listen }) => listen.host),
    ...(api === undefined ? [] : [api.listen.host]),
  ];
  const wanted = new Set([...hosts, ...tls.names, ...(api?.names ?? [])].filter((name) => !isAny(name)));
  const missing = [...wanted].filter(
    (name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) === undefined,
  );
  if (missing.length === 0) return [];
  const message = `the certificate does not name ${missing.join(', ')}: clients with verify-full refuse it there`;
  return [
    doubtful(CHECK, message, 'add the names to the certificate, or to `tls.names` for one of the own CA'),
  ];
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

async function chain(file: string): Promise<CheckResult[]> {
  const blocks = (await readFile(file, 'utf8')).match(BLOCKS) ?? [];
  const certificates = blocks.slice(0, 10).map((pem) => new X509Certificate(pem));
  for (const [index, issuer] of certificates.slice(1).entries()) {
    if (certificates[index]?.checkIssued(issuer) === true) continue;
    const message = `certificate ${index + 2} of ${file} is not the issuer of the one before it`;
    return [wrong(CHECK, message, 'put the leaf first, then each issuer in turn')];
  }
  return [];
}

async function keyMode(file: string): Promise<CheckResult[]> {
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return [];
  const level = (mode & 0o007) === 0 ? doubtful : wrong;
  return [level(CHECK, `${file} has mode ${(mode & 0o777).toString(8)}`, `chmod 600 ${file}`)];
}
