/**
 * A scripted ReAct agent behind Sallyport. All it knows of the gateway is the URL in `AGENT_PG_URL`, the one in `AGENT_HTTP_URL` and the
 * login of `AGENT_SSH_…`: with those of a database, a service and a machine in their place it would run unchanged, and destroy things.
 * What it has no URL for it leaves out. Exits with 1 when something was not refused that had to be, or the other way round.
 */
import pg from 'pg';
import { HTTP_SCRIPT } from './agent/http-script.ts';
import { HttpTool } from './agent/http-tool.ts';
import { runAgent } from './agent/loop.ts';
import { SCRIPT } from './agent/script.ts';
import { askDatabase } from './agent/sql-tool.ts';
import { SSH_SCRIPT } from './agent/ssh-script.ts';
import { SshTool } from './agent/ssh-tool.ts';
import { createTranscript } from './agent/transcript.ts';

const {
  AGENT_PG_URL: url,
  AGENT_HTTP_URL: serviceUrl,
  AGENT_TOKEN: token = '',
  AGENT_SSH_HOST: host,
  AGENT_SSH_PORT: port,
  AGENT_SSH_USER: user = '',
  AGENT_SSH_PASSWORD: password = '',
  AGENT_SSH_KNOWN_HOSTS: knownHosts,
  SALLYPORT_CA: caFile,
} = process.env;

if (url === undefined) {
  console.error(
    'AGENT_PG_URL is not set: start the demo with npm start, then give this program .sallyport/quickstart.env by --env-file',
  );
  process.exit(2);
}

const client = new pg.Client({ connectionString: url, application_name: 'quickstart-agent' });
// A connection that breaks would else end the process without a word.
client.on('error', (error) => {
  console.error(`The connection broke: ${error.message}`);
  process.exitCode = 1;
});
const service = serviceUrl === undefined ? undefined : new HttpTool({ url: serviceUrl, token, caFile });
const machine =
  host === undefined ? undefined : new SshTool({ host, port: Number(port), user, password, knownHosts });
const missing = { kind: 'failed', message: 'the agent has no such tool' } as const;

await client.connect();
try {
  const outcome = await runAgent(
    {
      database: (sql, values) => askDatabase(client, sql, values),
      service: async (request, body) => (await service?.ask(request, body)) ?? missing,
      machine: async (command) => (await machine?.run(command)) ?? missing,
    },
    {
      transcript: createTranscript(process.stdout),
      // Whoever started it as a process of its own may want to know; alone it only waits.
      onPending: (approval) => void process.send?.({ approval }),
      plan: [
        ...SCRIPT,
        ...(service === undefined ? [] : HTTP_SCRIPT),
        ...(machine === undefined ? [] : SSH_SCRIPT),
      ],
    },
  );
  for (const surprise of outcome.surprises) console.error(`NOT AS EXPECTED: ${surprise}`);
  if (outcome.surprises.length > 0) process.exitCode = 1;
  else console.log(`${outcome.permitted} requests permitted, ${outcome.refused} refused, as they had to be.`);
} finally {
  service?.close();
  await machine?.close();
  await client.end();
}
