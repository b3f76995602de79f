// Owns bringing the app's bundle onto the page, also where the page demands trusted types.
// It never loads anything but the address it is given.

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

export function loadScript(url: string, failed: () => void): void {
  const script = document.createElement('script');
  script.src = trusted(url);
  script.async = true;
  script.onerror = () => {
    script.remove();
    failed();
  };
  document.head.append(script);
}

function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  try {
    return types?.createPolicy('parla', { createScriptURL: (address) => address }).createScriptURL(url) ?? url;
  } catch {
    // A page that lists its policies without this one, or a second try: the plain address is all there is.
    return url;
  }
}
