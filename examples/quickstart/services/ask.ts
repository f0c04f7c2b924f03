/** One statement, sent as the agent would: `ask.ts "SELECT …"`. Prints the rows, or what the gateway says; exits with 1 when refused. */
import pg from 'pg';
import { askDatabase } from '../agent/sql-tool.ts';
import { formatRows } from '../agent/transcript.ts';

const [statement = ''] = process.argv.slice(2);
const client = new pg.Client({ connectionString: process.env['AGENT_PG_URL'], application_name: 'ask' });
await client.connect();
const reply = await askDatabase(client, statement);
await client.end();
if (reply.kind !== 'permitted') {
  console.log(reply.message);
  process.exitCode = 1;
} else if (reply.tool === 'sql') {
  console.log(reply.rows.length > 0 ? formatRows(reply.rows) : `${reply.rowCount} rows affected`);
}
