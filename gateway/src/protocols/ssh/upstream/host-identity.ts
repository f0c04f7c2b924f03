/** What a machine has to prove itself by: keys that are configured, and nothing that is met for the first time. */
import { open } from 'node:fs/promises';
import type { SshResourceConfig } from '../config.ts';
import { HOST_KEY_TYPES } from '../transport/algorithms.ts';
import { fingerprintOf } from '../transport/keys.ts';
import { SshUpstreamError } from './errors.ts';
import { readKnownHosts } from './known-hosts.ts';

/** How to recognise a machine. */
export interface HostIdentity {
  /** @param key public key in wire form */
  isHostKey(key: Buffer): boolean;
  /** Types to ask for; undefined: any. */
  readonly types: readonly string[] | undefined;
}

/** Longest known_hosts file, in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Reads what the resource says of its machine. Rejects with SshUpstreamError `ERR_SSH_UPSTREAM_CONFIGURATION`. */
export async function readHostIdentity(config: SshResourceConfig): Promise<HostIdentity> {
  const { hostKeys = [], knownHosts } = config;
  if (knownHosts === undefined) {
    return { isHostKey: (key) => hostKeys.includes(fingerprintOf(key)), types: undefined };
  }
  const text = await readBounded(knownHosts);
  const { trusted, revoked, types } = readKnownHosts(text, config.host, config.port);
  if (trusted.size === 0)
    throw configuration(`${knownHosts} has no key of ${config.host} port ${config.port}`);
  return {
    isHostKey(key) {
      const encoded = key.toString('base64');
      return trusted.has(encoded) && !revoked.has(encoded);
    },
    types: HOST_KEY_TYPES.filter((type) => types.has(type.startsWith('rsa-') ? 'ssh-rsa' : type)),
  };
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
