import { isIP } from 'node:net';

/** How the upstream's certificate is checked, in libpq's words. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** Whether the mode proves who the upstream is. */
export function isVerifying(mode: TlsMode): boolean {
  return mode === 'verify-ca' || mode === 'verify-full';
}

/** Whether `host` names this machine: `localhost`, 127.0.0.0/8 or ::1. What a name resolves to is checked later. */
export function isLoopbackName(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  return isLoopbackAddress(host);
}

/** Whether an IP address as the socket tells it belongs to this machine's loopback interface. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
