/** Mastra: an agent with `createTool`. */
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { type AgentFramework, type AgentSite, type OpenAgent, Script } from './agent-framework.ts';
import { ScriptedLanguageModel } from './language-model.ts';
import { openPool, queryRowsPlainly, SQL_INPUT, SQL_TOOL } from './sql-pool.ts';

async function openAgent(site: AgentSite): Promise<OpenAgent> {
  const pool = await openPool(site);
  const queryDatabase = createTool({
    id: SQL_TOOL.name,
    description: SQL_TOOL.description,
    inputSchema: SQL_INPUT,
    execute: ({ sql }) => queryRowsPlainly(pool, sql),
  });
  return {
    async run(statements) {
      const script = new Script(statements);
      const agent = new Agent({
        id: 'shopkeeper',
        name: 'Shopkeeper',
        instructions: 'You look after a shop.',
        model: new ScriptedLanguageModel(script, SQL_TOOL.name),
        tools: { [SQL_TOOL.name]: queryDatabase },
      });
      await agent.generate('Look after the shop.', { maxSteps: statements.length + 1 });
      return script.readings;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The agents of this file. */
export const MASTRA_AGENTS: readonly AgentFramework[] = [
  { name: 'Mastra', shows: { before: '', after: '' }, dropsConnections: true, open: openAgent },
];
