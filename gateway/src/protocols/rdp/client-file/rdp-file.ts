/** Files that clients of RDP open (`.rdp`), with lines of name, type and value. */

/** Where to connect, and as whom. */
export interface RdpFile {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Asks for the clipboard of the client's machine; the policy decides. */
  readonly clipboard: boolean;
  /** Asks for its drives. */
  readonly drives: boolean;
}

/** A value ends with its line: what does not is no value, wherever it comes from. */
const VALUE = /^[\x21-\x7e]+$/;

/**
 * The text of a file; undefined where host or user are not of visible ASCII, so that no line can be added by them. It never holds the secret: clients ask for it. What the policy may refuse is off unless asked for, so
 * that clients do not offer what the gateway takes away.
 */
export function rdpFileText({ host, port, user, clipboard, drives }: RdpFile): string | undefined {
  if (!VALUE.test(host) || !VALUE.test(user)) return undefined;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    `full address:s:${authority}`,
    `username:s:${user}`,
    'prompt for credentials:i:1',
    'enablecredsspsupport:i:1',
    // No connection where the certificate is not what it has to be; 2 would leave it to whoever sits there.
    'authentication level:i:1',
    'negotiate security layer:i:1',
    'gatewayusagemethod:i:0',
    'autoreconnection enabled:i:0',
    `redirectclipboard:i:${clipboard ? 1 : 0}`,
    `drivestoredirect:s:${drives ? '*' : ''}`,
    'redirectprinters:i:0',
    'redirectcomports:i:0',
    'redirectsmartcards:i:0',
    'redirectwebauthn:i:0',
    'redirectlocation:i:0',
    'devicestoredirect:s:',
    'usbdevicestoredirect:s:',
    'camerastoredirect:s:',
    'audiomode:i:2',
    'audiocapturemode:i:0',
    'videoplaybackmode:i:0',
    // The gateway records bitmaps: these would be taken away.
    'networkautodetect:i:0',
    'bandwidthautodetect:i:0',
    'compression:i:0',
    'bitmapcachepersistenable:i:0',
    'session bpp:i:32',
    'use multimon:i:0',
    '',
  ].join('\r\n');
}
