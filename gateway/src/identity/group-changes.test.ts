import { describe, expect, it } from 'vitest';
import { readGroupChanges } from './group-changes.ts';
import { type IssuerConfig, type IssuerConfigInput, issuerConfigSchema } from './issuer-config.ts';

function issuer(name: string, more: Partial<IssuerConfigInput> = {}): IssuerConfig {
  return issuerConfigSchema.parse({ issuer: `https://${name}.example`, audience: ['gw'], ...more });
}

describe('a changed config', () => {
  it('P12: takes effect in the group mapping of issuers that are there already', () => {
    const mapping = { map: { a: ['x'] }, prefix: '' };
    expect(readGroupChanges([issuer('a')], [issuer('a', { groupMapping: mapping })])).toEqual({
      trusted: [{ issuer: 'https://a.example', groupMapping: mapping }],
      waiting: [],
    });
  });

  it('P12: takes trust away at once, and widens it only at a restart', () => {
    const changes = readGroupChanges(
      [issuer('a'), issuer('b'), issuer('c')],
      [issuer('b', { leewaySeconds: 60 }), issuer('c'), issuer('new')],
    );
    expect(changes.trusted.map((one) => one.issuer)).toEqual(['https://b.example', 'https://c.example']);
    expect(changes.waiting).toEqual(['https://b.example', 'https://new.example']);
  });
});
