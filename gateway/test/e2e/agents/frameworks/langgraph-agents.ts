/** LangGraph.js: a graph of model and `ToolNode`, as its documentation builds it. */
import { tool } from '@langchain/core/tools';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import type pg from 'pg';
import { type AgentFramework, type AgentSite, type OpenAgent, Script } from './agent-framework.ts';
import { ScriptedChatModel } from './langchain-model.ts';
import { queryRows, readableSqlError } from './recipes.ts';
import { openPool, queryRowsPlainly, SQL_INPUT, SQL_TOOL } from './sql-pool.ts';

async function openAgent(
  site: AgentSite,
  query: (pool: pg.Pool, sql: string) => Promise<string>,
): Promise<OpenAgent> {
  const pool = await openPool(site);
  const queryDatabase = tool(({ sql }) => query(pool, sql), { ...SQL_TOOL, schema: SQL_INPUT });
  return {
    async run(statements) {
      const script = new Script(statements);
      const model = new ScriptedChatModel(script, { ...SQL_TOOL, argumentsFor: (sql) => ({ sql }) });
      const graph = new StateGraph(MessagesAnnotation)
        .addNode('agent', async ({ messages }) => ({ messages: await model.invoke(messages) }))
        .addNode('tools', new ToolNode([queryDatabase]))
        .addEdge(START, 'agent')
        .addConditionalEdges('agent', toolsCondition, ['tools', END])
        .addEdge('tools', 'agent')
        .compile();
      await graph.invoke({ messages: [{ role: 'user', content: 'Look after the shop.' }] });
      return script.readings;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The agents of this file. */
export const LANGGRAPH_AGENTS: readonly AgentFramework[] = [
  {
    name: 'LangGraph.js',
    shows: { before: 'Error: ', after: '\n Please fix your mistakes.' },
    dropsConnections: true,
    open: (site) => openAgent(site, queryRowsPlainly),
  },
  {
    name: 'LangGraph.js with the recipe',
    shows: { before: '', after: '' },
    dropsConnections: false,
    open: (site) => openAgent(site, (pool, sql) => queryRows(pool, sql).catch(readableSqlError)),
  },
];
