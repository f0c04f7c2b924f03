/** Decisions over time as bars, each of permitted and denied requests. */
import type { ReactNode } from 'react';
import classes from './charts.module.css';

/** One step in time. */
export interface TimeStep {
  readonly fromMs: number;
  readonly permitted: number;
  readonly denied: number;
}

const WIDTH = 720;
const HEIGHT = 180;
const FOOT = 22;
const TOP = 10;
const SIDE = 34;

/** Steps in which nothing happened are gaps: pass those where something did. The table below says the same to readers of screens. */
export function DecisionChart(props: {
  readonly steps: readonly TimeStep[];
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}): ReactNode {
  const { steps, sinceMs, untilMs, stepMs } = props;
  const count = Math.max(1, Math.ceil((untilMs - sinceMs) / stepMs));
  const most = niceMost(Math.max(1, ...steps.map(({ permitted, denied }) => permitted + denied)));
  const slot = (WIDTH - SIDE) / count;
  const width = Math.min(26, Math.max(1.5, slot * 0.72));
  const scale = (HEIGHT - FOOT - TOP) / most;
  const base = HEIGHT - FOOT;
  const place = (fromMs: number): number => SIDE + ((fromMs - sinceMs) / stepMs + 0.5) * slot - width / 2;
  const format = timeFormat(untilMs - sinceMs);
  return (
    <figure className={classes.figure}>
      <svg
        aria-hidden="true"
        className={classes.svg}
        preserveAspectRatio="xMidYMid meet"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      >
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line
              className={classes.grid}
              x1={SIDE}
              x2={WIDTH}
              y1={base - part * most * scale}
              y2={base - part * most * scale}
            />
            <text className={classes.axis} textAnchor="end" x={SIDE - 8} y={base - part * most * scale + 4}>
              {Math.round(part * most).toLocaleString('en')}
            </text>
          </g>
        ))}
        {steps.map(({ fromMs, permitted, denied }) => (
          <g key={fromMs}>
            <rect
              className={classes.permitted}
              height={Math.max(permitted > 0 ? 1 : 0, permitted * scale)}
              rx={Math.min(3, width / 3)}
              width={width}
              x={place(fromMs)}
              y={base - permitted * scale}
            />
            <rect
              className={classes.denied}
              height={Math.max(denied > 0 ? 1 : 0, denied * scale - (permitted > 0 ? 2 : 0))}
              rx={Math.min(3, width / 3)}
              width={width}
              x={place(fromMs)}
              y={base - (permitted + denied) * scale}
            />
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <text
            className={classes.axis}
            key={part}
            textAnchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
            x={SIDE + part * (WIDTH - SIDE)}
            y={HEIGHT - 4}
          >
            {format.format(sinceMs + part * (untilMs - sinceMs))}
          </text>
        ))}
      </svg>
      <figcaption className={classes.legend}>
        <span data-kind="permitted">permitted</span>
        <span data-kind="denied">denied</span>
      </figcaption>
      <table className="visually-hidden">
        <caption>Decisions over time</caption>
        <tbody>
          {steps.map(({ fromMs, permitted, denied }) => (
            <tr key={fromMs}>
              <th scope="row">{format.format(fromMs)}</th>
              <td>{permitted} permitted</td>
              <td>{denied} denied</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** A round number that is not below. */
function niceMost(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 5, 10].find((factor) => factor * power >= most) ?? 10;
  return Math.max(2, step * power);
}

function timeFormat(rangeMs: number): Intl.DateTimeFormat {
  return rangeMs > 2 * 86_400_000
    ? new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
    : new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
}
