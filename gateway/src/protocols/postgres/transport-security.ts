/** How the upstream's certificate is checked, in libpq's words. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** Whether the mode proves who the upstream is. */
export function isVerifying(mode: TlsMode): boolean {
  return mode === 'verify-ca' || mode === 'verify-full';
}

/** Whether `host` names this machine: `localhost`, 127.0.0.0/8 or ::1. What a name resolves to is checked later. */
export function isLoopbackName(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopbackAddress(host);
}

/** Whether an IP address as the socket tells it belongs to this machine's loopback interface. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127(\.(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(plain);
}
