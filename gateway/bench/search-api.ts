/** What a search costs who asks for it: by the HTTP API of a gateway over recordings that are there already. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import process from 'node:process';
import { type StartedGateway, startRunningGateway } from '../test/support/running-gateway.ts';

const ROUNDS = 600;
const WORKERS = 2;

/** Percentiles of the answers of a gateway to searches as people make them, a page of 50 each. @param folder a data folder */
export async function searchByApi(folder: string): Promise<void> {
  await using gateway = await startRunningGateway(
    { dataDir: folder, api: { groups: { viewers: ['viewers'] } }, recording: {} },
    {
      policy: 'apiVersion: sallyport.dev/v1\nrules: []\n',
      listener: { protocol: 'http' },
      resources: () => [
        { name: 'nothing', protocol: 'http', url: 'http://127.0.0.1:9', credential: { none: true } },
      ],
    },
  );
  const token = await gateway.issuer.token({ sub: 'vera', groups: ['viewers'], expiresIn: 36_000 });
  const ask = askerOf(gateway, token);
  await ask('query=warm');
  const times: number[] = [];
  const slowest = { ms: 0, search: '' };
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < ROUNDS) {
      const search = searchOf(next);
      next += 1;
      const startMs = performance.now();
      await ask(search);
      const ms = performance.now() - startMs;
      times.push(ms);
      if (ms > slowest.ms) Object.assign(slowest, { ms, search });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  times.sort((left, right) => left - right);
  const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(1)} ms`;
  process.stdout.write(
    `search by the API, ${times.length} of them, ${WORKERS} at once: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, slowest ${slowest.ms.toFixed(1)} ms (${slowest.search})\n`,
  );
}

/** Words that are rare, common and not there; conditions alone, together, and with words; the newest without any. */
function searchOf(n: number): string {
  const rare = `word${(n * 7919) % 50_021}`;
  const searches = [
    `query=${rare}`,
    `query=select+region_${n % 977}`,
    'query=invoices+limit',
    `principal=svc-${n % 40}`,
    `principal=bot-${n % 7}&effect=deny`,
    `run=run-${n % 1000}&query=customers`,
    'rule=bounded-writes&resource=pg-prod',
    `query=select+public+payments&principal=bot-${n % 7}`,
    `decision=dec_ses_${n}_${(n % 900) + 1}`,
    'query=nowhere',
    '',
    `query=${rare.slice(0, 5)}`,
  ];
  return `${searches[n % searches.length] ?? ''}&limit=50`;
}

function askerOf({ api, caFile }: StartedGateway, token: string): (search: string) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS, ca: readFileSync(caFile) });
  const headers = { authorization: `Bearer ${token}` };
  return (search) =>
    new Promise((resolve, reject) => {
      const asked = request(new URL(`/v1/exchanges?${search}`, api), { agent, headers }, (answer) => {
        answer.resume();
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`${search}: ${answer.statusCode}`));
        });
      });
      asked.on('error', reject);
      asked.end();
    });
}
