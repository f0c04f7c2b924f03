/** OpenAI Agents SDK: an agent with a function tool, as it is and with the recipe that lets the model read. */
import {
  Agent,
  type Model,
  type ModelRequest,
  type ModelResponse,
  Runner,
  tool,
  Usage,
} from '@openai/agents';
import type pg from 'pg';
import {
  type AgentFramework,
  type AgentSite,
  FINAL_ANSWER,
  type OpenAgent,
  Script,
} from './agent-framework.ts';
import { queryRows, readableSqlError } from './recipes.ts';
import { openPool, queryRowsPlainly, SQL_INPUT, SQL_TOOL } from './sql-pool.ts';

/** Implements the SDK's own model interface. */
class ScriptedModel implements Model {
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  getResponse({ input }: ModelRequest): Promise<ModelResponse> {
    const items = typeof input === 'string' ? [] : input;
    const results = items.filter((item) => item.type === 'function_call_result').map(resultText);
    const call = this.#script.turn(results);
    return Promise.resolve({
      usage: new Usage(),
      output: [
        call === undefined
          ? {
              type: 'message',
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: FINAL_ANSWER }],
            }
          : {
              type: 'function_call',
              callId: call.id,
              name: SQL_TOOL.name,
              status: 'completed',
              arguments: JSON.stringify({ sql: call.statement }),
            },
      ],
    });
  }

  getStreamedResponse(): never {
    throw new Error('these agents do not stream');
  }
}

function resultText({ output }: { readonly output: unknown }): string {
  if (typeof output === 'string') return output;
  if (typeof output === 'object' && output !== null && 'text' in output) return String(output.text);
  throw new Error(`no text in ${JSON.stringify(output)}`);
}

async function openAgent(
  site: AgentSite,
  query: (pool: pg.Pool, sql: string) => Promise<string>,
  more: { readonly errorFunction?: (context: unknown, error: unknown) => string } = {},
): Promise<OpenAgent> {
  const pool = await openPool(site);
  const queryDatabase = tool({
    ...SQL_TOOL,
    parameters: SQL_INPUT,
    execute: ({ sql }) => query(pool, sql),
    ...more,
  });
  return {
    async run(statements) {
      const script = new Script(statements);
      const agent = new Agent({
        name: 'Shopkeeper',
        model: new ScriptedModel(script),
        tools: [queryDatabase],
      });
      const runner = new Runner({ tracingDisabled: true });
      await runner.run(agent, 'Look after the shop.', { maxTurns: statements.length + 1 });
      return script.readings;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** The agents of this file. */
export const OPENAI_AGENTS: readonly AgentFramework[] = [
  {
    name: 'OpenAI Agents SDK',
    shows: { instead: 'An error occurred while running the tool. Please try again.' },
    dropsConnections: true,
    open: (site) => openAgent(site, queryRowsPlainly),
  },
  {
    name: 'OpenAI Agents SDK with the recipe',
    shows: { before: '', after: '' },
    dropsConnections: false,
    open: (site) =>
      openAgent(site, queryRows, { errorFunction: (_context, error) => readableSqlError(error) }),
  },
];
