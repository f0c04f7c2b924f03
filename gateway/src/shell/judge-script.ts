import { NO_FACTS } from './command-facts.ts';
import { foldersOf } from './folders.ts';
import { judgeRedirections } from './judge-redirections.ts';
import { judgeSimple } from './judge-simple.ts';
import { judgeWordsOf } from './judge-words.ts';
import { hazards } from './programs/variables.ts';
import { type Judging, note, type Scene } from './scene.ts';
import type { Command, CompoundCommand, Item, Pipeline, Script, Word } from './syntax.ts';

/**
 * Looks at every command of a text that a shell of its own reads, notes what it does, and gives back the text that is to
 * be sent instead: the same, with texts in it judged and written again.
 */
export function judgeScript(script: Script, scene: Scene, judging: Judging): Script {
  const folders = foldersOf(script, scene);
  const items = script.items.map((item, index) => {
    const { begin, rest } = folders[index] ?? { begin: undefined, rest: undefined };
    return judgeItem(
      item,
      [
        { ...scene, folder: begin },
        { ...scene, folder: rest },
      ],
      judging,
    );
  });
  return { items };
}

/** A list inside of a construct: it has no changes of folder of its own, or none is known at all. */
function judgeList(script: Script, scene: Scene, judging: Judging): Script {
  return { items: script.items.map((item) => judgeItem(item, [scene, scene], judging)) };
}

function judgeItem(item: Item, [first, behind]: readonly [Scene, Scene], judging: Judging): Item {
  const background = item.isBackground ? { isBackground: true } : {};
  return {
    ...item,
    first: judgePipeline(item.first, { ...first, ...background }, judging),
    rest: item.rest.map(({ operator, pipeline }) => ({
      operator,
      pipeline: judgePipeline(pipeline, { ...behind, ...background }, judging),
    })),
  };
}

function judgePipeline(pipeline: Pipeline, scene: Scene, judging: Judging): Pipeline {
  return { ...pipeline, stages: pipeline.stages.map((stage) => judgeCommand(stage, scene, judging)) };
}

function judgeCommand(command: Command, scene: Scene, judging: Judging): Command {
  if (command.kind === 'simple') return judgeSimple(command, scene, judging);
  const { redirections, opened } = judgeRedirections(command.redirections, scene, judging);
  const isOpening = opened.reads.length > 0 || opened.writes.length > 0 || opened.faults.length > 0;
  if (isOpening) note(judging, { ...blank(scene), opened, faults: opened.faults });
  return { ...judgeCompound(command, scene, judging), redirections };
}

function judgeCompound(command: CompoundCommand, scene: Scene, judging: Judging): CompoundCommand {
  const list = (script: Script): Script => judgeList(script, scene, judging);
  const words = (all: readonly Word[]): readonly Word[] => judgeWordsOf(all, scene, judging);
  switch (command.kind) {
    case 'group':
    case 'subshell':
      return { ...command, body: list(command.body) };
    case 'while':
    case 'until':
      return { ...command, condition: list(command.condition), body: list(command.body) };
    case 'if': {
      const branches = command.branches.map(({ condition, body }) => ({
        condition: list(condition),
        body: list(body),
      }));
      return {
        ...command,
        branches,
        otherwise: command.otherwise === undefined ? undefined : list(command.otherwise),
      };
    }
    case 'for':
      note(judging, { ...blank(scene), variables: [command.name], opaque: hazards([command.name]) });
      return {
        ...command,
        words: command.words === undefined ? undefined : words(command.words),
        body: list(command.body),
      };
    case 'case': {
      const choices = command.choices.map(({ patterns, body }) => ({
        patterns: words(patterns),
        body: list(body),
      }));
      return { ...command, word: words([command.word])[0] ?? command.word, choices };
    }
    case 'function': {
      note(judging, { ...blank(scene), opaque: [`function:${command.name}`] });
      // It runs where it is called, in a folder and with an input that are not known here.
      return { ...command, body: judgeCommand(command.body, { ...scene, folder: undefined }, judging) };
    }
  }
}

function blank(scene: Scene): typeof NO_FACTS & { readonly at: number } {
  const { users, via, isBackground } = scene;
  return { ...NO_FACTS, users, via, isBackground, at: scene.at ?? 0 };
}
