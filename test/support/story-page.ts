// Owns a visitor as a character of a story who sits before a browser: the demo page, its widget, eyes and fingers.
// He does only what a person can do; ids and seqs are read from the page to tell what it shows from what it keeps.

import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { until } from '../../bench/mod.ts';
import { chromiumPath } from './needs.ts';

const seenMsMax = 20_000;
const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

export interface ShownMessage {
  readonly id: string | null;
  readonly seq: number;
  readonly from: string;
  readonly text: string;
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly phone?: boolean;
}

const desktop: Screen = { width: 1280, height: 800 };

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

export class StoryPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #url: string;
  /** What the page complained of. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async opens(browser: Browser, url: string, screen: Screen = desktop): Promise<StoryPage> {
    const context = await browser.newContext({
      viewport: { width: screen.width, height: screen.height },
      colorScheme: screen.colorScheme ?? 'light',
      locale: 'en',
      isMobile: screen.phone ?? false,
      hasTouch: screen.phone ?? false,
    });
    const story = new StoryPage(context, await context.newPage(), url);
    story.page.setDefaultTimeout(seenMsMax);
    await story.goesTo('/demo');
    return story;
  }

  async goesTo(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
  }

  async reloads(): Promise<void> {
    await this.page.reload();
  }

  async opensChat(): Promise<void> {
    await this.page.locator('parla-chat button.launcher').click();
    await this.findsChatOpen();
  }

  /** After a reload or on another page: the panel that was open is open again. */
  async findsChatOpen(): Promise<void> {
    await this.#composer().waitFor();
  }

  async types(text: string): Promise<void> {
    await this.#composer().pressSequentially(text);
  }

  async clears(): Promise<void> {
    await this.#composer().fill('');
  }

  async says(text: string): Promise<void> {
    await this.#composer().fill(text);
    await this.#composer().press('Enter');
  }

  /** Sees it as a message that the server has, not as one that waits. */
  async sees(text: string): Promise<void> {
    await until(async () => (await this.shown()).some((each) => each.text === text && each.id !== null), {
      what: `the page to show "${text}"`,
      deadlineMs: seenMsMax,
    }).catch(async (error: unknown) => {
      const shown = (await this.shown()).map((each) => JSON.stringify(each));
      throw new Error([String(error), ...shown, ...this.complaints].join('\n'));
    });
  }

  async seesTyping(on: boolean): Promise<void> {
    await this.#panel()
      .locator('.typing')
      .waitFor({ state: on ? 'visible' : 'hidden' });
  }

  async seesOnline(online: boolean): Promise<void> {
    await this.#panel().locator(`.presence[data-online="${online}"]`).waitFor();
  }

  async leavesEmail(email: string): Promise<void> {
    const form = this.#panel().locator('form.contact');
    await form.locator('input[name=email]').fill(email);
    await form.locator('button[type=submit]').click();
    await form.waitFor({ state: 'hidden' });
    // Remembered once the server has it: an address that never got there must be asked for again.
    await until(() => this.page.evaluate(() => localStorage.getItem('parla:demo:ui')?.includes('"hasEmail":true')), {
      what: 'the server to have the address',
      deadlineMs: seenMsMax,
    });
  }

  /** The lines of the panel from the first to the last, with those that are still on their way. */
  shown(): Promise<ShownMessage[]> {
    return this.page.locator('parla-chat .message').evaluateAll((lines) =>
      lines.map((line) => ({
        id: line.getAttribute('data-id'),
        seq: Number(line.getAttribute('data-seq')),
        from: line.getAttribute('data-from') ?? '',
        text: line.querySelector('.text')?.textContent ?? '',
      })),
    );
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: name });
  }

  async leaves(): Promise<void> {
    await this.#context.close();
  }

  #panel(): Locator {
    return this.page.locator('parla-chat [role=dialog]');
  }

  #composer(): Locator {
    return this.#panel().locator('textarea[name=message]');
  }
}
