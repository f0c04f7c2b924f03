/** Connects to a resource as the gateway does, with each of its accounts, and says what is wrong with it. */
import { createCredentialSource } from '../../../../credentials/credential-source.ts';
import type { CheckResult } from '../../../../model/check-result.ts';
import { GatewayError } from '../../../../model/gateway-error.ts';
import type { ConfiguredResource, DoctorServices, ResourceExamination } from '../../../protocol.ts';
import type { PostgresAccount, PostgresResourceConfig } from '../../config.ts';
import { connectUpstream, type UpstreamConnection } from '../../upstream.ts';
import { MessageChannel } from '../message-channel.ts';
import { type AccountFacts, readAccountFacts } from './account-facts.ts';

/** From where on a difference of clocks is worth a warning, and from where on tokens fail. */
const WARN_SKEW_MS = 2_000;
const FAIL_SKEW_MS = 60_000;

/** Examines one resource: a login with each account, what it may do, TLS, the server's clock. */
export async function examineResource(
  { resource, config }: ConfiguredResource<PostgresResourceConfig>,
  services: DoctorServices,
): Promise<ResourceExamination> {
  const results: CheckResult[] = [];
  const addresses = new Set<string>();
  for (const account of config.accounts) {
    const check = `resource ${resource.name}, account ${account.name}`;
    try {
      const { connection, facts, skewMs, warnings } = await logIn(config, account, services);
      if (facts.clientAddress !== undefined) addresses.add(facts.clientAddress);
      results.push(describe(check, connection));
      for (const message of warnings)
        results.push({ check, level: 'warn', message, remedy: 'chmod 0600 it' });
      results.push(...judge(check, { connection, facts, account, skewMs, config }));
    } catch (error) {
      results.push(failure(check, error));
    }
  }
  return { results, gatewayAddresses: [...addresses] };
}

async function logIn(
  config: PostgresResourceConfig,
  account: PostgresAccount,
  { clock, signal }: DoctorServices,
): Promise<{
  connection: UpstreamConnection;
  facts: AccountFacts;
  skewMs: number;
  warnings: readonly string[];
}> {
  const warnings: string[] = [];
  const credential = createCredentialSource(account.credential, {
    clock,
    onWarning: (message) => warnings.push(message),
  });
  const connection = await connectUpstream({
    resource: config,
    account: account.name,
    database: config.database,
    startupParameters: new Map(),
    applicationName: 'sallyport doctor',
    credential,
    signal,
    minor: 0,
  });
  try {
    const askedMs = clock.nowMs();
    const facts = await readAccountFacts(new MessageChannel(connection.socket));
    const midMs = (askedMs + clock.nowMs()) / 2;
    return { connection, facts, skewMs: Math.round(facts.serverMs - midMs), warnings };
  } finally {
    connection.socket.destroy();
  }
}

function describe(check: string, { serverVersion, method, tls }: UpstreamConnection): CheckResult {
  const version = `PostgreSQL ${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
  const secured =
    tls === undefined ? 'no TLS' : `${tls.protocol}, ${tls.verified ? 'verified' : 'not verified'}`;
  return { check, level: 'ok', message: `${version} lets the gateway in (${method}, ${secured})` };
}

function judge(
  check: string,
  seen: {
    readonly connection: UpstreamConnection;
    readonly facts: AccountFacts;
    readonly account: PostgresAccount;
    readonly config: PostgresResourceConfig;
    readonly skewMs: number;
  },
): CheckResult[] {
  const { connection, facts, account, config, skewMs } = seen;
  const results: CheckResult[] = [];
  const say = (level: 'warn' | 'fail', message: string, remedy: string): void => {
    results.push({ check, level, message, remedy });
  };
  if (connection.tls?.verified === false) {
    say('warn', "the server's certificate is not verified", 'set `tls.mode: verify-full`, and `tls.ca`');
  }
  if (connection.tls === undefined && config.allowPlaintext) {
    say('warn', 'traffic to the server is in the clear', 'give it TLS, and take `allowPlaintext` away');
  }
  if (connection.method === 'trust') {
    say(
      'fail',
      'the server asks for no secret: anybody may be this account',
      'use scram-sha-256 in pg_hba.conf',
    );
  }
  if (connection.method === 'md5' || connection.method === 'password') {
    say('warn', `the server authenticates by ${connection.method}`, 'use scram-sha-256 in pg_hba.conf');
  }
  if (account.allowSuperuser || facts.attributes.length > 0) {
    const what =
      facts.attributes.length > 0
        ? `is ${facts.attributes.join(', ')}`
        : 'may be a superuser (allowSuperuser)';
    say('warn', `the login ${what}`, 'give agents a login without such attributes');
  }
  if (facts.ownedTables > 0) {
    say(
      'warn',
      `the login owns ${facts.ownedTables} tables: it can drop them and is above row security`,
      'let another role own them, and GRANT what agents need',
    );
  }
  if (Math.abs(skewMs) >= WARN_SKEW_MS) {
    const level = Math.abs(skewMs) >= FAIL_SKEW_MS ? 'fail' : 'warn';
    say(
      level,
      `the server's clock differs from the gateway's by ${(skewMs / 1000).toFixed(1)} s`,
      'run NTP on both',
    );
  }
  return results;
}

const REMEDIES: Readonly<Record<string, string>> = {
  ERR_UPSTREAM_UNREACHABLE: 'check `host` and `port`, and the way from here to the server',
  ERR_UPSTREAM_BUSY: 'wait until the server is up, or raise max_connections',
  ERR_UPSTREAM_TLS: 'switch TLS on at the server, or see `tls.mode`',
  ERR_UPSTREAM_CERTIFICATE:
    'name the right CA in `tls.ca`, and in `tls.serverName` the name that the certificate has',
  ERR_UPSTREAM_AUTHENTICATION: "check the account's secret and pg_hba.conf",
  ERR_UPSTREAM_METHOD: 'use scram-sha-256 in pg_hba.conf and for the password',
  ERR_UPSTREAM_CREDENTIAL: 'check where `credential` points',
  ERR_UPSTREAM_DATABASE: 'check `database`, and GRANT CONNECT on it',
  ERR_UPSTREAM_SUPERUSER: 'use a lesser login; `allowSuperuser` only if it has to be',
  ERR_UPSTREAM_SETTING: 'look for a login trigger, ALTER ROLE … SET, or a pooler in between',
  ERR_UPSTREAM_CONFIGURATION: 'correct the config of the resource',
};

function failure(check: string, error: unknown): CheckResult {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof GatewayError ? error.code : '';
  return { check, level: 'fail', message, remedy: REMEDIES[code] ?? 'see docs/errors.md' };
}
