import type { ExportLine } from './sink.ts';

/** Facility 13, log audit (RFC 5424, section 6.2.1). */
const FACILITY = 13;
const HOST_CHARACTERS = 255;
const MSGID_CHARACTERS = 32;

/**
 * One message of RFC 5424 with octet counting (RFC 5425, section 4.3; RFC 6587, section 3.4.1 for TCP):
 * `LENGTH SP <PRI>1 TIMESTAMP HOSTNAME sallyport PROCID MSGID - JSON`. No structured data: the message is JSON.
 */
export function syslogFrame(line: ExportLine, host: string, processId: number): Buffer {
  const priority = FACILITY * 8 + line.level;
  const header = `<${priority}>1 ${line.at} ${printable(host, HOST_CHARACTERS)} sallyport ${processId} ${printable(line.type, MSGID_CHARACTERS)} -`;
  const message = Buffer.from(`${header} ${line.text}`, 'utf8');
  return Buffer.concat([Buffer.from(`${message.length} `, 'latin1'), message]);
}

/** PRINTUSASCII of RFC 5424; `-` where nothing is left. */
function printable(text: string, most: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}
