/**
 * A scripted ReAct agent behind Sallyport. All it knows of the gateway is the URL in `AGENT_PG_URL`, the one in `AGENT_HTTP_URL` and the
 * login of `AGENT_SSH_…`: with those of a database, a service and a machine in their place it would run unchanged, and destroy things.
 * Exits with 1 when something was not refused that had to be, or the other way round.
 */
import pg from 'pg';
import { HttpTool } from './agent/http-tool.ts';
import { runAgent } from './agent/loop.ts';
import { askDatabase } from './agent/sql-tool.ts';
import { SshTool } from './agent/ssh-tool.ts';
import { createTranscript } from './agent/transcript.ts';

const {
  AGENT_PG_URL: url,
  AGENT_HTTP_URL: serviceUrl,
  AGENT_TOKEN: token,
  AGENT_SSH_HOST: host,
  AGENT_SSH_PORT: port,
  AGENT_SSH_USER: user,
  AGENT_SSH_PASSWORD: password,
  AGENT_SSH_KNOWN_HOSTS: knownHosts,
  SALLYPORT_CA: caFile,
} = process.env;
const isComplete = [url, serviceUrl, token, host, port, user, password].every((value) => value !== undefined);
if (!isComplete || url === undefined || serviceUrl === undefined || token === undefined) {
  console.error(
    'AGENT_PG_URL, AGENT_HTTP_URL, AGENT_TOKEN or one of AGENT_SSH_… is not set: start the demo with npm start, then give this program .sallyport/quickstart.env by --env-file',
  );
  process.exit(2);
}

const client = new pg.Client({ connectionString: url, application_name: 'quickstart-agent' });
// A connection that breaks would else end the process without a word.
client.on('error', (error) => {
  console.error(`The connection broke: ${error.message}`);
  process.exitCode = 1;
});
const service = new HttpTool({ url: serviceUrl, token, caFile });
const machine = new SshTool({
  host: host ?? '',
  port: Number(port),
  user: user ?? '',
  password: password ?? '',
  knownHosts,
});
await client.connect();
try {
  const outcome = await runAgent(
    {
      database: (sql, values) => askDatabase(client, sql, values),
      service: (request, body) => service.ask(request, body),
      machine: (command) => machine.run(command),
    },
    {
      transcript: createTranscript(process.stdout),
      // Whoever started it as a process of its own may want to know; alone it only waits.
      onPending: (approval) => void process.send?.({ approval }),
    },
  );
  for (const surprise of outcome.surprises) console.error(`NOT AS EXPECTED: ${surprise}`);
  if (outcome.surprises.length > 0) process.exitCode = 1;
  else console.log(`${outcome.permitted} requests permitted, ${outcome.refused} refused, as they had to be.`);
} finally {
  service.close();
  await machine.close();
  await client.end();
}
