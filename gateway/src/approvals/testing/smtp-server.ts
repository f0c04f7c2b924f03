/** A mail server on loopback: EHLO, STARTTLS, AUTH PLAIN and LOGIN, MAIL, RCPT, DATA. Keeps what it took. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';

/** A mail that was taken. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header fields by name in lower case, unfolded; as they came otherwise. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Decoded, lines ending in LF. */
  readonly text: string;
  readonly raw: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
}

/** What the server says instead, to a line. */
export type Interrupt = (line: string, count: number) => string | undefined;

/** How it is. */
export interface SmtpServerOptions {
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly isImplicit?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
  /** `undefined` to go on as usual. */
  readonly interrupt?: Interrupt;
  /** Says so, and does not do it. */
  readonly hidesStartTls?: boolean;
}

/** One server. */
export class SmtpTestServer {
  readonly taken: TakenMail[] = [];
  readonly lines: string[] = [];
  readonly #options: SmtpServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  port: number = 0;

  constructor(options: SmtpServerOptions = {}) {
    this.#options = options;
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server =
      options.isImplicit === true ? createTlsServer({ ...options.certificate }, serve) : createServer(serve);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(port: number = 0, host: string = '127.0.0.1'): Promise<this> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(plain: Socket): void {
    const session = new Session(this.#options, this.taken, this.lines);
    this.#sockets.add(plain);
    plain.on('close', () => this.#sockets.delete(plain));
    session.attach(plain, this.#options.isImplicit === true);
    plain.write('220 mail.test ESMTP\r\n');
  }
}

class Session {
  readonly #options: SmtpServerOptions;
  readonly #taken: TakenMail[];
  readonly #lines: string[];
  #socket: Socket | undefined;
  #isEncrypted = false;
  #buffered = '';
  #isData = false;
  #asked: 'user' | 'password' | undefined;
  #user: string | undefined;
  #from = '';
  #to: string[] = [];

  constructor(options: SmtpServerOptions, taken: TakenMail[], lines: string[]) {
    this.#options = options;
    this.#taken = taken;
    this.#lines = lines;
  }

  attach(socket: Socket, isEncrypted: boolean): void {
    this.#socket = socket;
    this.#isEncrypted = isEncrypted;
    this.#buffered = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#buffered += chunk.toString('latin1');
      this.#read();
    });
  }

  #read(): void {
    for (;;) {
      const mark = this.#isData ? '\r\n.\r\n' : '\r\n';
      const end = this.#buffered.indexOf(mark);
      if (end < 0) return;
      const whole = this.#buffered.slice(0, end);
      this.#buffered = this.#buffered.slice(end + mark.length);
      if (this.#isData) this.#take(whole);
      else this.#line(whole);
    }
  }

  #line(line: string): void {
    this.#lines.push(line);
    const count = this.#lines.filter((one) => one === line).length;
    const instead = this.#options.interrupt?.(line, count);
    if (instead !== undefined) {
      this.#socket?.write(instead);
      return;
    }
    if (this.#asked !== undefined) return this.#loginLine(line);
    const verb = line.split(' ')[0]?.toUpperCase();
    if (verb === 'EHLO') this.#say(...this.#greeting());
    else if (verb === 'STARTTLS') this.#upgrade();
    else if (verb === 'AUTH') this.#login(line);
    else if (verb === 'MAIL') {
      if (this.#options.login !== undefined && this.#user === undefined) return this.#say('530 log in first');
      this.#from = /<([^>]*)>/.exec(line)?.[1] ?? '';
      this.#to = [];
      this.#say('250 fine');
    } else if (verb === 'RCPT') {
      this.#to.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
      this.#say('250 fine');
    } else if (verb === 'DATA') {
      this.#isData = true;
      this.#say('354 go on');
    } else if (verb === 'QUIT') this.#say('221 bye');
    else this.#say('500 what?');
  }

  #greeting(): string[] {
    const canStart =
      this.#options.certificate !== undefined && !this.#isEncrypted && this.#options.hidesStartTls !== true;
    const more = [
      ...(canStart ? ['STARTTLS'] : []),
      ...(this.#options.login === undefined ? [] : ['AUTH PLAIN LOGIN']),
      'SIZE 1000000',
    ];
    return ['250-mail.test', ...more.map((one, at) => `250${at === more.length - 1 ? ' ' : '-'}${one}`)];
  }

  #upgrade(): void {
    const { certificate } = this.#options;
    const plain = this.#socket;
    if (plain === undefined || certificate === undefined || this.#options.hidesStartTls === true)
      return this.#say('502 not here');
    this.#say('220 go on');
    plain.removeAllListeners('data');
    const socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(certificate) });
    this.attach(socket, true);
  }

  #login(line: string): void {
    const [, method, given] = line.split(' ');
    if (method?.toUpperCase() === 'PLAIN' && given !== undefined) {
      const [, user = '', password = ''] = Buffer.from(given, 'base64').toString().split('\0');
      return this.#judge(user, password);
    }
    this.#asked = 'user';
    this.#say('334 VXNlcm5hbWU6');
  }

  #loginLine(line: string): void {
    const said = Buffer.from(line, 'base64').toString();
    if (this.#asked === 'user') {
      this.#asked = 'password';
      this.#user = said;
      return this.#say('334 UGFzc3dvcmQ6');
    }
    this.#asked = undefined;
    this.#judge(this.#user ?? '', said);
  }

  #judge(user: string, password: string): void {
    const { login } = this.#options;
    const isRight = user === login?.user && password === login.password;
    this.#user = isRight ? user : undefined;
    this.#say(isRight ? '235 welcome' : '535 no');
  }

  #take(raw: string): void {
    this.#isData = false;
    const instead = this.#options.interrupt?.('.', this.#taken.length + 1);
    if (instead !== undefined) {
      this.#socket?.write(instead);
      return;
    }
    const end = raw.indexOf('\r\n\r\n');
    const headers = new Map<string, string[]>();
    for (const field of raw
      .slice(0, end)
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')) {
      const colon = field.indexOf(':');
      const name = field.slice(0, colon).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), field.slice(colon + 1).trim()]);
    }
    const body = raw.slice(end + 4).replace(/^\.\./gm, '.');
    const isBase64 = headers.get('content-transfer-encoding')?.[0] === 'base64';
    const text = isBase64 ? Buffer.from(body, 'base64').toString('utf8') : body;
    this.#taken.push({
      from: this.#from,
      to: this.#to,
      headers,
      text: text.replaceAll('\r\n', '\n'),
      raw,
      isEncrypted: this.#isEncrypted,
      user: this.#user,
    });
    this.#say('250 taken');
  }

  #say(...lines: readonly string[]): void {
    this.#socket?.write(lines.map((line) => `${line}\r\n`).join(''));
  }
}
