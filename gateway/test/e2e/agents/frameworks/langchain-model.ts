/** A chat model of LangChain.js that follows a script. */
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import { FINAL_ANSWER, type Script } from './agent-framework.ts';

/** How a statement is put into the arguments of the tool that the model knows. */
export interface KnownTool {
  readonly name: string;
  readonly argumentsFor: (statement: string) => Record<string, unknown>;
}

/** Implements the interface that chat models of providers implement. */
export class ScriptedChatModel extends BaseChatModel {
  readonly #script: Script;
  readonly #tool: KnownTool;

  constructor(script: Script, tool: KnownTool) {
    super({});
    this.#script = script;
    this.#tool = tool;
  }

  override _llmType(): string {
    return 'scripted';
  }

  /** Tools are told to a model by its provider's request; a script needs none. */
  override bindTools(): this {
    return this;
  }

  override _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const results = messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => text);
    const call = this.#script.turn(results);
    const message =
      call === undefined
        ? new AIMessage(FINAL_ANSWER)
        : new AIMessage({
            content: '',
            tool_calls: [
              {
                id: call.id,
                name: this.#tool.name,
                args: this.#tool.argumentsFor(call.statement),
                type: 'tool_call',
              },
            ],
          });
    return Promise.resolve({ generations: [{ text: message.text, message }] });
  }
}
