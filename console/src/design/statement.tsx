/** What was asked, coloured where it is SQL. Colouring is for eyes only: nothing is decided by it. */
import { Fragment, type ReactNode } from 'react';
import classes from './pieces.module.css';
import { VisibleText } from './visible-text.tsx';

const WORDS = new Set(
  `add all alter analyze and any as asc begin between by call cascade case check column commit constraint copy create cross
  cursor database declare default delete desc distinct do drop else end exists explain false fetch filter for foreign from full
  function grant group having if ilike in index inner insert into is join key lateral left like limit lock merge not null offset
  on or order outer over partition primary procedure references returning revoke right rollback row rows savepoint schema select
  set show start table temporary then to transaction trigger true truncate union unique update using vacuum values view when
  where window with`.split(/\s+/),
);

/** Longer texts stay plain: colours would cost more than they are worth. */
const MOST_COLOURED = 20_000;

const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|(\$\d+|\b\d+(?:\.\d+)?\b)|("(?:[^"]|"")*")|([A-Za-z_][\w$]*)/g;

interface Token {
  readonly kind: 'note' | 'string' | 'number' | 'word' | 'text';
  readonly text: string;
}

/** Cuts SQL into what has a colour and what has none. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let plain = '';
  let from = 0;
  const push = (kind: Token['kind'], part: string): void => {
    if (plain !== '') tokens.push({ kind: 'text', text: plain });
    plain = '';
    tokens.push({ kind, text: part });
  };
  for (const match of text.matchAll(TOKEN)) {
    plain += text.slice(from, match.index);
    from = match.index + match[0].length;
    const [whole, note, string, number, , name] = match;
    if (note !== undefined) push('note', whole);
    else if (string !== undefined) push('string', whole);
    else if (number !== undefined) push('number', whole);
    else if (name !== undefined && WORDS.has(name.toLowerCase())) push('word', whole);
    else plain += whole;
  }
  plain += text.slice(from);
  return plain === '' ? tokens : [...tokens, { kind: 'text', text: plain }];
}

/** A request's text. @param props.isSql colours it */
export function Statement(props: {
  readonly text: string;
  readonly isSql?: boolean;
  readonly isPlain?: boolean;
  readonly label?: string;
}): ReactNode {
  const isColoured = props.isSql === true && props.text.length <= MOST_COLOURED;
  return (
    <pre
      aria-label={props.label ?? 'What was asked'}
      className={classes.code}
      data-plain={props.isPlain === true}
      role={props.isPlain === true ? undefined : 'region'}
      // A region that scrolls has to be reached by the keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={props.isPlain === true ? undefined : 0}
    >
      {isColoured ? <Coloured text={props.text} /> : <VisibleText>{props.text}</VisibleText>}
    </pre>
  );
}

function Coloured({ text }: { readonly text: string }): ReactNode {
  return tokenize(text).map(({ kind, text: part }, index) =>
    kind === 'text' ? (
      <Fragment key={index}>
        <VisibleText>{part}</VisibleText>
      </Fragment>
    ) : (
      <span className={classes[kind]} key={index}>
        <VisibleText>{part}</VisibleText>
      </span>
    ),
  );
}
