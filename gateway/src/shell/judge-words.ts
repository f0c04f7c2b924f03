import type { Judging, Scene } from './scene.ts';
import type { Word } from './syntax.ts';

/** Judges the substitutions in words, and gives back the words that are to be sent. */
export function judgeWordsOf(words: readonly Word[], scene: Scene, judging: Judging): readonly Word[] {
  return words.map((word) =>
    word.map((part) =>
      part.kind === 'substitution'
        ? { ...part, script: judging.judgeScript(part.script, { ...scene, input: undefined }, judging) }
        : part,
    ),
  );
}
