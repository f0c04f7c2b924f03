import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditError, causeText } from './errors.ts';

/** Where the audit log keeps its files inside the data folder. */
export interface AuditLayout {
  readonly dataFolder: string;
  /** Holds the segments and `checkpoints.jsonl`. */
  readonly auditFolder: string;
  readonly checkpoints: string;
  /** Ed25519 private key, PKCS #8 PEM, mode 0600. */
  readonly privateKey: string;
  /** The matching public key, SPKI PEM: copy it to whoever verifies. */
  readonly publicKey: string;
  readonly lock: string;
  /** Says who holds the lock, for the error message only. */
  readonly holder: string;
}

/** The layout of one data folder. */
export function auditLayout(dataFolder: string): AuditLayout {
  const auditFolder = join(dataFolder, 'audit');
  return {
    dataFolder,
    auditFolder,
    checkpoints: join(auditFolder, 'checkpoints.jsonl'),
    privateKey: join(dataFolder, 'audit-signing.key'),
    publicKey: join(dataFolder, 'audit-signing.pub'),
    lock: join(dataFolder, 'gateway.lock'),
    holder: join(dataFolder, 'gateway.pid'),
  };
}

/** File name of a segment: `00000001.jsonl`; segments count from 1. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.jsonl`;
}

/** Path of a segment. */
export function segmentPath(layout: AuditLayout, segment: number): string {
  return join(layout.auditFolder, segmentName(segment));
}

/**
 * Numbers of the segments on file, ascending; empty when there is no audit folder.
 * @throws AuditError `ERR_AUDIT_UNREADABLE`
 */
export function listSegments(layout: AuditLayout): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync(layout.auditFolder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw auditError(
      'ERR_AUDIT_UNREADABLE',
      `cannot list ${layout.auditFolder}: ${causeText(cause)}; check its owner and mode`,
      cause,
    );
  }
  return names
    .filter((name) => /^[0-9]{8,15}\.jsonl$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .filter((segment) => segment > 0)
    .sort((a, b) => a - b);
}
