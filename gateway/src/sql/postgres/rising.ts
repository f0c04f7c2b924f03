/** The texts in order, each once; the list itself where it is so already, as most are that hold one or two. */
export function rising(texts: readonly string[]): readonly string[] {
  for (let index = 1; index < texts.length; index += 1)
    if ((texts[index - 1] ?? '') >= (texts[index] ?? '')) return [...new Set(texts)].sort();
  return texts;
}
