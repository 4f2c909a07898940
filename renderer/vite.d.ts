/** What Vite adds to the language and this folder uses: style sheets as effects, and files of a folder as text. */
declare module '*.css'
declare module '@fontsource-variable/noto-sans-jp/index.css'

interface ImportMeta {
  glob(
    patterns: readonly string[],
    options: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true },
  ): Record<string, string>
}
