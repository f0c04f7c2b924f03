import { DetectorSet } from '../../../../masking/detector-set.ts';
import { ValueDigests } from '../../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../../masking/replace/masking-keys.ts';
import { Pseudonyms } from '../../../../masking/replace/pseudonyms.ts';
import type { MaskObligation } from '../../../../model/obligation.ts';
import { createSessionMasks, type SessionMasks } from '../../exchange-masks.ts';
import { type TestCatalogContent, testCatalog } from '../../masking/testing/fixtures.ts';

const KEYS = new MaskingKeys([{ id: 'k', bytes: new Uint8Array(32).fill(7) }]);

/** E-mail addresses of `public.customers` are redacted, and the word `secret` wherever it stands. */
export const REDACT_EMAIL: MaskObligation = {
  kind: 'mask',
  rule: 'emails',
  columns: ['*.email'],
  method: 'redact',
};
export const REDACT_WORD: MaskObligation = {
  kind: 'mask',
  rule: 'words',
  columns: [],
  detect: ['word'],
  method: 'redact',
};

/** Masks of a session on a server whose catalog knows `public.customers`, and what is given. */
export function testSessionMasks(content: TestCatalogContent = {}): SessionMasks {
  const tools = {
    detectors: new DetectorSet({ patterns: [{ name: 'word', pattern: 'secret' }] }),
    pseudonyms: new Pseudonyms(KEYS, 'test'),
    digests: new ValueDigests(KEYS, 'test'),
  };
  return createSessionMasks({ tools, catalog: testCatalog(content) });
}
