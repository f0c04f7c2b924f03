import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadPairs } from './response-facts.ts';
import { drive, type MaskOf, maskOf } from './testing/drive.ts';

const MASKS: readonly MaskOf[] = [
  { columns: ['*.email'], method: 'partial' },
  { columns: ['*.ssn'], method: 'redact' },
  { columns: ['user.id'], method: 'pseudonym' },
  { columns: ['*.note'], detect: ['word'] },
  { columns: ['*.doc'], paths: ['a.b', '**.c'] },
];
const limits = { valueBytes: 48, windowBytes: 65_536 };
const NEEDLE = 'QZNEEDLE';

const cuts = fc.array(fc.nat({ max: 5000 }), { maxLength: 20 });
const keys = fc.constantFrom(
  'email',
  'Email',
  'ssn',
  'user',
  'id',
  'note',
  'doc',
  'a',
  'b',
  'c',
  'x',
  '',
  'é',
  '__proto__',
);
const scalars = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('a secret', 'bob@example.com', 'x'.repeat(60), '"}],:{', '\\"', '😀'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 5 }, scalars, fc.array(tie('tree'), { maxLength: 4 }), tie('object')),
  object: fc
    .array(fc.tuple(keys, tie('tree')), { maxLength: 4 })
    .map((members) => members as readonly (readonly [string, unknown])[])
    // Written by hand, so that names may come twice.
    .map((members) => ({ toText: members })),
}));

function write(value: unknown, space: string): string {
  if (Array.isArray(value)) return `[${space}${value.map((one) => write(one, space)).join(`${space},`)}]`;
  if (typeof value === 'object' && value !== null && 'toText' in value) {
    const members = value.toText as readonly (readonly [string, unknown])[];
    return `{${members.map(([key, one]) => `${space}${JSON.stringify(key)}:${space}${write(one, space)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const jsonText = fc
  .tuple(tree, fc.constantFrom('', ' ', '\n\t'))
  .map(([value, space]) => Buffer.from(write(value, space)));

async function outcome(
  body: Buffer,
  type: string,
  places: readonly number[],
  masks = MASKS,
  most = 48,
): Promise<string> {
  const fields: HeadPairs = [['content-type', type]];
  const mask = maskOf(masks, { limits: { ...limits, valueBytes: most } });
  try {
    return (
      (await drive(mask, body, { fields, cuts: places })).toString('latin1') + JSON.stringify(mask.summary())
    );
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : ''}`;
  }
}

const everyByte = (body: Buffer): readonly number[] => Array.from(body, (_, index) => index);

describe('any response', () => {
  it('P5: JSON in any pieces gives the same bytes, and they are JSON', async () => {
    await fc.assert(
      fc.asyncProperty(jsonText, cuts, async (body, places) => {
        const whole = await outcome(body, 'application/json', []);
        expect(await outcome(body, 'application/json', places)).toBe(whole);
        expect(await outcome(body, 'application/json', everyByte(body))).toBe(whole);
        const out = await drive(maskOf(MASKS, { limits }), body);
        expect(() => JSON.parse(out.toString()) as unknown).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    'text/csv',
    'text/event-stream',
    'application/x-ndjson',
    'application/x-www-form-urlencoded',
    'text/xml',
  ])('%s in any pieces gives the same bytes, or the same refusal', async (type) => {
    const piece = fc.constantFrom(
      'email',
      'ssn',
      ',',
      '\n',
      '\r\n',
      '\r',
      '"',
      '""',
      'data: ',
      'data',
      ':',
      '{"email":"x"}',
      '[1]',
      '&',
      '=',
      '%40',
      '<a>',
      '</a>',
      'secret',
      ' ',
      '\n\n',
      'event: e',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), cuts, async (pieces, places) => {
        const body = Buffer.from(pieces.join(''));
        const whole = await outcome(body, type, []);
        const bytewise = await outcome(body, type, everyByte(body));
        // What is refused may be refused at another place; what was handed out before is masked.
        expect(bytewise).toBe(whole);
        expect(await outcome(body, type, places)).toBe(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('P5: a masked value stands nowhere in what was sent on, whole or refused', async () => {
    const placed = fc.tuple(jsonText, jsonText, fc.constantFrom('email', 'EMAIL', 'ssn', 's\\u0073n'), cuts);
    await fc.assert(
      fc.asyncProperty(placed, fc.boolean(), async ([before, after, key, places], isBroken) => {
        const body = Buffer.concat([
          Buffer.from('{"x":'),
          before,
          Buffer.from(`,"${key}":{"k":["${NEEDLE}",{"v":"${NEEDLE}"}]},"y":[{"${key}":"${NEEDLE}"},`),
          after,
          Buffer.from(isBroken ? ']' : ']}'),
        ]);
        const sent: Buffer[] = [];
        const mask = maskOf([{ columns: ['*.email'] }, { columns: ['*.ssn'], method: 'pseudonym' }], {
          limits,
        });
        mask.head({ status: 200, fields: [['content-type', 'application/json']], hasBody: true });
        const sink = (bytes: Buffer): Promise<void> => Promise.resolve(void sent.push(bytes));
        let from = 0;
        try {
          for (const cut of [...places.map((place) => place % body.length), body.length].sort(
            (a, b) => a - b,
          )) {
            await mask.body(body.subarray(from, cut), sink);
            from = cut;
          }
          await mask.end(sink);
          expect(isBroken).toBe(false);
        } catch (error) {
          if (!isBroken) throw error;
        }
        expect(Buffer.concat(sent).toString('latin1')).not.toContain(NEEDLE);
        expect(JSON.stringify(mask.summary())).not.toContain(NEEDLE);
      }),
      { numRuns: 150 },
    );
  });

  it('clean JSON is the same, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(jsonText, cuts, async (body, places) => {
        const out = await drive(
          maskOf([{ columns: ['*.none'] }, { detect: ['iban'] }]),
          Buffer.concat([Buffer.from('{"a":'), body, Buffer.from('}')]),
          { cuts: places },
        );
        expect(out.toString('latin1')).toBe(`{"a":${body.toString('latin1')}}`);
      }),
      { numRuns: 150 },
    );
  });

  it('P5: text over several windows gives the same bytes in any pieces, and no finding is cut', async () => {
    const words = fc.constantFrom('lorem ', 'ipsum\n', 'secret ', 'x'.repeat(700), `${'dolor '.repeat(300)}`);
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 100, maxLength: 400 }), cuts, async (parts, places) => {
        const body = Buffer.from(parts.join(''));
        const masks = [{ detect: ['word'] }];
        const whole = await outcome(body, 'text/plain', [], masks);
        expect(
          await outcome(
            body,
            'text/plain',
            places.map((place) => place * 97),
            masks,
          ),
        ).toBe(whole);
        expect(whole).not.toContain('secret');
      }),
      { numRuns: 20 },
    );
  });

  it('P5: any bytes under any type are masked or refused, and nothing else fails', async () => {
    const types = fc.constantFrom(
      'application/json',
      'text/csv',
      'text/event-stream',
      'text/xml',
      'application/x-www-form-urlencoded',
      'application/json-seq',
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), types, cuts, async (bytes, type, places) => {
        const result = await outcome(Buffer.from(bytes), type, places);
        if (result.startsWith('refused: '))
          expect(result).toMatch(/^refused: (?:the|an event of the) response /);
      }),
      { numRuns: 300 },
    );
  });

  it('P5: a masked value stands nowhere in tables, events, forms and XML, whatever stands around it', async () => {
    const value = fc
      .tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }))
      .map(([left, right]) => `${left.replaceAll('\r', '')}${NEEDLE}${right.replaceAll('\r', '')}`);
    const other = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\r', ''));
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const escaped = (text: string): string => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
    const writers: Readonly<Record<string, (secret: string, clean: string) => string>> = {
      'text/csv': (secret, clean) =>
        `id,email,x\n1,${quoted(secret)},${quoted(clean)}\n2,"",${quoted(clean)}\n`,
      'text/event-stream': (secret, clean) =>
        `data: ${JSON.stringify({ x: clean, list: [{ email: secret }] })}\n\ndata:${secret.replaceAll('\n', ' ')}\n\n`,
      'application/x-ndjson': (secret, clean) =>
        `${JSON.stringify({ email: [secret], x: clean })}\n${JSON.stringify({ EMAIL: secret })}\n`,
      'application/x-www-form-urlencoded': (secret, clean) =>
        new URLSearchParams([
          ['x', clean],
          ['user[email]', secret],
        ]).toString(),
      'text/xml': (secret, clean) =>
        `<a><email k="${escaped(secret)}">${escaped(secret)}<b>${escaped(secret)}</b></email><c email="${escaped(secret)}">${escaped(clean)}</c></a>`,
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(writers)),
        value,
        other,
        cuts,
        async (type, secret, clean, places) => {
          const body = Buffer.from(writers[type]?.(secret, clean) ?? '');
          const whole = await outcome(body, type, places, [{ columns: ['*.email'] }], 1000);
          expect(whole).not.toContain(NEEDLE);
          if (type !== 'text/xml') expect(whole).not.toMatch(/^refused/);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('a coded body in any pieces gives what the plain one gives', async () => {
    const coders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
    const coding = fc.constantFrom(...(Object.keys(coders) as (keyof typeof coders)[]));
    await fc.assert(
      fc.asyncProperty(jsonText, coding, cuts, async (body, name, places) => {
        const fields: HeadPairs = [
          ['content-type', 'application/json'],
          ['content-encoding', name],
        ];
        const plain = await drive(maskOf(MASKS, { limits }), body);
        const coded = await drive(maskOf(MASKS, { limits }), coders[name](body), { fields, cuts: places });
        expect(coded.equals(plain)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
