import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { auditError, causeText } from './errors.ts';
import type { AuditLayout } from './layout.ts';

/** Signs checkpoints. */
export interface CheckpointSigner {
  /** First 16 hex digits of SHA-256 over the public key (SPKI DER). */
  readonly keyId: string;
  /** SPKI DER in base64. */
  readonly publicKey: string;
  /** The same as PEM. */
  readonly pem: string;
  /** Ed25519 signature in base64. */
  sign(payload: Buffer): string;
  /** Whether the signature is this key's. */
  verify(payload: Buffer, signature: string): boolean;
}

/** Checks the signatures of one key. */
export interface CheckpointVerifier {
  readonly keyId: string;
  verify(payload: Buffer, signature: string): boolean;
}

/**
 * The signing key of the data folder; made at the first start.
 * @param hasLog there are segments: a missing key is then an error, not a first start
 * @throws AuditError `ERR_AUDIT_KEY`
 */
export function loadSigningKey(layout: AuditLayout, hasLog: boolean): CheckpointSigner {
  if (!existsSync(layout.privateKey)) {
    if (hasLog) {
      throw auditError(
        'ERR_AUDIT_KEY',
        `${layout.privateKey} is missing, but there is an audit log; restore the key, or move the audit folder away to begin a new log`,
      );
    }
    createKey(layout);
  }
  const key = readPrivateKey(layout);
  const publicKey = createPublicKey(key);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyId: keyIdOf(der),
    publicKey: der.toString('base64'),
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    sign: (payload) => sign(null, payload, key).toString('base64'),
    verify: verifyWith(publicKey),
  };
}

/**
 * A verifier from a public key file (PEM).
 * @throws AuditError `ERR_AUDIT_KEY`
 */
export function readVerifier(path: string): CheckpointVerifier {
  try {
    return verifierOf(createPublicKey(readFileSync(path)));
  } catch (cause) {
    throw auditError('ERR_AUDIT_KEY', `cannot read the public key ${path}: ${keyProblem(cause)}`, cause);
  }
}

/** A verifier from SPKI DER in base64; undefined when that is no Ed25519 key. */
export function parseVerifier(publicKey: string): CheckpointVerifier | undefined {
  try {
    return verifierOf(
      createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }),
    );
  } catch {
    return undefined;
  }
}

function verifierOf(key: KeyObject): CheckpointVerifier {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an ed25519 key');
  return { keyId: keyIdOf(key.export({ type: 'spki', format: 'der' })), verify: verifyWith(key) };
}

function verifyWith(key: KeyObject): (payload: Buffer, signature: string) => boolean {
  return (payload, signature) => verify(null, payload, key, Buffer.from(signature, 'base64'));
}

function keyIdOf(der: Buffer): string {
  return hash('sha256', der, 'hex').slice(0, 16);
}

/** Writes beside and renames, so that a crash leaves no half key. */
function createKey(layout: AuditLayout): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const beside = `${layout.privateKey}.new`;
  try {
    const fd = openSync(beside, 'w', 0o600);
    try {
      writeSync(fd, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    chmodSync(beside, 0o600);
    renameSync(beside, layout.privateKey);
  } catch (cause) {
    throw auditError(
      'ERR_AUDIT_KEY',
      `cannot make the signing key ${layout.privateKey}: ${causeText(cause)}`,
      cause,
    );
  }
}

function readPrivateKey(layout: AuditLayout): KeyObject {
  try {
    const mode = statSync(layout.privateKey).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Error(
        `its mode is ${mode.toString(8)}, others may read it; chmod 600, and ask whether it leaked`,
      );
    }
    const key = createPrivateKey(readFileSync(layout.privateKey));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is not an ed25519 key');
    return key;
  } catch (cause) {
    throw auditError(
      'ERR_AUDIT_KEY',
      `cannot use the signing key ${layout.privateKey}: ${causeText(cause)}`,
      cause,
    );
  }
}

/**
 * Puts the public key beside the private one. Call it only once the log is known to be signed with this key.
 * @throws AuditError `ERR_AUDIT_KEY`
 */
export function exportPublicKey(layout: AuditLayout, pem: string): void {
  try {
    if (existsSync(layout.publicKey) && readFileSync(layout.publicKey, 'utf8') === pem) return;
    writeFileSync(layout.publicKey, pem, { mode: 0o644 });
  } catch (cause) {
    throw auditError(
      'ERR_AUDIT_KEY',
      `cannot write the public key ${layout.publicKey}: ${causeText(cause)}`,
      cause,
    );
  }
}

/** OpenSSL's own words help nobody. */
function keyProblem(cause: unknown): string {
  const isForm = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('ERR_OSSL_');
  return isForm ? 'it is no public key in PEM; `audit-signing.pub` is one' : causeText(cause);
}
