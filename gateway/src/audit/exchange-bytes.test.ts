import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeIntent, ExchangeOutcome } from '../model/audit-event.ts';
import { Batch } from './batch.ts';
import { escapeJsonText } from './escape-json-text.ts';
import { writeExchange } from './exchange-bytes.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\u2028', '\n'),
);
const object = fc.dictionary(text, fc.jsonValue()) as fc.Arbitrary<Record<string, never>>;

const intents: fc.Arbitrary<ExchangeIntent> = fc.record(
  {
    type: fc.constant('exchange.intent' as const),
    session: text,
    exchange: text,
    request: object,
    summary: text,
    effect: fc.constantFrom('permit' as const, 'deny' as const),
    decision: text,
    cause: text,
    rules: fc.array(text),
    observed: fc.array(fc.record({ rule: text, effect: text })),
    policy: fc.record({ hash: text, commit: text }),
  },
  {
    requiredKeys: [
      'type',
      'session',
      'exchange',
      'request',
      'summary',
      'effect',
      'decision',
      'rules',
      'policy',
    ],
  },
);
const outcomes: fc.Arbitrary<ExchangeOutcome> = fc.record({
  type: fc.constant('exchange.outcome' as const),
  session: text,
  exchange: text,
  status: fc.constantFrom('ok' as const, 'unknown' as const),
  result: object,
  durationMs: fc.double(),
});

function written(event: { readonly type: string }): string | undefined {
  const out = new Batch();
  return writeExchange(event, out) ? Buffer.from(out.view()).toString('utf8') : undefined;
}

describe('JSON of an exchange', () => {
  it('P4: says what JSON.stringify says, on one line, for any values', () => {
    fc.assert(
      fc.property(fc.oneof(intents, outcomes), (event) => {
        const json = written(event) ?? '';
        // As text: V8's JSON.parse takes the key "\u2028" for "\\" where an object before had that.
        expect(json).toBe(escapeJsonText(JSON.stringify(event)));
        expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(json.startsWith('{"type":"exchange.')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves to others what has more fields than it knows, and other events', () => {
    const outcome = {
      type: 'exchange.outcome',
      session: 's',
      exchange: 'e',
      status: 'ok',
      result: {},
      durationMs: 1,
    };
    expect(written(outcome as ExchangeOutcome)).toBeDefined();
    expect(written({ ...outcome, more: 1 } as never)).toBeUndefined();
    expect(written({ type: 'gateway.stopped' })).toBeUndefined();
  });
});
