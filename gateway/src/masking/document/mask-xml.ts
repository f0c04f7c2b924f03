import { REDACTED, type Replacement, replaceValue } from '../replace/replace.ts';
import { replaceInText } from '../replace/replace-findings.ts';
import {
  DEEPEST,
  type DocumentMasks,
  type MaskedDocument,
  NameHints,
  type PathStates,
  replacementAt,
  rootStates,
  Splicer,
  stepInto,
  UNREADABLE,
  Unreadable,
  unreadable,
} from './document-masks.ts';
import { decodeXmlText, encodeXmlText } from './xml-text.ts';

const TAG = /<([^\s<>/="'&?!]+)((?:\s+[^\s<>/="'&]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /\s+([^\s<>/="'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;
const END_TAG = /<\/([^\s<>/="'&]+)\s*>/y;

/** An element that was opened. */
interface OpenElement {
  readonly name: string;
  readonly states: PathStates;
  readonly hints: number;
  /** Its replacement; what is within is only read. */
  readonly how: Replacement | undefined;
  readonly contentStart: number;
  /** Text within, collected for a replacement that is made of it. */
  text: string;
  hasChildren: boolean;
}

/**
 * Masks text and attributes of an XML document or fragment by path (`customer.email`, `customer.@id`; names without
 * their namespace prefix) and by content; all else stays byte for byte. Comments, CDATA sections and processing
 * instructions are looked through too.
 *
 * @returns `UNREADABLE` for what is not well-formed, nests deeper than 256, or has a document type, whose entities
 *   could hold anything.
 */
export function maskXml(source: Buffer, masks: DocumentMasks): MaskedDocument {
  // One character a byte: positions stay those of the source, and UTF-8 comes back as it was.
  const text = source.toString('latin1');
  try {
    return new XmlMasker(source, text, masks).run();
  } catch (error) {
    if (error instanceof Unreadable) {
      return UNREADABLE;
    }
    throw error;
  }
}

class XmlMasker {
  readonly #source: Buffer;
  readonly #text: string;
  readonly #masks: DocumentMasks;
  readonly #splicer: Splicer;
  readonly #names: NameHints;
  readonly #open: OpenElement[] = [];
  #at = 0;

  constructor(source: Buffer, text: string, masks: DocumentMasks) {
    this.#source = source;
    this.#text = text;
    this.#masks = masks;
    this.#splicer = new Splicer(source);
    this.#names = new NameHints(masks.hints);
  }

  run(): Buffer | undefined {
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf('<', this.#at);
      const end = next === -1 ? this.#text.length : next;
      this.#content(this.#at, end, 'text');
      this.#at = end;
      if (next !== -1) {
        this.#markup();
      }
    }
    return this.#open.length === 0 ? this.#splicer.finish() : unreadable();
  }

  #markup(): void {
    if (this.#skips('<!--', '-->') || this.#skips('<![CDATA[', ']]>') || this.#skips('<?', '?>')) {
      return;
    }
    END_TAG.lastIndex = this.#at;
    const endTag = END_TAG.exec(this.#text);
    if (endTag !== null) {
      this.#close(endTag[1] ?? '');
      this.#at = END_TAG.lastIndex;
      return;
    }
    TAG.lastIndex = this.#at;
    const tag = TAG.exec(this.#text);
    if (tag === null || this.#open.length >= DEEPEST) {
      unreadable();
    }
    this.#openTag(tag);
  }

  #skips(begin: string, finish: string): boolean {
    if (!this.#text.startsWith(begin, this.#at)) {
      return false;
    }
    const start = this.#at + begin.length;
    const end = this.#text.indexOf(finish, start);
    if (end === -1) {
      unreadable();
    }
    this.#content(start, end, 'raw');
    this.#at = end + finish.length;
    return true;
  }

  #openTag(tag: RegExpExecArray): void {
    const [whole, name = '', attributes = '', slash] = tag;
    const parent = this.#open.at(-1);
    const local = localName(name);
    const states = stepInto(this.#masks, parent?.states ?? rootStates(this.#masks), local);
    const how = parent?.how ?? replacementAt(this.#masks, states);
    if (parent !== undefined) {
      parent.hasChildren = true;
    }
    if (parent?.how === undefined) {
      this.#attributes(this.#at + 1 + name.length, attributes, states, how);
    }
    this.#at += whole.length;
    if (slash === '') {
      const contentStart = this.#at;
      this.#open.push({
        name,
        states,
        hints: this.#names.of(local),
        how,
        contentStart,
        text: '',
        hasChildren: false,
      });
    }
  }

  #attributes(start: number, text: string, states: PathStates, outer: Replacement | undefined): void {
    for (const match of text.matchAll(ATTRIBUTE)) {
      const [whole, name = '', double, single] = match;
      const raw = double ?? single ?? '';
      const end = start + match.index + whole.length - 1;
      const local = localName(name);
      const how = outer ?? replacementAt(this.#masks, stepInto(this.#masks, states, `@${local}`));
      const isNamespace = name === 'xmlns' || name.startsWith('xmlns:');
      this.#replace(end - raw.length, end, 'text', isNamespace ? undefined : how, this.#names.of(local));
    }
  }

  #close(name: string): void {
    const element = this.#open.pop();
    if (element === undefined || element.name !== name) {
      unreadable();
    }
    const parent = this.#open.at(-1);
    if (element.how === undefined) {
      return;
    }
    if (parent?.how !== undefined) {
      parent.text += element.text;
      return;
    }
    const isWhole =
      element.hasChildren && (element.how.method === 'pseudonym' || element.how.method === 'partial');
    const replaced = isWhole
      ? REDACTED
      : (replaceValue(element.text, element.how, this.#masks.pseudonyms) ?? '');
    this.#splicer.replace(element.contentStart, this.#at, encodeXmlText(replaced));
  }

  #content(start: number, end: number, form: 'text' | 'raw'): void {
    const element = this.#open.at(-1);
    if (start === end) {
      return;
    }
    if (element?.how !== undefined) {
      element.text += this.#read(start, end, form);
      return;
    }
    this.#replace(start, end, form, undefined, element?.hints ?? this.#masks.hints);
  }

  #read(start: number, end: number, form: 'text' | 'raw'): string {
    const text = this.#source.toString('utf8', start, end);
    return form === 'raw' ? text : decodeXmlText(text);
  }

  #replace(
    start: number,
    end: number,
    form: 'text' | 'raw',
    how: Replacement | undefined,
    hints: number,
  ): void {
    const text = this.#read(start, end, form);
    const spans = how === undefined ? this.#masks.scanner?.scanText(text, hints) : undefined;
    if (how === undefined && spans === undefined) {
      return;
    }
    const replaced =
      how === undefined
        ? replaceInText(text, spans ?? [], this.#masks)
        : (replaceValue(text, how, this.#masks.pseudonyms) ?? '');
    // In a comment or CDATA section references are not undone, and no sign may end it.
    const encoded = form === 'text' ? encodeXmlText(replaced) : replaced.replace(/--|\]\]>|\?>/g, ' ');
    this.#splicer.replace(start, end, encoded);
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
