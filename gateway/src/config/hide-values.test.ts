import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { hideValues } from './hide-values.ts';

describe('a config without its values', () => {
  it('shows keys, and what names places and modes', () => {
    const text = 'listeners:\n  - { protocol: ssh, listen: "127.0.0.1:0" } # of us\ndataDir: /srv/data\n';
    expect(hideValues(text).text).toBe(
      'listeners:\n  - { protocol: ssh, listen: "127.0.0.1:0" } ***\ndataDir: ***\n',
    );
  });

  it('P6: hides a URL with a login in it, whatever the key', () => {
    expect(hideValues('host: postgres://app:secret@db/shop\n').text).toBe('host: ***\n');
  });

  it('keeps its lines, and knows where a place is now', () => {
    const text = 'a: |\n  one\n  two\nb: { c: long-secret, port: 5 }\n';
    const hidden = hideValues(text);
    expect(hidden.text.split('\n')).toHaveLength(text.split('\n').length);
    expect(hidden.text.slice(hidden.offsetOf(text.indexOf('port')))).toBe('port: 5 }\n');
  });

  it('P6: no value under a key that is not listed shows, in YAML or in JSON, broken anywhere', () => {
    const secret = 'S3cret-of-somebody';
    const odd = fc.constantFrom('', '*', '!', '&', '@', '|', '- ', '"', "'", ': ', '{', '[', '\n');
    const value = fc.tuple(odd, odd).map(([before, after]) => `${before}${secret}${after}`);
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        value,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('credential', 'password', 'env', 'values'), tie('node'), {
          maxKeys: 3,
        }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.boolean(), fc.nat(300), (content, isJson, cut) => {
        const written = isJson ? JSON.stringify(content, null, 2) : stringify(content);
        for (const text of [written, written.slice(0, cut)]) {
          expect(hideValues(text).text).not.toContain(secret);
          expect(() => parseDocument(text)).not.toThrow();
        }
      }),
    );
  });
});
