/** What is negotiated on either side: nothing with SHA-1, CBC or a group below 2048 bits. */
import { type Algorithms, hasNativeAddon } from './ssh2.ts';

/** Host key types that a server may prove itself by. */
export const HOST_KEY_TYPES: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/**
 * Strict key exchange is announced always. Without chacha20-poly1305 a peer that does not know it has nothing that
 * prefix truncation works on in practice (CVE-2023-48795). AES-GCM first: it is the fastest in Node's OpenSSL.
 */
export const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
};

/** How the gateway names itself to peers: no version of anything. */
export const IDENT = 'Sallyport';

/** Which code enciphers, for the log and `doctor`. */
export const CIPHERS_BY: string = hasNativeAddon
  ? 'the native addon of ssh2'
  : "Node's OpenSSL, called from JavaScript";
