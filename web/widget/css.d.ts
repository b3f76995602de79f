// Owns what a stylesheet is to the compiler: its text, which the bundler puts in.
// It never describes anything else.

declare module '*.css' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: that is how the bundler hands over a text
  export default text;
}
