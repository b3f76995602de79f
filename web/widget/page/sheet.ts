// Owns how styles reach the shadow root: constructed sheets, which no content security policy of the page blocks.
// It never sets a style attribute.

/** Adds the styles and returns how to replace them. */
export function addSheet(shadow: ShadowRoot, css: string): (css: string) => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  return (next) => sheet.replaceSync(next);
}
