/** Vite turns style sheets into effects; TypeScript only needs to know that they may be imported. */
declare module '*.css'
declare module '@fontsource-variable/noto-sans-jp/index.css'
