// Owns the start of the observer's page.
// It holds nothing else.

import { render } from 'preact';
import { App } from './app.tsx';

const place = document.getElementById('observer');
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
