// Owns calling the visitor's attention to a new message: the page's title while it is in the background, and a short tone.
// It never plays a file, and the title is always given back.

const flashMs = 1_200;

export interface Attention {
  call(text: string, isSilent: boolean): void;
  /** A visitor's own act, which browsers want before a tone may sound. */
  touched(): void;
  /** The page's own title, also while another one flashes. */
  title(): string;
}

export function createAttention(signal: AbortSignal): Attention {
  let title: string | null = null;
  let timer = 0;
  let audio: AudioContext | null = null;
  const calm = () => {
    clearInterval(timer);
    if (title !== null) document.title = title;
    title = null;
  };
  const flash = (text: string) => {
    calm();
    const own = document.title;
    title = own;
    document.title = text;
    timer = window.setInterval(() => {
      document.title = document.title === text ? own : text;
    }, flashMs);
  };
  document.addEventListener('visibilitychange', () => document.hidden || calm(), { signal });
  signal.addEventListener('abort', () => {
    calm();
    void audio?.close();
  });
  return {
    call(text, isSilent) {
      if (document.hidden) flash(text);
      if (!isSilent && audio?.state === 'running') beep(audio);
    },
    touched() {
      audio ??= typeof AudioContext === 'undefined' ? null : new AudioContext();
      if (audio?.state === 'suspended') void audio.resume();
    },
    title: () => title ?? document.title,
  };
}

/** Two soft notes, a fifth apart. */
function beep(audio: AudioContext): void {
  for (const [index, hertz] of [660, 990].entries()) {
    const at = audio.currentTime + index * 0.11;
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(0.08, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.24);
  }
}
