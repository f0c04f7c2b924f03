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
/** What may stand around the root: a byte order mark in front, and white space. */
const AROUND = /^(?:\u00ef\u00bb\u00bf)?[\t\n\r ]*$/;
const DECLARATION = /^(?:\u00ef\u00bb\u00bf)?<\?xml\s/;
const ENCODING = /\sencoding\s*=\s*["']([^"']*)["']/;
/** In these what is ASCII is its own bytes. */
const ENCODINGS = /^(?:utf-?8|us-ascii|ascii|iso-8859-1|iso-8859-15|latin1|windows-1252)$/i;

/** How XML that is a document of its own is read, and no value of a column. */
export interface XmlOptions {
  /**
   * One root, nothing but white space around it, and no encoding in which names and texts are other bytes. Where paths are
   * masked, comments and processing instructions are left out: they may hold elements.
   */
  readonly isDocument?: boolean;
}

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
export function maskXml(
  source: Buffer,
  masks: DocumentMasks,
  { isDocument = false }: XmlOptions = {},
): MaskedDocument {
  // One character a byte: positions stay those of the source, and UTF-8 comes back as it was.
  const text = source.toString('latin1');
  try {
    if (isDocument && DECLARATION.test(text)) checkEncoding(text);
    return new XmlMasker({ source, text, masks, isDocument }).run();
  } catch (error) {
    if (error instanceof Unreadable) {
      return UNREADABLE;
    }
    throw error;
  }
}

function checkEncoding(text: string): void {
  const encoding = ENCODING.exec(text.slice(0, text.indexOf('?>')))?.[1];
  if (encoding !== undefined && !ENCODINGS.test(encoding)) unreadable();
}

/** What is masked, and how it is read. */
interface XmlSource {
  readonly source: Buffer;
  /** The same, one character a byte. */
  readonly text: string;
  readonly masks: DocumentMasks;
  readonly isDocument: boolean;
}

class XmlMasker {
  readonly #source: Buffer;
  readonly #text: string;
  readonly #masks: DocumentMasks;
  readonly #splicer: Splicer;
  readonly #names: NameHints;
  readonly #open: OpenElement[] = [];
  readonly #isDocument: boolean;
  #roots = 0;
  #at = 0;

  constructor({ source, text, masks, isDocument }: XmlSource) {
    this.#isDocument = isDocument;
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
    const isSkipped =
      this.#skips('<!--', '-->', true) ||
      this.#skips('<![CDATA[', ']]>', false) ||
      this.#skips('<?', '?>', true);
    if (isSkipped) {
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

  #skips(begin: string, finish: string, isAside: boolean): boolean {
    if (!this.#text.startsWith(begin, this.#at)) {
      return false;
    }
    const start = this.#at + begin.length;
    const end = this.#text.indexOf(finish, start);
    if (end === -1) {
      unreadable();
    }
    const isLeftOut = isAside && this.#isDocument && this.#masks.paths.length > 0 && !this.#isDeclaration();
    if (!isLeftOut) {
      this.#content(start, end, isAside ? 'aside' : 'raw');
    } else if (this.#open.at(-1)?.how === undefined) {
      this.#splicer.replace(this.#at, end + finish.length, '');
    }
    this.#at = end + finish.length;
    return true;
  }

  #isDeclaration(): boolean {
    return DECLARATION.test(this.#text) && this.#text.indexOf('<') === this.#at;
  }

  #openTag(tag: RegExpExecArray): void {
    const [whole, name = '', attributes = '', slash] = tag;
    const parent = this.#open.at(-1);
    if (parent === undefined && ++this.#roots > 1 && this.#isDocument) {
      unreadable();
    }
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

  #content(start: number, end: number, form: 'text' | 'raw' | 'aside'): void {
    const element = this.#open.at(-1);
    if (start === end) {
      return;
    }
    // A value without a name could be any.
    if (this.#isDocument && element === undefined && form !== 'aside' && !this.#isAround(start, end)) {
      unreadable();
    }
    if (element?.how !== undefined) {
      element.text += this.#read(start, end, form === 'text' ? 'text' : 'raw');
      return;
    }
    this.#replace(
      start,
      end,
      form === 'text' ? 'text' : 'raw',
      undefined,
      element?.hints ?? this.#masks.hints,
    );
  }

  #isAround(start: number, end: number): boolean {
    const text = this.#text.slice(start, end);
    return start === 0 ? AROUND.test(text) : text.trim() === '';
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
