/** Vercel AI SDK: `generateText` and `streamText` with a tool, for several steps. */
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { type AgentFramework, type AgentSite, type OpenAgent, Script } from './agent-framework.ts';
import { ScriptedLanguageModel } from './language-model.ts';
import { openPool, queryRowsPlainly, SQL_INPUT, SQL_TOOL } from './sql-pool.ts';

const PROMPT = 'Look after the shop.';

async function openAgent(site: AgentSite, mode: 'generate' | 'stream'): Promise<OpenAgent> {
  const pool = await openPool(site);
  const queryDatabase = tool({
    description: SQL_TOOL.description,
    inputSchema: SQL_INPUT,
    execute: ({ sql }) => queryRowsPlainly(pool, sql),
  });
  return {
    async run(statements) {
      const script = new Script(statements);
      const options = {
        model: new ScriptedLanguageModel(script, SQL_TOOL.name),
        tools: { [SQL_TOOL.name]: queryDatabase },
        stopWhen: stepCountIs(statements.length + 1),
        prompt: PROMPT,
      };
      if (mode === 'generate') await generateText(options);
      else await streamText(options).consumeStream();
      return script.readings;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The agents of this file. */
export const AI_SDK_AGENTS: readonly AgentFramework[] = [
  {
    name: 'Vercel AI SDK, generateText',
    shows: { before: 'error: ', after: '' },
    dropsConnections: true,
    open: (site) => openAgent(site, 'generate'),
  },
  {
    name: 'Vercel AI SDK, streamText',
    shows: { before: 'error: ', after: '' },
    dropsConnections: true,
    open: (site) => openAgent(site, 'stream'),
  },
];
