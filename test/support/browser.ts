// Owns one headless Chromium for a file of tests, and pages that know the widget's parts by name.
// It never waits a fixed time: each helper waits for what it names.

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { buildWebAssets, type WebAsset } from '../../app/web-assets.ts';
import { FakeRpc } from './fake-rpc.ts';
import { chromiumPath } from './needs.ts';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--autoplay-policy=no-user-gesture-required',
];

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

/** A server that plays the edge, and a visitor's browser that knows nothing yet. */
export interface Stage extends AsyncDisposable {
  readonly rpc: FakeRpc;
  readonly context: BrowserContext;
  readonly url: string;
  visit(path?: string): Promise<WidgetPage>;
}

/** Generous, because the machine may be busy: it is waited out only by a test that fails. */
const deadlineMsDefault = 25_000;

const assets: Promise<readonly WebAsset[]> = buildWebAssets({ cacheDir: null });

export async function setStage(browser: Browser, options: BrowserContextOptions = {}): Promise<Stage> {
  const rpc = new FakeRpc();
  rpc.assets(await assets);
  const url = await rpc.listen();
  rpc.page('/plain', pageWith(`<script async src="${url}/w/parla.js" data-site="demo" data-locale="en"></script>`));
  rpc.page(
    '/other',
    pageWith(`<script async src="${url}/w/parla.js" data-site="demo" data-locale="en"></script>`, 'Other'),
  );
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  context.setDefaultTimeout(deadlineMsDefault);
  return {
    rpc,
    context,
    url,
    visit: async (path = '/plain') => WidgetPage.at(await context.newPage(), url + path),
    async [Symbol.asyncDispose]() {
      await context.close();
      await rpc.close();
    },
  };
}

export function pageWith(head: string, title = 'Plain'): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${head}</head><body><main>Page</main></body></html>`;
}

export class WidgetPage {
  readonly page: Page;
  /** What the page's console called an error, and what was thrown. */
  readonly errors: string[] = [];
  readonly launcher: Locator;
  readonly panel: Locator;
  readonly composer: Locator;

  private constructor(page: Page) {
    this.page = page;
    this.launcher = page.locator('parla-chat .launcher');
    this.panel = page.locator('parla-chat [role=dialog]');
    this.composer = page.locator('parla-chat textarea[name=message]');
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  static async at(page: Page, url: string): Promise<WidgetPage> {
    const made = new WidgetPage(page);
    await page.goto(url);
    return made;
  }

  async open(): Promise<void> {
    await this.launcher.click();
    await this.panel.waitFor();
    await this.connected();
  }

  async connected(): Promise<void> {
    await this.until("parla('get', 'connection') === 'online'");
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  messages(state?: string): Locator {
    return this.page.locator(`parla-chat .message${state ? `[data-state=${state}]` : ''}`);
  }

  texts(): Promise<string[]> {
    return this.page.locator('parla-chat .message .text').allTextContents();
  }

  async shows(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.page.locator('parla-chat .message .text', { hasText: text }).first().waitFor();
  }

  /** The value of a JavaScript expression in which `root` is the widget's shadow root. */
  inside<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(
      `(() => { const root = document.querySelector('parla-chat').shadowRoot; return ${expression}; })()`,
    );
  }

  /** Until the condition, a JavaScript expression, is true: asked from here, as a strict page lets no text be run in it. */
  async until(condition: string): Promise<void> {
    await until(() => this.page.evaluate<boolean>(condition), condition);
  }
}

/** Until it is true, or the deadline has passed. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = deadlineMsDefault,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
