/** All agents. The suite loads this file at run time: LangGraph's types extend zod's in a way that the gateway's cannot bear. */
import type { AgentFramework } from './agent-framework.ts';
import { AI_SDK_AGENTS } from './ai-sdk-agents.ts';
import { LANGCHAIN_AGENTS } from './langchain-agents.ts';
import { LANGGRAPH_AGENTS } from './langgraph-agents.ts';
import { MASTRA_AGENTS } from './mastra-agents.ts';
import { OPENAI_AGENTS } from './openai-agents.ts';

/** One entry a framework and way to build its tool. */
export const FRAMEWORKS: readonly AgentFramework[] = [
  ...LANGCHAIN_AGENTS,
  ...LANGGRAPH_AGENTS,
  ...AI_SDK_AGENTS,
  ...OPENAI_AGENTS,
  ...MASTRA_AGENTS,
];
