/** The service behind the gateway that clients of HTTP talk with, and the policy in front of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type HttpGateway, startHttpGateway } from '../support/http-gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: pages, effect: allow, on: http, match: { groups: [agents], methods: [GET], paths: [/page, /large, /favicon.ico] } }
  - id: reads
    effect: allow
    on: http
    match: { groups: [agents], methods: [GET], paths: ["/customers/*", /gzip, /events, /echo] }
    mask: [ { columns: ["*.email"], with: redact } ]
  - { id: writes, effect: allow, on: http, match: { groups: [agents], methods: [POST, PUT], paths: [/echo, /count] } }
  - { id: no-deletes, effect: deny, on: http, match: { methods: [DELETE] }, message: Nothing is deleted here. }
`;

const CUSTOMER = '{"id":1,"name":"Ann","email":"ann@private.example"}';
const LARGE_BLOCK = Buffer.alloc(64 * 1024);
const LARGE_BLOCKS = 512;
const EVENTS = 3;
/** A page that asks for more by itself, as pages do. */
const PAGE = `<!doctype html><title>Customer</title><p id="out">waiting</p><script>
const one = location.origin + location.pathname.replace('page', 'customers/1');
fetch(one).then((answer) => answer.json()).then((customer) => {
  return fetch(one, { method: 'DELETE' }).then((answer) => answer.json()).then((problem) => {
    document.getElementById('out').textContent = customer.name + ' ' + customer.email + ' ' + problem.code;
  });
});
</script>`;

/** Starts the gateway with the service. */
export function startWeb(): Promise<HttpGateway> {
  return startHttpGateway({
    service: (request, response) => void serve(request, response),
    policy: POLICY,
    resource: { methodOverride: 'ignored' },
  });
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path === '/large') {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    for (let index = 0; index < LARGE_BLOCKS; index += 1) {
      if (!response.write(LARGE_BLOCK)) await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end();
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (path === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let n = 0; n < EVENTS; n += 1)
      response.write(`data: {"email": "ann@private.example", "n": ${n}}\n\n`);
    response.end();
  } else if (path === '/gzip') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(CUSTOMER));
  } else if (path === '/page') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  } else if (path === '/customers/1') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(CUSTOMER);
  } else if (path === '/count') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"bytes":${body.length}}`);
  } else {
    const type = request.headers['content-type'];
    const echo = { url: request.url, type, body: body.toString('utf8', 0, 1000) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(echo));
  }
}
