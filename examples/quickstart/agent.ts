/**
 * A scripted ReAct agent behind Sallyport. All it knows of the gateway is the URL in `AGENT_PG_URL`: with the URL of
 * a database in its place it would run unchanged, and destroy things. Exits with 1 when something was not refused
 * that had to be, or the other way round.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { runAgent } from './agent/loop.ts';
import { createTranscript } from './agent/transcript.ts';

const { values } = parseArgs({ options: { url: { type: 'string' } } });
const url = values.url ?? process.env['AGENT_PG_URL'];
if (url === undefined) {
  console.error('AGENT_PG_URL is not set: start the demo with npm start, then use .sallyport/quickstart.env');
  process.exit(2);
}

const client = new pg.Client({ connectionString: url, application_name: 'quickstart-agent' });
// A connection that breaks would else end the process without a word.
client.on('error', (error) => {
  console.error(`The connection broke: ${error.message}`);
  process.exitCode = 1;
});
await client.connect();
try {
  const outcome = await runAgent(client, {
    transcript: createTranscript(process.stdout),
    // Whoever started it as a process of its own may want to know; alone it only waits.
    onPending: (approval) => void process.send?.({ approval }),
  });
  for (const surprise of outcome.surprises) console.error(`NOT AS EXPECTED: ${surprise}`);
  if (outcome.surprises.length > 0) process.exitCode = 1;
  else
    console.log(`${outcome.permitted} statements permitted, ${outcome.refused} refused, as they had to be.`);
} finally {
  await client.end();
}
