import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdentityError } from './errors.ts';
import { issuerConfigSchema } from './issuer-config.ts';
import { readTokenForm } from './token-form.ts';
import { createTokenVerifier } from './token-verifier.ts';

const part = fc.oneof(
  fc.string(),
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc
    .record(
      { alg: fc.anything(), kid: fc.anything(), typ: fc.anything(), iss: fc.anything() },
      { requiredKeys: [] },
    )
    .map((value) =>
      Buffer.from(JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? 0 : inner))).toString(
        'base64url',
      ),
    ),
);
const anyToken = fc.oneof(
  fc.string(),
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
);

function outcomeOf(text: string): string {
  try {
    readTokenForm(text, 4096);
    return 'read';
  } catch (error) {
    return error instanceof IdentityError ? 'refused' : String(error);
  }
}

describe('P10: any text in the password field', () => {
  it('is read or refused, never anything else', () => {
    fc.assert(
      fc.property(anyToken, (text) => {
        expect(outcomeOf(text)).toMatch(/^(read|refused)$/);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused by the verifier with a message for the client', async () => {
    const config = issuerConfigSchema.parse({ issuer: 'https://idp.example', audience: ['a'] });
    const fetch = () => Promise.reject(new Error('nothing may be fetched for such tokens'));
    const verifier = createTokenVerifier([config], { clock: { nowMs: () => 0 }, fetch });
    await fc.assert(
      fc.asyncProperty(anyToken, async (text) => {
        const error: unknown = await verifier.verify(text).then(
          () => undefined,
          (reason) => reason,
        );
        expect(error).toBeInstanceOf(IdentityError);
        expect(error).toHaveProperty('publicMessage', expect.any(String));
      }),
      { numRuns: 300 },
    );
  });

  it('says what is wrong in words that fit protocols without passwords', () => {
    expect(() => readTokenForm('hunter2', 100)).toThrow('what was sent is not a JWT');
  });
});
