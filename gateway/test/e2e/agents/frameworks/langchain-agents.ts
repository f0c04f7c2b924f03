/** LangChain.js: `createAgent` with LangChain's own SQL toolkit over TypeORM, and with a tool of one's own. */
import { readFileSync } from 'node:fs';
import { SqlToolkit } from '@langchain/classic/agents/toolkits/sql';
import { SqlDatabase } from '@langchain/classic/sql_db';
import { tool } from '@langchain/core/tools';
import { createAgent } from 'langchain';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { type AgentFramework, type AgentSite, type OpenAgent, Script } from './agent-framework.ts';
import { ScriptedChatModel } from './langchain-model.ts';
import { queryRows, readableSqlError } from './recipes.ts';
import { openPool, queryRowsPlainly, SQL_INPUT, SQL_TOOL } from './sql-pool.ts';

async function openToolkitAgent(site: AgentSite): Promise<OpenAgent> {
  const source = new DataSource({
    type: 'postgres',
    url: site.url,
    ssl: { ca: readFileSync(site.caFile) },
    poolSize: 1,
  });
  const database = await SqlDatabase.fromDataSourceParams({ appDataSource: source });
  return {
    async run(statements) {
      const script = new Script(statements);
      const model = new ScriptedChatModel(script, {
        name: 'query-sql',
        argumentsFor: (input) => ({ input }),
      });
      const agent = createAgent({ model, tools: new SqlToolkit(database, model).getTools() });
      await agent.invoke({ messages: [{ role: 'user', content: 'Look after the shop.' }] });
      return script.readings;
    },
    [Symbol.asyncDispose]: () => source.destroy(),
  };
}

async function openPoolAgent(
  site: AgentSite,
  query: (pool: pg.Pool, sql: string) => Promise<string>,
): Promise<OpenAgent> {
  const pool = await openPool(site);
  const queryDatabase = tool(({ sql }) => query(pool, sql), { ...SQL_TOOL, schema: SQL_INPUT });
  return {
    async run(statements) {
      const script = new Script(statements);
      const model = new ScriptedChatModel(script, { ...SQL_TOOL, argumentsFor: (sql) => ({ sql }) });
      const agent = createAgent({ model, tools: [queryDatabase] });
      await agent.invoke({ messages: [{ role: 'user', content: 'Look after the shop.' }] });
      return script.readings;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The agents of this file. */
export const LANGCHAIN_AGENTS: readonly AgentFramework[] = [
  {
    name: 'LangChain.js with its SQL toolkit',
    shows: { before: 'QueryFailedError: ', after: '' },
    dropsConnections: false,
    open: openToolkitAgent,
  },
  {
    name: 'LangChain.js',
    shows: { before: 'error: ', after: '\n Please fix your mistakes.' },
    dropsConnections: true,
    open: (site) => openPoolAgent(site, queryRowsPlainly),
  },
  {
    name: 'LangChain.js with the recipe',
    shows: { before: '', after: '' },
    dropsConnections: false,
    open: (site) => openPoolAgent(site, (pool, sql) => queryRows(pool, sql).catch(readableSqlError)),
  },
];
