// Owns the page as a whole: its bar, its parts and which actor is open.
// It asks the node nothing; what it shows is handed to it.

import { useEffect, useState } from 'preact/hooks';
import { Actor } from './actor.tsx';
import { Busiest } from './busiest.tsx';
import { Crashes } from './crashes.tsx';
import { type Connection, Feed, type Seen } from './feed.ts';
import { Gates } from './gates.tsx';
import { Look } from './look.tsx';
import { Plots } from './plots.tsx';
import { Tiles } from './tiles.tsx';
import { type Picked, Tree } from './tree.tsx';

const said: { readonly [state in Connection]: string } = {
  live: 'live',
  paused: 'paused',
  lost: 'the node does not answer',
};

export function App() {
  const [seen, setSeen] = useState<Seen>({ past: null, connection: 'live' });
  const [picked, setPicked] = useState<Picked | null>(null);
  const [feed] = useState(() => new Feed(setSeen));
  useEffect(() => feed.start(), [feed]);
  const { past, connection } = seen;
  return (
    <>
      <div class="bar">
        <h1>Parla observer</h1>
        <span class="node">{past?.observation.node}</span>
        <span class="space" />
        <span class="pulse" data-state={connection} role="status">
          {said[connection]}
        </span>
        <button type="button" onClick={() => feed.pause(connection !== 'paused')}>
          {connection === 'paused' ? 'Go on' : 'Pause'}
        </button>
        <Look />
      </div>
      {past === null ? (
        <p class="loading">Asking the node…</p>
      ) : (
        <main>
          <Tiles past={past} />
          <Gates past={past} />
          <Tree past={past} selected={picked?.pid ?? null} onPick={setPicked} />
          <Plots past={past} />
          <Busiest past={past} onPick={setPicked} />
          <Crashes past={past} />
        </main>
      )}
      {picked !== null && past !== null && (
        <Actor key={picked.pid} picked={picked} past={past} onClose={() => setPicked(null)} />
      )}
    </>
  );
}
