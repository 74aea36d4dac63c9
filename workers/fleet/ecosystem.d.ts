declare module '*/ecosystem.config.js' {
  export const apps: import('./app.ts').App[];
}
