// Owns the list of the busiest actors: who has most waiting, then who works most. Bounded, whatever lives on the node.
// It is also the way by keyboard to what the tree shows.

import type { ObservedActor } from '../../rpc/observer-contract.ts';
import { count, rate, words } from './format.ts';
import { heatOf } from './heat.ts';
import type { Past } from './history.ts';
import { threadColour } from './palette.ts';
import type { Picked } from './tree.tsx';

const rowsMax = 24;

interface BusiestProps {
  readonly past: Past;
  readonly onPick: (actor: Picked) => void;
}

export function Busiest({ past: { observation }, onPick }: BusiestProps) {
  const shown = observation.actors.slice(0, rowsMax);
  const most = Math.max(1, ...shown.map(({ messagesPerSecond }) => messagesPerSecond));
  const threadName = (thread: number) => observation.threads.find(({ index }) => index === thread)?.name ?? '';
  return (
    <section class="panel" aria-label="Busiest actors">
      <header>
        <h2>Busiest actors</h2>
        <span class="hint">press one to trace it</span>
      </header>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th>Actor</th>
              <th>Thread</th>
              <th class="number">Waiting</th>
              <th class="number">Messages</th>
              <th class="number">Handled</th>
              <th class="number">Restarts</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((actor) => (
              <Row key={actor.pid} actor={actor} most={most} thread={threadName(actor.thread)} onPick={onPick} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  readonly actor: ObservedActor;
  readonly most: number;
  readonly thread: string;
  readonly onPick: (actor: Picked) => void;
}

function Row({ actor, most, thread, onPick }: RowProps) {
  const heat = heatOf(actor);
  return (
    <tr onClick={() => onPick(actor)}>
      <td>
        <button type="button">{actor.label}</button>
      </td>
      <td class={`t${threadColour(actor.thread)}`}>{thread}</td>
      <td class={`number ${actor.mailbox > 0 ? heat : ''}`}>{words(count(actor.mailbox))}</td>
      <td class={`number ${heat}`}>
        {words(rate(actor.messagesPerSecond))}
        <span class="load">
          <i style={{ width: `${(actor.messagesPerSecond / most) * 100}%` }} />
        </span>
      </td>
      <td class="number">{words(count(actor.messages))}</td>
      <td class={`number ${actor.restarts > 0 ? 'hot' : ''}`}>{actor.restarts}</td>
    </tr>
  );
}
