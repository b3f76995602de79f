// Owns the entry of the app's bundle: it hands the app to the loader that fetched it.
// It never starts anything by itself.

import type { ParlaApi } from '../host.ts';
import { startWidget } from './widget.tsx';

(window as unknown as { parla?: ParlaApi }).parla?.attach(startWidget);
