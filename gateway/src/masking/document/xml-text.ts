import { unreadable } from './document-masks.ts';

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

/** Text with its references undone (XML 1.0, 4.6 and 4.1). Entities of a document type are unreadable. */
export function decodeXmlText(text: string): string {
  return !text.includes('&')
    ? text
    : text.replace(
        /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));|&/gi,
        (_whole: string, ...groups: unknown[]) => {
          const [hex, decimal, name] = groups.map((group) => (typeof group === 'string' ? group : ''));
          const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : -1;
          const known = name
            ? NAMED[name]
            : code >= 0 && code <= 0x10ffff
              ? String.fromCodePoint(code)
              : undefined;
          return known ?? unreadable();
        },
      );
}

/** Text that stands for itself in content and in attributes of either quote. */
export function encodeXmlText(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
