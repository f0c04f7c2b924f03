/** Whether this process may do what NTLM needs. */
import { createHash } from 'node:crypto';
import { NlaError } from './errors.ts';

/** @throws NlaError where OpenSSL has no MD5, as in FIPS mode */
export function requireNtlm(): void {
  try {
    createHash('md5').update('').digest();
  } catch {
    throw new NlaError(
      'ERR_RDP_NLA_FIPS',
      'NLA of RDP is impossible in FIPS mode: NTLM needs MD5, which this OpenSSL refuses; run the gateway without FIPS mode, or without listeners of RDP',
      'config',
    );
  }
}
