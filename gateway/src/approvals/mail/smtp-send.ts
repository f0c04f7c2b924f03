/** One attempt to hand a mail to its server, by nodemailer's client of SMTP (RFC 5321, STARTTLS of RFC 3207). */
import { readFile } from 'node:fs/promises';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** A mail on its way. All addresses are checked already. */
export interface Mail {
  readonly from: string;
  /** Whom the header names. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same for each attempt, with angle brackets. */
  readonly messageId: string;
  /** The mail that began the thread. */
  readonly inReplyTo?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly dateMs: number;
}

/** The server, and who the gateway is there. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** PEM. */
  readonly ca?: string | undefined;
  readonly login?: { readonly user: string; readonly password: { reveal(): string } } | undefined;
}

/** What came of it. Reasons hold codes alone, nothing that the server says. */
export type MailAttempt =
  | {
      readonly ok: true;
      /** Those that the server did not take, and whether it may later. */
      readonly refused: readonly {
        readonly address: string;
        readonly retry: boolean;
        readonly code: number;
      }[];
    }
  | { readonly ok: false; readonly retry: boolean; readonly reason: string };

interface SmtpError extends Error {
  readonly code?: string | undefined;
  readonly originalCode?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
  readonly recipient?: string | undefined;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** Reads a PEM file. */
export function readAuthorities(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** Sends it to these recipients. TLS is demanded and verified; the whole takes no longer than it may. Never rejects. */
export async function sendMail(
  mail: Mail,
  recipients: readonly string[],
  server: MailServer,
  timeoutMs: number,
): Promise<MailAttempt> {
  let connection: SMTPConnection | undefined;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('late')), timeoutMs);
  late.catch(() => undefined);
  try {
    const bytes = await composed(mail);
    connection = connectionTo(server, timeoutMs);
    const refused = await Promise.race([converse(connection, mail, recipients, server, bytes), late]);
    return { ok: true, refused };
  } catch (error) {
    const failure = error as SmtpError;
    if (failure.message === 'late')
      return { ok: false, retry: true, reason: `it did not take the mail within ${timeoutMs} ms` };
    return judge(failure);
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}

function connectionTo({ host, port, tls, ca }: MailServer, timeoutMs: number): SMTPConnection {
  return new SMTPConnection({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketCloseTimeout: 0,
    maxResponseSize: MAX_ANSWER_BYTES,
    logger: false,
  });
}

async function converse(
  connection: SMTPConnection,
  mail: Mail,
  recipients: readonly string[],
  { login }: MailServer,
  bytes: Buffer,
): Promise<Extract<MailAttempt, { ok: true }>['refused']> {
  const failed = Promise.withResolvers<never>();
  // For as long as there is a connection: an error that nobody listens to would end the process.
  connection.on('error', (error: Error) => failed.reject(error));
  connection.on('end', () => failed.reject(new Error('it closed the connection')));
  failed.promise.catch(() => undefined);
  const step = <T>(
    begin: (done: (error?: Error | null, value?: T) => void) => void,
  ): Promise<T | undefined> =>
    Promise.race([
      new Promise<T | undefined>((resolve, reject) =>
        begin((error, value) => (error ? reject(error) : resolve(value))),
      ),
      failed.promise,
    ]);
  await step((done) => connection.connect(done));
  if (login !== undefined) {
    const credentials = { user: login.user, pass: login.password.reveal() };
    await step((done) => connection.login({ ...credentials, credentials }, done));
  }
  const envelope = { from: mail.from, to: [...recipients] };
  const sent = await step<{ readonly rejectedErrors?: readonly SmtpError[] | undefined }>((done) =>
    connection.send(envelope, bytes, done),
  );
  return (sent?.rejectedErrors ?? []).map(({ recipient = '', responseCode = 0 }) => ({
    address: recipient,
    retry: responseCode < 500,
    code: responseCode,
  }));
}

function composed({ from, to, subject, text, messageId, inReplyTo, dateMs }: Mail): Promise<Buffer> {
  return new MailComposer({
    from,
    to: [...to],
    subject,
    text,
    messageId,
    date: new Date(dateMs),
    ...(inReplyTo === undefined ? {} : { inReplyTo, references: inReplyTo }),
    // So that nobody's holiday answers.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
    textEncoding: 'base64',
  })
    .compile()
    .build();
}

function judge({ code, originalCode, responseCode, rejectedErrors }: SmtpError): MailAttempt {
  // Where all were refused, one that may be taken later is reason enough to try again.
  const codes = [responseCode, ...(rejectedErrors ?? []).map((one) => one.responseCode)].filter(
    (one) => one !== undefined && one > 0,
  );
  const passing = codes.find((one) => one !== undefined && one < 500);
  const said = passing ?? codes[0];
  if (said !== undefined && code !== 'ETLS')
    return { ok: false, retry: passing !== undefined, reason: `it answered ${said}` };
  return { ok: false, retry: true, reason: `it cannot be reached: ${originalCode ?? code ?? 'unknown'}` };
}
