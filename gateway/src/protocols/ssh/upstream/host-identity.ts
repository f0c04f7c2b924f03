/** What a machine has to prove itself by: keys that are configured, and nothing that is met for the first time. */
import { open } from 'node:fs/promises';
import { type Certificate, readCertificate } from '../certificate/certificate.ts';
import { certificateFault } from '../certificate/check-certificate.ts';
import type { SshResourceConfig } from '../config.ts';
import { HOST_KEY_TYPES } from '../transport/algorithms.ts';
import { fingerprintOf } from '../transport/keys.ts';
import { HOST_CERTIFICATE_TYPES } from '../transport/machine-proofs.ts';
import { SshUpstreamError } from './errors.ts';
import { type KnownKeys, readKnownHosts } from './known-hosts.ts';

/** How to recognise a machine. */
export interface HostIdentity {
  /** @param key public key in wire form; of a certificate that is good: the key that it is for */
  isHostKey(key: Buffer): boolean | Buffer;
  /** Types to ask for; undefined: any. */
  readonly types: readonly string[] | undefined;
}

/** Longest known_hosts file, in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Reads what the resource says of its machine. Rejects with SshUpstreamError `ERR_SSH_UPSTREAM_CONFIGURATION`. */
export async function readHostIdentity(config: SshResourceConfig, nowMs: number): Promise<HostIdentity> {
  const { hostKeys = [], knownHosts } = config;
  if (knownHosts === undefined) {
    return { isHostKey: (key) => hostKeys.includes(fingerprintOf(key)), types: undefined };
  }
  const text = await readBounded(knownHosts);
  const known = readKnownHosts(text, config.host, config.port);
  const { trusted, revoked, authorities, types } = known;
  if (trusted.size === 0 && authorities.size === 0)
    throw configuration(`${knownHosts} has no key of ${config.host} port ${config.port}`);
  return {
    isHostKey(key) {
      const certificate = readCertificate(key);
      if (certificate !== undefined) return certifiedKey(certificate, known, { host: config.host, nowMs });
      const encoded = key.toString('base64');
      return trusted.has(encoded) && !revoked.has(encoded);
    },
    types: [
      ...(authorities.size === 0 ? [] : HOST_CERTIFICATE_TYPES),
      ...HOST_KEY_TYPES.filter((type) => types.has(type.startsWith('rsa-') ? 'ssh-rsa' : type)),
    ],
  };
}

/** The key of a certificate that one of the authorities gave to this machine; false otherwise. */
function certifiedKey(
  certificate: Certificate,
  { authorities, revoked }: KnownKeys,
  { host, nowMs }: { readonly host: string; readonly nowMs: number },
): Buffer | false {
  const isKnown = (key: Buffer): boolean => !revoked.has(key.toString('base64'));
  const fault = certificateFault(certificate, {
    kind: 'host',
    isAuthority: (key) => authorities.has(key.toString('base64')) && isKnown(key),
    nowMs,
    isPrincipal: (name) => name.toLowerCase() === host.toLowerCase(),
  });
  return fault === undefined && isKnown(certificate.key) ? certificate.key : false;
}

async function readBounded(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new Error(`longer than ${MOST_BYTES} bytes`);
    return await file.readFile('utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown failure';
    throw configuration(`cannot read ${path}: ${reason}`);
  }
}

function configuration(message: string): SshUpstreamError {
  return new SshUpstreamError('ERR_SSH_UPSTREAM_CONFIGURATION', message);
}
