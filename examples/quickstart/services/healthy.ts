/** A health check: exits with 0 when the URL answers with success. `healthy.ts URL CA-FILE` */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';

const [url = '', caFile = ''] = process.argv.slice(2);
const request = get(url, { ca: await readFile(caFile), agent: false, timeout: 4_000 });
request.once('timeout', () => request.destroy(new Error('no answer in 4 s')));
const [answer] = (await once(request, 'response')) as [IncomingMessage];
answer.resume();
if (answer.statusCode !== 200) {
  console.error(`${url} answered ${answer.statusCode}`);
  process.exitCode = 1;
}
