/** A small authorization server: TLS, client credentials, tokens that can be revoked. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from '../../support/certificates.ts';

/** What the gateway has to send. */
export const CLIENT_ID = 'gate:way';
/** It has everything that forms and logins escape. */
export const CLIENT_SECRET = 'client secret+&=:%/ü-0123456789';

/** Answers a request for a token in place of the server. */
export type TokenAnswer = (request: IncomingMessage, response: ServerResponse, issue: () => string) => void;

/** The server. */
export interface TokenEndpoint extends AsyncDisposable {
  readonly url: string;
  /** Requests for tokens, as they came: how the client authenticated, and the form. */
  readonly asked: { readonly login: string | undefined; readonly form: Record<string, string> }[];
  /** Tokens that count. */
  readonly valid: Set<string>;
  /** All tokens that there have been. */
  readonly issued: string[];
  /** In place of a token. */
  answer: TokenAnswer | undefined;
}

/** Starts it. */
export async function startTokenEndpoint({ cert, key }: TestCertificate): Promise<TokenEndpoint> {
  const endpoint = { asked: [], valid: new Set(), issued: [], answer: undefined } as unknown as TokenEndpoint;
  const issue = (): string => {
    const token = `token-${endpoint.issued.length + 1}-0123456789abcdef`;
    endpoint.issued.push(token);
    endpoint.valid.add(token);
    return token;
  };
  const server = createServer({ cert, key }, (request, response) => {
    void readForm(request).then((form) => {
      const login = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      endpoint.asked.push({ login: login && Buffer.from(login, 'base64').toString(), form });
      if (endpoint.answer !== undefined) endpoint.answer(request, response, issue);
      else giveToken(response, issue());
    });
  });
  await listen(server);
  return Object.assign(endpoint, {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token?tenant=a`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** An answer with a token (RFC 6749 section 5.1). */
export function giveToken(response: ServerResponse, token: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3_600 }));
}

/** An answer without one (RFC 6749 section 5.2). */
export function refuseToken(status: number, error: string): TokenAnswer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error, error_description: CLIENT_SECRET }));
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

async function readForm(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString('latin1');
  return Object.fromEntries(new URLSearchParams(text));
}
