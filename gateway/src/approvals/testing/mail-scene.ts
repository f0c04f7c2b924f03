/** Approvals that tell people by mail: a server, a config, and what came of it. */
import { afterEach, expect, vi } from 'vitest';
import { certificateFromLocalCa } from '../../listener/local-ca.ts';
import { approvalsSchema } from '../config.ts';
import type { MailPlan } from '../mail/config.ts';
import type { OpenApprovals } from '../open-approvals.ts';
import type { OutboxTerms, WebhookState } from '../webhooks/outbox.ts';
import type { ApprovalsSite } from './approvals-fixture.ts';
import { type SmtpServerOptions, SmtpTestServer, type TakenMail } from './smtp-server.ts';

/** Quick, and one at a time. */
export const TERMS: OutboxTerms = { pausesMs: [1, 1, 1], timeoutMs: 5_000, maxQueued: 5, maxInFlight: 1 };
export const NOW: { readonly waitMs: number } = { waitMs: 0 };
export const CONSOLE = 'https://gateway.example.com:8443/console';
export const PASSWORD = 'p4ssword-of-the-mail-server';

/** Closed when the test is over. */
export const servers: SmtpTestServer[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

/** A mail server on loopback, until the test is over. */
export async function serve(options: SmtpServerOptions = {}, port: number = 0): Promise<SmtpTestServer> {
  const server = await new SmtpTestServer(options).listen(port);
  servers.push(server);
  return server;
}

/** A certificate for loopback, and the file of who made it. */
export async function certified(
  site: ApprovalsSite,
): Promise<{ readonly certificate: { readonly cert: string; readonly key: string }; readonly ca: string }> {
  const directory = `${site.folder}/tls`;
  const made = await certificateFromLocalCa({
    directory,
    names: [],
    clock: { nowMs: () => Date.now() },
  }).load();
  return { certificate: { cert: made.certificatePem, key: made.keyPem }, ca: `${directory}/ca.crt` };
}

/** The config of mail through it. */
export function plan(
  server: { readonly port: number },
  more: Partial<MailPlan> = {},
): { readonly mail: MailPlan } {
  vi.stubEnv('MAIL_PASSWORD', PASSWORD);
  const mail: unknown = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    from: 'sallyport@example.com',
    to: { dba: ['dora@example.com', 'dave@example.com'] },
    ...more,
  };
  const { mail: parsed } = approvalsSchema.parse({ mail });
  if (parsed === undefined) throw new Error('there is a plan');
  return { mail: parsed };
}

/** Resolves with the first state of the outbox that is so. */
export async function until(
  approvals: OpenApprovals,
  isSo: (state: WebhookState) => boolean,
): Promise<WebhookState> {
  for (;;) {
    const [state] = approvals.webhooks();
    if (state !== undefined && isSo(state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const delivered = ({ delivered: count }: WebhookState): boolean => count === 1;
export const failed = ({ failed: count }: WebhookState): boolean => count === 1;

/** The one mail that was taken. */
export function only(server: SmtpTestServer): TakenMail {
  expect(server.taken).toHaveLength(1);
  const [mail] = server.taken;
  if (mail === undefined) throw new Error('there is one');
  return mail;
}

/** The subject as a reader shows it (RFC 2047). */
export function subjectOf({ headers }: TakenMail): string {
  return (headers.get('subject')?.[0] ?? '')
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString())
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, text: string) =>
      Buffer.from(
        text
          .replaceAll('_', ' ')
          .replace(/=([0-9A-F]{2})/g, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString(),
    );
}
