/** A model of the AI SDK's provider interface, version 4, that follows a script; Mastra takes the same. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { FINAL_ANSWER, type Script, type ToolCall } from './agent-framework.ts';

const NO_USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** Frameworks bundle different minor versions of the interface, which differ in reasons that a script never gives. */
interface FinishReason {
  readonly unified: 'stop' | 'tool-calls';
  readonly raw: string;
}
type Answer = Omit<LanguageModelV4GenerateResult, 'finishReason'> & { readonly finishReason: FinishReason };
type Finish = {
  readonly type: 'finish';
  readonly finishReason: FinishReason;
  readonly usage: typeof NO_USAGE;
};
type Part = 'stream-start' | 'text-start' | 'text-delta' | 'text-end' | 'tool-call';
type StreamPart = Extract<LanguageModelV4StreamPart, { readonly type: Part }> | Finish;

/** Implements the interface that models of providers implement. */
export class ScriptedLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = 'v4';
  readonly provider = 'scripted';
  readonly modelId = 'scripted';
  readonly supportedUrls = {};
  readonly #script: Script;
  readonly #toolName: string;

  constructor(script: Script, toolName: string) {
    this.#script = script;
    this.#toolName = toolName;
  }

  doGenerate(options: LanguageModelV4CallOptions): Promise<Answer> {
    const call = this.#script.turn(toolResults(options));
    return Promise.resolve({
      content: [call === undefined ? { type: 'text', text: FINAL_ANSWER } : this.#toolCall(call)],
      finishReason: finishReason(call),
      usage: NO_USAGE,
      warnings: [],
    });
  }

  doStream(options: LanguageModelV4CallOptions): Promise<{ readonly stream: ReadableStream<StreamPart> }> {
    const call = this.#script.turn(toolResults(options));
    const parts: StreamPart[] = [
      { type: 'stream-start', warnings: [] },
      ...(call === undefined
        ? ([
            { type: 'text-start', id: 'text' },
            { type: 'text-delta', id: 'text', delta: FINAL_ANSWER },
            { type: 'text-end', id: 'text' },
          ] as const)
        : [this.#toolCall(call)]),
      { type: 'finish', finishReason: finishReason(call), usage: NO_USAGE },
    ];
    return Promise.resolve({ stream: ReadableStream.from(parts) });
  }

  #toolCall({ id, statement }: ToolCall) {
    const input = JSON.stringify({ sql: statement });
    return { type: 'tool-call', toolCallId: id, toolName: this.#toolName, input } as const;
  }
}

function finishReason(call: ToolCall | undefined): FinishReason {
  const unified = call === undefined ? 'stop' : 'tool-calls';
  return { unified, raw: unified };
}

/** Texts of the tool results in the prompt: what a provider would send to its model. */
function toolResults({ prompt }: LanguageModelV4CallOptions): readonly string[] {
  return prompt
    .flatMap((message) => (message.role === 'tool' ? message.content : []))
    .flatMap((part) => (part.type === 'tool-result' ? [part.output] : []))
    .map((output) => {
      if (!('value' in output)) throw new Error(`no text in a result of type ${output.type}`);
      return typeof output.value === 'string' ? output.value : JSON.stringify(output.value);
    });
}
