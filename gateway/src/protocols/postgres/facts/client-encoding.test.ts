import { describe, expect, it } from 'vitest';
import { isServedByUtf8, isUtf8 } from './client-encoding.ts';

describe('client encoding', () => {
  it.each(['UTF8', 'utf-8', 'UTF_8', "'utf-8'", 'Unicode'])(
    'takes %s for UTF-8, as PostgreSQL does',
    (name) => {
      expect(isUtf8(name)).toBe(true);
      expect(isServedByUtf8(name)).toBe(true);
    },
  );

  it('takes no wish for a wish for UTF-8, in a startup packet only', () => {
    expect(isServedByUtf8('SQL_ASCII')).toBe(true);
    expect(isServedByUtf8('auto')).toBe(true);
    expect(isUtf8('SQL_ASCII')).toBe(false);
  });

  it.each(['LATIN1', 'GBK', 'utf16', 'utf80', '', 'UTF８'])('does not take %j for UTF-8', (name) => {
    expect(isServedByUtf8(name)).toBe(false);
  });
});
