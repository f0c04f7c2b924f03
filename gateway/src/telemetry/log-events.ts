/** Words for what happens at the edges: one place decides what is worth a line, and at which level. */
import type { IssuerEvent } from '../identity/issuer.ts';
import type { ListenerEvent } from '../listener/listener.ts';
import type { CertificateEvent } from '../listener/server-tls.ts';
import type { Log } from './log.ts';

/** An issuer's keys were fetched, or could not be. */
export function logIssuerEvent(log: Log, event: IssuerEvent): void {
  if (event.type === 'keys.failed') {
    log.error('issuer keys cannot be fetched', { issuer: event.issuer, reason: reasonOf(event.error) });
    return;
  }
  log.info('issuer keys fetched', {
    issuer: event.issuer,
    keys: event.keys,
    ignored: [...event.ignoredKeys],
  });
}

/** A server certificate took effect, with what is wrong with it, or was refused. */
export function logCertificateEvent(log: Log, event: CertificateEvent): void {
  if (event.type === 'certificate.rejected') {
    log.error('certificate refused, the old one stays', { reason: reasonOf(event.error) });
    return;
  }
  const { fingerprint, expiresAtMs, warnings } = event.certificate;
  const expires = new Date(expiresAtMs).toISOString();
  if (warnings.length > 0)
    log.warn('certificate loaded with warnings', { fingerprint, expires, warnings: [...warnings] });
  else log.debug('certificate loaded', { fingerprint, expires });
}

/** Something happened at a listening socket. */
export function logListenerEvent(log: Log, event: ListenerEvent): void {
  switch (event.type) {
    case 'connection.refused':
      log.warn('connection refused', { address: event.address, limit: event.limit });
      return;
    case 'session.failed':
      log.error('session failed', { address: event.address, reason: reasonOf(event.error) });
      return;
    case 'accept.failed':
      log.error('accept failed', { reason: reasonOf(event.error) });
      return;
    case 'socket.error':
      log.debug('socket error', { address: event.address, reason: reasonOf(event.error) });
      return;
    case 'connection.evicted':
    case 'handshake.timeout':
      log.info('handshake given up', { address: event.address, cause: event.type });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
