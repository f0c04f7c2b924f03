import { describe, expect, it } from 'vitest';
import { type PostgresResourceConfig, postgresResourceSchema } from '../../config.ts';
import { closingLines } from './closing-lines.ts';

const configOf = (more: object): PostgresResourceConfig =>
  postgresResourceSchema.parse({
    host: 'db.internal',
    database: 'shop',
    accounts: [{ name: 'app', credential: { env: 'APP' } }],
    ...more,
  });

const hba = (more: object, gateway: readonly string[]): readonly string[] =>
  closingLines(configOf(more), gateway)[0]?.lines ?? [];

describe('the lines that close the direct path', () => {
  it('let each account in from each address of the gateway, and from nowhere else', () => {
    const accounts = [
      { name: 'reader', user: 'shop_ro', credential: { env: 'A' } },
      { name: 'writer', credential: { none: true }, clientCertificate: { cert: '/c', key: '/k' } },
    ];
    const lines = hba({ accounts, defaultAccount: 'reader', databases: ['shop', 'crm'] }, [
      '10.0.0.5',
      '2001:db8::5',
    ]);
    expect(lines).toEqual([
      'hostssl "shop","crm" "shop_ro" 10.0.0.5/32 scram-sha-256',
      'hostssl "shop","crm" "shop_ro" 2001:db8::5/128 scram-sha-256',
      'host all "shop_ro" all reject',
      'host replication "shop_ro" all reject',
      'local all "shop_ro" reject',
      'hostssl "shop","crm" "writer" 10.0.0.5/32 cert',
      'hostssl "shop","crm" "writer" 2001:db8::5/128 cert',
      'host all "writer" all reject',
      'host replication "writer" all reject',
      'local all "writer" reject',
    ]);
  });

  it('name all databases where globs stand for them, and ask for no TLS where the config has none', () => {
    expect(hba({ databases: ['shop', 'tenant_*'] }, ['10.0.0.5'])[0]).toContain('hostssl all "app"');
    const plain = { host: '127.0.0.1', tls: { mode: 'disable' } };
    expect(hba(plain, ['127.0.0.1'])[0]).toBe('host "shop" "app" 127.0.0.1/32 scram-sha-256');
  });

  it('cannot be made to say something else by a name', () => {
    const accounts = [{ name: 'a" all all trust\n', credential: { env: 'A' } }];
    expect(hba({ accounts }, ['10.0.0.5'])).toEqual([
      '# account "a\\" all all trust\\n" cannot be named in pg_hba.conf: rename it',
    ]);
    expect(hba({ database: 'x" all 0.0.0.0/0 trust\n' }, ['10.0.0.5'])[0]).toContain('hostssl all "app"');
  });

  it('let only the gateway at the port', () => {
    const lines = closingLines(configOf({ port: 6000 }), ['10.0.0.5', '2001:db8::5'])[1]?.lines ?? [];
    expect(lines.map((line) => line.trim()).slice(3, 6)).toEqual([
      'tcp dport 6000 ip saddr { 10.0.0.5 } accept',
      'tcp dport 6000 ip6 saddr { 2001:db8::5 } accept',
      'tcp dport 6000 drop',
    ]);
  });
});
